package helmclient_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	k8stesting "k8s.io/client-go/testing"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

// TestOwnership is every state an object can be found in, under every policy.
func TestOwnership(t *testing.T) {
	annotated := func(name, namespace string) map[string]any {
		return map[string]any{"annotations": map[string]any{
			"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace}}
	}
	controller := map[string]any{"ownerReferences": []any{map[string]any{
		"apiVersion": "v1", "kind": "Boss", "name": "b", "uid": "u", "controller": true}}}
	type policy struct {
		name string
		set  func(*helmclient.Request)
	}
	policies := []policy{
		{"none", func(*helmclient.Request) {}},
		{"unowned", func(r *helmclient.Request) { r.Adopt = helmclient.AdoptUnowned }},
		{"any", func(r *helmclient.Request) { r.Adopt = helmclient.AdoptAny }},
		{"listed", func(r *helmclient.Request) {
			r.AdoptObjects = []helmclient.Object{{Kind: "ConfigMap", Namespace: "one", Name: "web-a"}}
		}},
		{"another listed", func(r *helmclient.Request) {
			r.AdoptObjects = []helmclient.Object{{Kind: "ConfigMap", Namespace: "one", Name: "other"}}
		}},
	}
	for _, state := range []struct {
		name     string
		metadata map[string]any // nil: absent
		owner    string         // as told
		allowed  []string
		verb     helmclient.Verb
	}{
		{"absent", nil, "", []string{"none", "unowned", "any", "listed", "another listed"}, helmclient.Created},
		{"left by this release", annotated("web", "one"), "", []string{"none", "unowned", "any", "listed", "another listed"}, helmclient.Updated},
		{"unowned", map[string]any{}, "nobody", []string{"unowned", "any", "listed"}, helmclient.Adopted},
		{"another release's", annotated("db", "one"), "release one/db", []string{"any", "listed"}, helmclient.Adopted},
		{"of this name elsewhere", annotated("web", "two"), "release two/web", []string{"any", "listed"}, helmclient.Adopted},
		{"a controller's", controller, "controller Boss/b", []string{"any", "listed"}, helmclient.Adopted},
	} {
		for _, p := range policies {
			t.Run(state.name+", policy "+p.name, func(t *testing.T) {
				f := newFakes()
				if state.metadata != nil {
					md := maps.Clone(state.metadata)
					md["name"], md["namespace"] = "web-a", "one"
					_, err := f.dynamic.Resource(configMaps).Namespace("one").Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
						"apiVersion": "v1", "kind": "ConfigMap", "metadata": md, "data": map[string]any{"theirs": "x"}}}, metav1.CreateOptions{})
					require.NoError(t, err)
				}
				writes := 0
				f.writes(func(k8stesting.Action) error { writes++; return nil })
				r := helmclient.Request{Name: "web", Namespace: "one", Chart: helmclienttest.ConfigMaps(t, "a")}
				p.set(&r)
				res, err := f.client(t, "a").Apply(t.Context(), r)
				if slices.Contains(state.allowed, p.name) {
					require.NoError(t, err)
					require.Equal(t, state.verb, res.Changes[0].Verb)
					o := f.object(t, "one", "web-a")
					require.Equal(t, "web", o.GetAnnotations()["meta.helm.sh/release-name"])
					theirs, _, _ := unstructured.NestedString(o.Object, "data", "theirs")
					require.Equal(t, state.metadata != nil, theirs == "x", "fields of others stay")
					return
				}
				var owned *helmclient.OwnershipError
				require.ErrorAs(t, err, &owned)
				require.Equal(t, state.owner, owned.Owner)
				require.Zero(t, writes)
				require.Empty(t, f.history(t, "one", "web"))
			})
		}
	}
}

func TestDeletionRunsBackwards(t *testing.T) {
	f := newFakes()
	x := f.client(t, "a")
	_, err := x.Apply(t.Context(), helmclient.Request{Name: "web", Namespace: "one", Chart: helmclienttest.Chart(t, map[string]string{
		"templates/a.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n",
		"templates/b.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\n",
		"templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
	})})
	require.NoError(t, err)
	var order []string
	f.writes(func(a k8stesting.Action) error {
		order = append(order, a.GetResource().Resource)
		return nil
	})
	_, err = x.Delete(t.Context(), helmclient.DeleteRequest{Name: "web", Namespace: "one"})
	require.NoError(t, err)
	require.Equal(t, []string{"deployments", "configmaps", "serviceaccounts"}, order)
}
