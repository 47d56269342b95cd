package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// plain is an exported constant without a type of its own: a limit, a path, the name of a header.
type plain struct {
	name, value string // the value as Go, JSON and TypeScript write it
}

// readConstants returns the plain constants of a package, in the order of its files.
func readConstants(dir string) (all []plain, err error) {
	scope, err := readScope(dir)
	if err != nil {
		return nil, err
	}
	var found []*types.Const
	for _, name := range scope.Names() {
		c, ok := scope.Lookup(name).(*types.Const)
		if ok && c.Exported() && (c.Type() == types.Typ[types.UntypedInt] || c.Type() == types.Typ[types.UntypedString]) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b *types.Const) int { return int(a.Pos()) - int(b.Pos()) })
	for _, c := range found {
		all = append(all, plain{c.Name(), c.Val().ExactString()})
	}
	return all, nil
}

// readScope checks the types of a package, as far as that is possible without its imports. Its
// constants need none.
func readScope(dir string) (*types.Scope, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go")) // sorted
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	c := types.Config{Importer: nothing{}, IgnoreFuncBodies: true, Error: func(error) {}}
	pkg, _ := c.Check(dir, fset, files, nil) // its errors are all about imports
	return pkg.Scope(), nil
}

// nothing imports nothing.
type nothing struct{}

// Import implements [types.Importer].
func (nothing) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }
