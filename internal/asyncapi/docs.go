package main

import (
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// docs holds the doc comments of a package, as Markdown.
type docs struct {
	pkg    string
	types  map[string]string     // by type
	fields map[string]string     // by "Type.Field"
	consts map[string][]constant // by type; constants without a type are under ""
	values map[string]string     // of constants, by name
}

// constant is a named value and its comment.
type constant struct{ name, value, doc string }

func readDocs(dir string) (*docs, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go")) // sorted
	if err != nil {
		return nil, err
	}
	d := &docs{types: map[string]string{}, fields: map[string]string{}, consts: map[string][]constant{}, values: map[string]string{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		d.file(f)
	}
	return d, nil
}

func (d *docs) file(f *ast.File) {
	if f.Doc != nil {
		d.pkg = markdown(f.Doc.Text())
	}
	for _, decl := range f.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				d.typeSpec(g, s)
			case *ast.ValueSpec:
				d.valueSpec(g, s)
			}
		}
	}
}

func (d *docs) typeSpec(g *ast.GenDecl, s *ast.TypeSpec) {
	d.types[s.Name.Name] = text(s.Doc, g.Doc)
	st, ok := s.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range st.Fields.List {
		for _, name := range f.Names {
			d.fields[s.Name.Name+"."+name.Name] = text(f.Doc, f.Comment)
		}
	}
}

func (d *docs) valueSpec(g *ast.GenDecl, s *ast.ValueSpec) {
	if g.Tok != token.CONST || len(s.Values) != 1 {
		return
	}
	name := s.Names[0].Name
	doc := text(s.Comment, s.Doc)
	if !g.Lparen.IsValid() {
		doc = text(g.Doc)
	}
	doc = strings.TrimPrefix(doc, name+" is ") // frames do not use Go names
	d.values[name] = doc
	literal, ok := s.Values[0].(*ast.BasicLit)
	if !ok {
		return
	}
	typeName := ""
	if id, ok := s.Type.(*ast.Ident); ok {
		typeName = id.Name
	}
	c := constant{name: name, value: strings.Trim(literal.Value, `"`), doc: doc}
	d.consts[typeName] = append(d.consts[typeName], c)
}

// text returns the first comment that is not empty.
func text(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if g != nil && strings.TrimSpace(g.Text()) != "" {
			return markdown(g.Text())
		}
	}
	return ""
}

// markdown turns a doc comment into the form that AsyncAPI needs: each paragraph on one line,
// and links to other symbols as plain words. It uses the printer for text, because the printer
// for Markdown escapes every underscore.
func markdown(doc string) string {
	p := comment.Parser{LookupSym: func(string, string) bool { return true }}
	printer := comment.Printer{TextWidth: -1, TextCodePrefix: "    "}
	return strings.TrimSpace(string(printer.Text(p.Parse(doc))))
}

// summary returns the first sentence of a description, without its period.
func summary(description string) string {
	first, _, _ := strings.Cut(description, ". ")
	return strings.TrimSuffix(first, ".")
}
