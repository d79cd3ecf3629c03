package repotest

import (
	"bytes"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilesAreFormatted(t *testing.T) {
	for _, file := range files(t, "*.go") {
		have, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		want, err := format.Source(have)
		if assert.NoError(t, err, file) {
			assert.True(t, bytes.Equal(have, want), "%s is not formatted: make fmt", file)
		}
	}
}

// Every package of every module says in one place what it is; a public one where readers look.
func TestPackagesHaveOneComment(t *testing.T) {
	comments, sources := map[string][]string{}, map[string]int{}
	for _, file := range files(t, "*.go") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		dir := path.Dir(file)
		sources[dir]++
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.PackageClauseOnly|parser.ParseComments)
		require.NoError(t, err)
		if _, seen := comments[dir]; !seen {
			comments[dir] = nil
		}
		if parsed.Doc == nil {
			continue
		}
		comments[dir] = append(comments[dir], file)
		if name := parsed.Name.Name; name != "main" { // A program may be called what it is known by.
			assert.True(t, strings.HasPrefix(parsed.Doc.Text(), "Package "+name+" "), "%s: the package comment begins with %q", file, "Package "+name)
		}
	}
	for dir, in := range comments {
		if !assert.Len(t, in, 1, "package in %s: files with a package comment", dir) {
			continue
		}
		if name := path.Base(in[0]); sources[dir] > 1 && !strings.Contains(dir, "internal") {
			places := []string{"doc.go", "main.go", path.Base(dir) + ".go"}
			assert.Contains(t, places, name, "%s: a reader looks for the package comment in doc.go", in[0])
		}
	}
}
