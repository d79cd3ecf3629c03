package repotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository, as seen from this package's folder, where its tests run.
const root = "../.."

// module is the root module's path; every nested module's path continues it.
const module = "github.com/addonkit/addonkit"

// listed is what the go command tells of one package.
type listed struct {
	ImportPath   string
	Name         string
	Dir          string
	GoFiles      []string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

// rel is the package's path inside the root module: "values/valuestest"; "." for the root.
func (p listed) rel() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

// layer is the first element of rel.
func (p listed) layer() string {
	layer, _, _ := strings.Cut(p.rel(), "/")
	return layer
}

// testTool reports whether the package is one of those that help others to test.
func (p listed) testTool() bool { return strings.HasSuffix(p.ImportPath, "test") }

// internal reports whether only this repository can import the package.
func (p listed) internal() bool {
	return slices.Contains(strings.Split(p.rel(), "/"), "internal")
}

// packages lists the root module's packages as they are now.
func packages(t *testing.T) []listed {
	t.Helper()
	return goList(t, "./...")
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	// -e: what does not compile is the compiler's to tell.
	out := goCommand(t, append([]string{"list", "-e", "-json"}, args...)...)
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}

func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Stderr = root, &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), &stderr)
	return out
}

// files lists the repository's files whose name matches pattern, relative to root and with
// forward slashes. Hidden folders and test data are left out.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		match, err := filepath.Match(pattern, name)
		if err != nil || !match {
			return err
		}
		rel, err := filepath.Rel(root, path)
		found = append(found, filepath.ToSlash(rel))
		return err
	})
	require.NoError(t, err)
	return found
}
