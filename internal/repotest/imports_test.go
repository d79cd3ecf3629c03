package repotest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// layers says which of our layers each layer may import beside itself.
var layers = map[string][]string{
	"addon":      {"hooks", "values", "queue", "helmclient", "kubeevents"},
	"hooks":      {"values", "kubeevents"},
	"values":     {},
	"queue":      {},
	"helmclient": {},
	"kubeevents": {},
}

// leaves are packages of the repository's own that every layer may import. They
// import nothing of ours.
var leaves = []string{"internal/nearest"}

func TestLayersImportOnlyWhatLiesBelow(t *testing.T) {
	for _, p := range packages(t) {
		if p.layer() == "internal" {
			continue // The repository's own tools; no package may import them, see below.
		}
		allowed, known := layers[p.layer()]
		if !assert.True(t, known, "package %s is in no layer: say in docs/architecture.md where it belongs, then here", p.rel()) {
			continue
		}
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			below, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			layer, _, _ := strings.Cut(below, "/")
			assert.True(t, layer == p.layer() || slices.Contains(leaves, below) || slices.Contains(allowed, layer),
				"%s imports %s: %s may import %v only", p.rel(), below, p.layer(), allowed)
		}
	}
}

// wall keeps packages away from other packages, even through their dependencies.
type wall struct {
	layer  string // where it stands; "": in every layer
	except []string
	kept   []string // import path prefixes kept out
	direct bool     // what others bring along is theirs
	why    string
}

var walls = []wall{
	{layer: "values", kept: []string{"k8s.io", "helm.sh"}, why: "values needs no Kubernetes client and no Helm"},
	{layer: "hooks", kept: []string{"helm.sh"}, why: "hooks know nothing of releases"},
	{layer: "kubeevents", kept: []string{"helm.sh"}, why: "watches know nothing of releases"},
	// With this one, no exported signature outside helmclient can name a Helm type.
	{except: []string{"helmclient"}, kept: []string{"helm.sh"}, direct: true, why: "only helmclient imports Helm"},
	{except: []string{"addon"}, kept: []string{"github.com/prometheus"}, direct: true, why: "only addon imports prometheus"},
	{
		kept: []string{"helm.sh/helm/v3/pkg/action", "helm.sh/helm/v3/pkg/storage/driver", "helm.sh/helm/v3/pkg/kube", "k8s.io/kubectl", "k8s.io/cli-runtime"},
		why:  "the release executor is ours (docs/decisions/0003-release-executor.md)",
	},
	{kept: []string{"flag", "os/signal"}, direct: true, why: "a library has no flags and takes no signals"},
}

func TestWalls(t *testing.T) {
	for _, p := range packages(t) {
		for _, w := range walls {
			if p.layer() == "internal" || w.layer != "" && w.layer != p.layer() || slices.Contains(w.except, p.layer()) {
				continue
			}
			pulled := p.Deps
			if w.direct {
				pulled = p.Imports
			}
			for _, dep := range pulled {
				assert.False(t, within(dep, w.kept), "%s pulls in %s: %s", p.rel(), dep, w.why)
			}
		}
	}
}

func TestQueueNeedsTheStandardLibraryOnly(t *testing.T) {
	for _, p := range packages(t) {
		if p.layer() != "queue" || p.testTool() {
			continue
		}
		for _, dep := range p.Deps {
			first, _, _ := strings.Cut(dep, "/")
			assert.False(t, strings.Contains(first, ".") && !within(dep, []string{module + "/queue"}),
				"%s pulls in %s: queue needs the standard library only", p.rel(), dep)
		}
	}
}

func TestLibraryDoesNotImportTestCode(t *testing.T) {
	kept := []string{"testing", "github.com/stretchr/testify", "go.uber.org/goleak"}
	for _, p := range packages(t) {
		if p.testTool() || p.layer() == "internal" {
			continue
		}
		for _, imported := range p.Imports {
			assert.False(t, within(imported, kept) || strings.HasSuffix(imported, "/fake"),
				"%s imports %s: what helps to test lives in a package whose name ends in test", p.rel(), imported)
			assert.False(t, strings.HasPrefix(imported, module) && strings.HasSuffix(imported, "test"),
				"%s imports the test tool %s", p.rel(), imported)
		}
	}
}

// Hosts inherit every dependency of the root module; these belong to nested modules.
func TestHeavyDependenciesStayInNestedModules(t *testing.T) {
	heavy := []string{
		"k8s.io/kubernetes",
		"go.etcd.io/etcd/server",
		"sigs.k8s.io/kwok",
		"sigs.k8s.io/controller-runtime",
		"github.com/spf13/cobra",
	}
	pulled := map[string]bool{}
	for _, p := range goList(t, "-deps", "-test", "./...") {
		if within(p.ImportPath, heavy) {
			pulled[p.ImportPath] = true
		}
	}
	assert.Empty(t, slices.Sorted(maps.Keys(pulled)), "packages of the root module pull these in")
}

// within reports whether path is one of the trees, or below one.
func within(path string, trees []string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool {
		return path == tree || strings.HasPrefix(path, tree+"/")
	})
}
