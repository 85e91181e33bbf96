package deptest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// libraries are the folders whose code gets its contexts from its callers.
func libraries() []string { return []string{"internal", "pkg", "relay"} }

// programs are the folders whose code may make contexts and end the process.
func programs() []string { return []string{"cmd", "internal/bench", "internal/load"} }

// forbiddenCalls are functions that a library must not call, by import path.
func forbiddenCalls() map[string][]string {
	return map[string][]string{
		"context": {"Background", "TODO"},
		"log":     {"Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"},
		"os":      {"Exit"},
	}
}

// inspect lists what is forbidden and in a source file.
func inspect(set *token.FileSet, file *ast.File, library bool) (faults []string) {
	fault := func(at token.Pos, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s: %s", set.Position(at), fmt.Sprintf(format, args...)))
	}
	imported := make(map[string]string) // import paths by their names in the file
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value) // it was parsed
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = path
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				fault(n.Pos(), "work on import: func init")
			}
		case *ast.SelectorExpr:
			of, ok := n.X.(*ast.Ident)
			if ok && library && slices.Contains(forbiddenCalls()[imported[of.Name]], n.Sel.Name) {
				fault(n.Pos(), "%s.%s in a library", imported[of.Name], n.Sel.Name)
			}
		}
		return true
	})
	return faults
}

// Imports have no side effects, and libraries neither make contexts nor end the
// process.
func TestSource(t *testing.T) {
	root := strings.TrimSpace(goCommand(t, "linux", "amd64", "list", "-m", "-f", "{{.Dir}}", module))
	inspected := 0
	for _, folder := range append(libraries(), "cmd") {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			inspected++
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			program := slices.ContainsFunc(programs(), func(p string) bool {
				below, err := filepath.Rel(filepath.Join(root, filepath.FromSlash(p)), path)
				return err == nil && filepath.IsLocal(below)
			})
			for _, fault := range inspect(set, file, !program) {
				t.Error(fault)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if inspected < 50 {
		t.Errorf("only %d files were found", inspected)
	}
}

// The inspection finds the faults of made-up files.
func TestInspectFindsFaults(t *testing.T) {
	tests := map[string]struct {
		source string
		want   string
	}{
		"nothing":            {source: "import \"context\"\nfunc f(ctx context.Context) { g(context.WithoutCancel(ctx)) }"},
		"a context":          {source: "import \"context\"\nfunc f() { g(context.Background()) }", want: "x.go:3:14: context.Background in a library"},
		"by another name":    {source: "import c \"context\"\nvar x = c.TODO", want: "x.go:3:9: context.TODO in a library"},
		"of no such package": {source: "func f(context thing) { context.Background() }"},
		"the process":        {source: "import \"os\"\nfunc f() { os.Exit(1) }", want: "x.go:3:12: os.Exit in a library"},
		"init":               {source: "func init() {}", want: "x.go:2:1: work on import: func init"},
		"a method init":      {source: "func (t T) init() {}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, "x.go", "package x\n"+tt.source, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(inspect(set, file, true), "\n"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
