package repotest

import (
	"cmp"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requirements are the root module's direct requirements. Each is a cost to every host:
// docs/decisions/0001-dependencies.md says what each is for.
var requirements = []string{
	"github.com/evanphx/json-patch",
	"github.com/fluxcd/cli-utils",
	"github.com/go-logr/logr",
	"github.com/google/cel-go",
	"github.com/itchyny/gojq",
	"github.com/prometheus/client_golang",
	"github.com/robfig/cron/v3",
	"github.com/santhosh-tekuri/jsonschema/v6",
	"github.com/stretchr/testify",
	"go.uber.org/goleak",
	"go.yaml.in/yaml/v3",
	"helm.sh/helm/v3",
	"k8s.io/api",
	"k8s.io/apimachinery",
	"k8s.io/client-go",
	"sigs.k8s.io/yaml",
}

// goMod is the part of `go mod edit -json` that the rules look at.
type goMod struct {
	Module  struct{ Path string }
	Go      string
	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct {
		Old struct{ Path string }
		New struct{ Path, Version string }
	}
}

func readGoMod(t *testing.T, file string) goMod {
	t.Helper()
	var m goMod
	require.NoError(t, json.Unmarshal(goCommand(t, "mod", "edit", "-json", file), &m))
	return m
}

func TestDirectRequirementsAreListedAndArguedFor(t *testing.T) {
	var direct []string
	for _, r := range readGoMod(t, "go.mod").Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	slices.Sort(direct)
	require.Equal(t, requirements, direct, "go.mod and the list in this test differ")

	record, err := os.ReadFile(filepath.Join(root, "docs/decisions/0001-dependencies.md"))
	require.NoError(t, err)
	for _, r := range direct {
		assert.Contains(t, string(record), "`"+r+"`", "docs/decisions/0001-dependencies.md does not say what %s is for", r)
	}
}

// One version of what the operator speaks to the cluster with, in the product and in the
// control plane it is tested against.
func TestNestedModulesMatchTheRoot(t *testing.T) {
	rootMod := readGoMod(t, "go.mod")
	require.Empty(t, rootMod.Replace, "hosts do not see the replacements of a module they require")
	pinned := map[string]string{}
	for _, r := range rootMod.Require {
		if !r.Indirect {
			pinned[r.Path] = r.Version
		}
	}

	for _, file := range files(t, "go.mod") {
		dir := path.Dir(file)
		if dir == "." {
			continue
		}
		m := readGoMod(t, file)
		assert.Equal(t, path.Join(module, dir), m.Module.Path, file)
		assert.Equal(t, rootMod.Go, m.Go, "%s: the go line", file)
		replaced := map[string]string{}
		for _, r := range m.Replace {
			replaced[r.Old.Path] = r.New.Version
		}
		for _, r := range m.Require {
			used := cmp.Or(replaced[r.Path], r.Version)
			if version, ok := pinned[r.Path]; ok && path.Dir(r.Path) == "k8s.io" {
				assert.Equal(t, version, used, "%s: %s", file, r.Path)
			}
		}
		for _, r := range m.Replace {
			if r.Old.Path == module {
				up, err := filepath.Rel(dir, ".")
				require.NoError(t, err)
				assert.Equal(t, filepath.ToSlash(up), path.Clean(r.New.Path), "%s: the root is replaced by itself only", file)
			}
		}
	}
}
