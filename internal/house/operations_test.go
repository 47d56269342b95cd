package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// TestOperations_noSwitchOverCommands shows that the askers of operations do not switch on the
// types of commands. They use the row of the operation in the table, so a new operation needs
// no change there.
func TestOperations_noSwitchOverCommands(t *testing.T) {
	var types []string
	for _, o := range wire.Operations() {
		types = append(types, typeName(o.Command))
	}
	for _, dir := range []string{"server/internal/bridge", "jetstream/service"} {
		err := fs.WalkDir(os.DirFS(filepath.Join("..", "..", dir)), ".", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", dir, path), nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if c, ok := n.(*ast.CaseClause); ok {
					for _, x := range c.List {
						if s, ok := x.(*ast.SelectorExpr); ok && slices.Contains(types, s.Sel.Name) {
							t.Errorf("%s/%s: a case for wire.%s", dir, path, s.Sel.Name)
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// typeName returns the Go name of a command's type.
func typeName(c wire.Command) string {
	name := strings.Builder{}
	for part := range strings.SplitSeq(c.Type(), "_") {
		name.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return name.String()
}
