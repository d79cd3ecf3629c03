package repotest

import (
	"bytes"
	"flag"
	"go/ast"
	"go/doc"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite docs/api to what the packages export now")

// The exported API is kept as text, so that a review sees a change of it as a diff.
func TestAPIText(t *testing.T) {
	folder := filepath.Join(root, "docs/api")
	stale := map[string]bool{}
	kept, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	require.NoError(t, err)
	for _, file := range kept {
		stale[file] = true
	}

	for _, p := range packages(t) {
		if p.internal() || p.Name == "main" {
			continue
		}
		file := filepath.Join(folder, strings.ReplaceAll(p.rel(), "/", "-")+".txt")
		delete(stale, file)
		have := apiText(t, p)
		if *update {
			require.NoError(t, os.MkdirAll(folder, 0o755))
			require.NoError(t, os.WriteFile(file, have, 0o644))
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			require.ErrorIs(t, err, fs.ErrNotExist)
		}
		assert.Equal(t, string(want), string(have), "the API of %s changed: make api, and say so in CHANGELOG.md", p.rel())
	}
	for file := range stale {
		if *update {
			require.NoError(t, os.Remove(file))
			continue
		}
		assert.Fail(t, "API text without a package: make api", file)
	}
}

// apiText prints what the package exports: declarations without comments and bodies,
// sorted by name, each type followed by what makes one and by its methods.
func apiText(t *testing.T, p listed) []byte {
	t.Helper()
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		require.NoError(t, err)
		parsed = append(parsed, f)
	}
	pkg, err := doc.NewFromFiles(fset, parsed, p.ImportPath)
	require.NoError(t, err)

	out := apiPrinter{fset: fset}
	out.line("package " + pkg.Name + " // import " + `"` + p.ImportPath + `"`)
	out.values(pkg.Consts)
	out.values(pkg.Vars)
	out.funcs(pkg.Funcs)
	for _, typ := range pkg.Types {
		out.decl(typ.Decl)
		out.values(typ.Consts)
		out.values(typ.Vars)
		out.funcs(typ.Funcs)
		out.funcs(typ.Methods)
	}
	aligned, err := format.Source(out.Bytes())
	require.NoError(t, err)
	return aligned
}

type apiPrinter struct {
	bytes.Buffer
	fset *token.FileSet
}

func (a *apiPrinter) values(values []*doc.Value) {
	for _, v := range values {
		a.decl(v.Decl)
	}
}

func (a *apiPrinter) funcs(funcs []*doc.Func) {
	for _, f := range funcs {
		a.decl(f.Decl)
	}
}

func (a *apiPrinter) decl(d ast.Decl) {
	ast.Inspect(d, withoutComments)
	var text bytes.Buffer
	// A declaration that the parser made can always be printed into memory.
	_ = (&printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 8}).Fprint(&text, a.fset, d)
	a.line("")
	for line := range strings.Lines(text.String()) {
		if strings.TrimSpace(line) != "" { // Where a comment was.
			a.line(strings.TrimRight(line, "\n"))
		}
	}
}

func (a *apiPrinter) line(s string) { a.WriteString(s + "\n") }

func withoutComments(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		n.Doc = nil
	case *ast.FuncDecl:
		n.Doc, n.Body = nil, nil
	case *ast.Field:
		n.Doc, n.Comment = nil, nil
	case *ast.ValueSpec:
		n.Doc, n.Comment = nil, nil
	case *ast.TypeSpec:
		n.Doc, n.Comment = nil, nil
	}
	return true
}
