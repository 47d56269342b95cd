package chaos_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
)

// pointsFile names every point of the write path at which a build of the server can kill
// itself.
const pointsFile = "../../jetstream/internal/crashpoint/crashpoint.go"

// points returns all points of the file, so that a new one cannot be missed.
func points(t *testing.T) []string {
	t.Helper()
	all := pointsOf(t, pointsFile)
	if len(all) < 9 {
		t.Fatalf("only the points %v are left in %s", all, pointsFile)
	}
	return all
}

// pointsOf returns the points that a file names.
func pointsOf(t *testing.T, path string) (all []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || fmt.Sprint(spec.Type) != "Point" {
			return true
		}
		for _, v := range spec.Values {
			name, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, name)
		}
		return true
	})
	return all
}
