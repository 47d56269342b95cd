package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryTypeIsDecodedAndGolden shows that every type of frame has a decoder and a golden
// frame.
func TestEveryTypeIsDecodedAndGolden(t *testing.T) {
	golden := map[string]bool{}
	for _, g := range goldenCommands {
		golden[g.value.Type()] = true
	}
	for _, g := range goldenFrames {
		golden[g.value.Type()] = true
	}
	names := frameTypes(t)
	delete(names, "NoReply")
	delete(names, "RawPage") // a page, encoded in another way
	for goType, name := range names {
		_, command := commands[name]
		_, frame := frames[name]
		if command == frame {
			t.Errorf("%s: %q has to be in one of commands and frames", goType, name)
		}
		if !golden[name] {
			t.Errorf("%s: %q has no golden frame", goType, name)
		}
	}
	if want := len(commands) + len(frames); len(names) != want {
		t.Errorf("%d types of frame, but commands and frames have %d", len(names), want)
	}
}

// frameTypes returns the Go types with a method Type, and what the method returns.
func frameTypes(t *testing.T) map[string]string {
	t.Helper()
	types := map[string]string{}
	for _, decl := range declarations(t) {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != "Type" {
			continue
		}
		recv := f.Recv.List[0].Type
		if star, ok := recv.(*ast.StarExpr); ok {
			recv = star.X
		}
		value := f.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit).Value
		types[recv.(*ast.Ident).Name] = strings.Trim(value, `"`)
	}
	return types
}

// constants returns the names of the package's constants of a type.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	var names []string
	for _, decl := range declarations(t) {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == typeName {
				names = append(names, v.Names[0].Name)
			}
		}
	}
	return names
}

func declarations(t *testing.T) []ast.Decl {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var decls []ast.Decl
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		decls = append(decls, f.Decls...)
	}
	return decls
}
