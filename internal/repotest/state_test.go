package repotest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two operators live in one process, so no package of the library keeps state: its variables
// are tables, sentinels and patterns, which nothing writes to after they were declared.
func TestPackagesKeepNoState(t *testing.T) {
	for _, p := range packages(t) {
		if p.layer() == "internal" {
			continue
		}
		fset := token.NewFileSet()
		parsed := parse(t, fset, p)
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
		// What other packages declare does not matter here, so nothing is imported; the errors
		// that follow from that are the compiler's to judge.
		conf := types.Config{Importer: nothing{}, Error: func(error) {}}
		pkg, _ := conf.Check(p.ImportPath, fset, parsed, info)

		for _, file := range parsed {
			ast.Inspect(file, func(n ast.Node) bool {
				for _, target := range written(n) {
					v, isVar := info.Uses[target].(*types.Var)
					if isVar && v.Parent() == pkg.Scope() {
						assert.Fail(t, "state in a package", "%s: %s belongs to the whole process; keep it in a struct that somebody makes", fset.Position(n.Pos()), v.Name())
					}
				}
				return true
			})
			for _, v := range guarded(file) {
				assert.Fail(t, "state in a package", "%s: %s guards or holds what changes; keep it in a struct that somebody makes", fset.Position(v.Pos()), v.Name)
			}
		}
	}
}

func parse(t *testing.T, fset *token.FileSet, p listed) []*ast.File {
	t.Helper()
	var all []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		all = append(all, f)
	}
	return all
}

// written are the variables that a statement or expression changes or lets be changed.
func written(n ast.Node) []*ast.Ident {
	var targets []ast.Expr
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			targets = n.Lhs
		}
	case *ast.IncDecStmt:
		targets = []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			targets = []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") {
			targets = n.Args[:1]
		}
	}
	var vars []*ast.Ident
	for _, target := range targets {
		if v := base(target); v != nil {
			vars = append(vars, v)
		}
	}
	return vars
}

// base is the variable that a.b[c] is a part of; nil if it is part of none.
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// guarded are the package's variables whose type says that they will be written to.
func guarded(file *ast.File) []*ast.Ident {
	var found []*ast.Ident
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			v := spec.(*ast.ValueSpec)
			ast.Inspect(v, func(n ast.Node) bool {
				if _, isFunc := n.(*ast.FuncLit); isFunc {
					return false
				}
				if s, ok := n.(*ast.SelectorExpr); ok {
					if from, ok := s.X.(*ast.Ident); ok && (from.Name == "sync" && s.Sel.Name != "OnceValue" || from.Name == "atomic") {
						found = append(found, v.Names...)
					}
				}
				_, isChan := n.(*ast.ChanType)
				if isChan {
					found = append(found, v.Names...)
				}
				return true
			})
		}
	}
	return found
}

// nothing is an importer for which no other package exists.
type nothing struct{}

func (nothing) Import(string) (*types.Package, error) {
	return nil, errors.New("not needed")
}

// A test sleeps only where time is its own: in a bubble of testing/synctest.
func TestSleepsAreInBubbles(t *testing.T) {
	sleeps, bubbles := map[string]string{}, map[string]bool{}
	for _, file := range files(t, "*.go") {
		dir := path.Dir(file)
		if !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(dir, "test") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		if strings.Contains(string(text), "time"+".Sleep(") {
			sleeps[dir] = file
		}
		if strings.Contains(string(text), `"testing/synctest"`) {
			bubbles[dir] = true
		}
	}
	for dir, file := range sleeps {
		assert.True(t, bubbles[dir], "%s sleeps and nothing in its package uses testing/synctest: wait for the thing itself", file)
	}
}
