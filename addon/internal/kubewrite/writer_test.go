package kubewrite

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/addonkit/addonkit/hooks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	orders     = schema.GroupVersionResource{Group: "shop.example.com", Version: "v1", Resource: "orders"}
)

type object = map[string]any

// cluster is a Writer on a fake that holds the given objects.
func cluster(objects ...object) (*Writer, *fake.FakeDynamicClient) {
	mapper := meta.NewDefaultRESTMapper(nil)
	add := func(group, kind string, scope meta.RESTScope) {
		mapper.Add(schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind}, scope)
	}
	add("", "ConfigMap", meta.RESTScopeNamespace)
	add("", "Namespace", meta.RESTScopeRoot)
	add("shop.example.com", "Order", meta.RESTScopeNamespace)
	add("a.example.com", "Twin", meta.RESTScopeNamespace)
	add("b.example.com", "Twin", meta.RESTScopeNamespace)
	var runtimeObjects []runtime.Object
	for _, o := range objects {
		runtimeObjects = append(runtimeObjects, &unstructured.Unstructured{Object: o})
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(),
		map[schema.GroupVersionResource]string{configMaps: "ConfigMapList", orders: "OrderList"}, runtimeObjects...)
	return New(client, mapper, "operator"), client
}

func configMap(name string, data object) object {
	return object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"namespace": "shop", "name": name}, "data": data}
}

// whole makes a change of an object that knows its identity.
func whole(op hooks.Operation, o object) hooks.Change {
	u := unstructured.Unstructured{Object: o}
	return hooks.Change{Operation: op, APIVersion: u.GetAPIVersion(), Kind: u.GetKind(), Namespace: u.GetNamespace(), Name: u.GetName(), Object: o}
}

func on(op hooks.Operation, edit func(*hooks.Change)) hooks.Change {
	c := hooks.Change{Operation: op, APIVersion: "v1", Kind: "ConfigMap", Namespace: "shop", Name: "c"}
	if edit != nil {
		edit(&c)
	}
	return c
}

func verbs(client *fake.FakeDynamicClient) (verbs []string) {
	for _, a := range client.Actions() {
		verb := a.GetVerb()
		if a.GetSubresource() != "" {
			verb += "/" + a.GetSubresource()
		}
		verbs = append(verbs, verb)
	}
	return verbs
}

// TestOperations carries out each change twice: an interrupted operator does that.
func TestOperations(t *testing.T) {
	merge := func(data object) hooks.Change {
		return on(hooks.MergePatch, func(c *hooks.Change) { c.MergePatch = object{"data": data} })
	}
	jq := func(program string) hooks.Change {
		return on(hooks.JQPatch, func(c *hooks.Change) { c.JQFilter = program })
	}
	json := func(ops ...hooks.PatchOp) hooks.Change {
		return on(hooks.JSONPatch, func(c *hooks.Change) { c.JSONPatch = ops })
	}
	mayMiss := func(c hooks.Change) hooks.Change { c.IgnoreMissingObject = true; return c }
	given := configMap("c", object{"k": "new"})
	for name, c := range map[string]struct {
		before        object // data of what is there; nil: nothing
		change        hooks.Change
		first, second Outcome
		verbs         []string // of the first
		after         object   // data; nil: nothing
		err           string   // of the first
	}{
		"create": {nil, whole(hooks.Create, given), Created, Unchanged, []string{"create"}, object{"k": "new"}, ""},
		"create what is there": {object{"k": "old"}, whole(hooks.Create, given), Failed, Failed, []string{"create", "get"}, object{"k": "old"},
			`Create ConfigMap shop/c: configmaps "c" already exists`},
		"create if not exists":                {nil, whole(hooks.CreateIfNotExists, given), Created, Unchanged, []string{"create"}, object{"k": "new"}, ""},
		"create if not exists what is there":  {object{"k": "old"}, whole(hooks.CreateIfNotExists, given), Unchanged, Unchanged, []string{"create"}, object{"k": "old"}, ""},
		"create or update, creates":           {nil, whole(hooks.CreateOrUpdate, given), Created, Unchanged, []string{"get", "create"}, object{"k": "new"}, ""},
		"create or update keeps other fields": {object{"k": "old", "x": "theirs"}, whole(hooks.CreateOrUpdate, given), Updated, Unchanged, []string{"get", "patch"}, object{"k": "new", "x": "theirs"}, ""},
		"create or update, nothing to do":     {object{"k": "new", "x": "theirs"}, whole(hooks.CreateOrUpdate, given), Unchanged, Unchanged, []string{"get"}, object{"k": "new", "x": "theirs"}, ""},
		"create or update removes by null":    {object{"k": "old", "x": "theirs"}, whole(hooks.CreateOrUpdate, configMap("c", object{"x": nil})), Updated, Unchanged, []string{"get", "patch"}, object{"k": "old"}, ""},

		"delete":                      {object{"k": "v"}, on(hooks.Delete, nil), Deleted, Absent, []string{"delete", "get"}, nil, ""},
		"delete in background":        {object{"k": "v"}, on(hooks.DeleteInBackground, nil), Deleted, Absent, []string{"delete"}, nil, ""},
		"delete non-cascading":        {object{"k": "v"}, on(hooks.DeleteNonCascading, nil), Deleted, Absent, []string{"delete"}, nil, ""},
		"merge patch":                 {object{"k": "old", "x": "v"}, merge(object{"k": "new", "x": nil}), Updated, Updated, []string{"patch"}, object{"k": "new"}, ""},
		"merge patch of nothing":      {nil, merge(object{"k": "new"}), Failed, Failed, []string{"patch"}, nil, `MergePatch ConfigMap shop/c: configmaps "c" not found`},
		"merge patch, may be missing": {nil, mayMiss(merge(object{"k": "new"})), Absent, Absent, []string{"patch"}, nil, ""},
		"jq patch":                    {object{"k": "old"}, jq(`.data.k = "new"`), Updated, Unchanged, []string{"get", "update"}, object{"k": "new"}, ""},
		"jq patch, nothing to do":     {object{"k": "new"}, jq(`.data.k = "new"`), Unchanged, Unchanged, []string{"get"}, object{"k": "new"}, ""},
		"jq patch, may be missing":    {nil, mayMiss(jq(`.`)), Absent, Absent, []string{"get"}, nil, ""},
		"jq patch without object":     {object{"k": "s3cret"}, jq(`.data.k`), Failed, Failed, []string{"get"}, object{"k": "s3cret"}, "JQPatch ConfigMap shop/c: the jq program must have one output, the whole object; use an update like .a = b"},
		"jq patch of another":         {object{"k": "v"}, jq(`.metadata.name = "d"`), Failed, Failed, []string{"get"}, object{"k": "v"}, "JQPatch ConfigMap shop/c: the jq program changes apiVersion, kind, namespace or name"},
		"json patch": {object{"k": "old", "x": "v"}, json(hooks.PatchOp{Op: "replace", Path: "/data/k", Value: "new"}, hooks.PatchOp{Op: "remove", Path: "/data/x"}),
			Updated, Unchanged, []string{"patch"}, object{"k": "new"}, ""},
		"json patch with a test": {object{"k": "old"}, json(hooks.PatchOp{Op: "test", Path: "/data/k", Value: "old"}, hooks.PatchOp{Op: "add", Path: "/data/k", Value: "new"}),
			Updated, Unchanged, []string{"patch"}, object{"k": "new"}, ""},
		"json patch, may be missing": {nil, mayMiss(json(hooks.PatchOp{Op: "remove", Path: "/data/x"})), Absent, Absent, []string{"patch"}, nil, ""},
		"any case, plural, preferred version": {object{"k": "v"}, on(hooks.Delete, func(c *hooks.Change) { c.APIVersion, c.Kind = "", "configMaps" }),
			Deleted, Absent, []string{"delete", "get"}, nil, ""},
		"a kind nobody serves": {nil, on(hooks.Delete, func(c *hooks.Change) { c.APIVersion, c.Kind = "x.io/v1", "Thing" }), Failed, Failed, nil, nil,
			"Delete Thing shop/c: the cluster does not serve kind Thing of x.io/v1"},
		"a kind of another group": {nil, on(hooks.Delete, func(c *hooks.Change) { c.APIVersion = "apps/v1" }), Failed, Failed, nil, nil,
			"Delete ConfigMap shop/c: the cluster does not serve kind ConfigMap of apps/v1"},
		"an ambiguous kind": {nil, on(hooks.Delete, func(c *hooks.Change) { c.APIVersion, c.Kind = "", "Twin" }), Failed, Failed, nil, nil,
			"Delete Twin shop/c: several API groups have a kind Twin; give the apiVersion"},
		"no namespace": {nil, on(hooks.Delete, func(c *hooks.Change) { c.Namespace = "" }), Failed, Failed, nil, nil,
			"Delete ConfigMap c: ConfigMap objects live in a namespace; name it"},
		"invalid": {nil, on(hooks.JSONPatch, nil), Failed, Failed, nil, nil, "JSONPatch ConfigMap shop/c: jsonPatch: is required by JSONPatch"},
	} {
		t.Run(name, func(t *testing.T) {
			var objects []object
			if c.before != nil {
				objects = append(objects, configMap("c", c.before))
			}
			w, client := cluster(objects...)
			for i, want := range []Outcome{c.first, c.second} {
				client.ClearActions()
				r := w.Do(t.Context(), []hooks.Change{c.change})[0]
				require.Equal(t, want, r.Outcome, "run %d: %v", i+1, r.Err)
				require.Equal(t, c.change.String(), r.Change)
				if want == Failed && c.err != "" {
					require.EqualError(t, r.Err, c.err)
				}
				if i == 0 {
					require.Equal(t, c.verbs, verbs(client))
				}
				got, err := client.Resource(configMaps).Namespace("shop").Get(t.Context(), "c", metav1.GetOptions{})
				if c.after == nil {
					require.True(t, apierrors.IsNotFound(err))
					continue
				}
				require.NoError(t, err)
				require.Equal(t, c.after, got.Object["data"])
			}
		})
	}
}

func TestObjectsOfTheClusterHaveNoNamespace(t *testing.T) {
	w, client := cluster()
	ns := object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": "n", "namespace": "wrong", "uid": "1", "resourceVersion": "7"}}
	require.NoError(t, w.Apply(t.Context(), []hooks.Change{whole(hooks.Create, ns)}))
	created, is := client.Actions()[0].(clienttesting.CreateActionImpl)
	require.True(t, is)
	require.Equal(t, object{"name": "n"}, tree(t, created.Object)["metadata"])
	require.Equal(t, object{"name": "n", "namespace": "wrong", "uid": "1", "resourceVersion": "7"}, ns["metadata"], "the hook's object stays as it was")
}

func tree(t *testing.T, o runtime.Object) object {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	require.NoError(t, err)
	return content
}

func TestNumbersOfGoCallers(t *testing.T) {
	w, client := cluster()
	order := object{"apiVersion": "shop.example.com/v1", "kind": "Order", "metadata": object{"name": "o", "namespace": "shop"},
		"spec": object{"count": 3, "items": []string{"a"}}}
	require.NoError(t, w.Apply(t.Context(), []hooks.Change{whole(hooks.CreateOrUpdate, order)}))
	client.ClearActions()
	require.Equal(t, Unchanged, w.Do(t.Context(), []hooks.Change{whole(hooks.CreateOrUpdate, order)})[0].Outcome)
}

func TestSubresource(t *testing.T) {
	w, client := cluster(object{"apiVersion": "shop.example.com/v1", "kind": "Order", "metadata": object{"name": "o", "namespace": "shop"}})
	status := func(c hooks.Change) hooks.Change {
		c.APIVersion, c.Kind, c.Name, c.Subresource = "shop.example.com/v1", "Order", "o", "status"
		return c
	}
	require.NoError(t, w.Apply(t.Context(), []hooks.Change{
		status(on(hooks.MergePatch, func(c *hooks.Change) { c.MergePatch = object{"status": object{"phase": "Paid"}} })),
		status(on(hooks.JSONPatch, func(c *hooks.Change) {
			c.JSONPatch = []hooks.PatchOp{{Op: "add", Path: "/status/phase", Value: "Sent"}}
		})),
		status(on(hooks.JQPatch, func(c *hooks.Change) { c.JQFilter = `.status.phase = "Done"` })),
	}))
	require.Equal(t, []string{"patch/status", "patch/status", "get", "update/status"}, verbs(client))
}

func TestOptionsReachTheServer(t *testing.T) {
	w, client := cluster(configMap("c", object{"k": "v"}))
	require.NoError(t, w.Apply(t.Context(), []hooks.Change{
		on(hooks.MergePatch, func(c *hooks.Change) { c.MergePatch = object{} }),
		on(hooks.DeleteInBackground, nil), on(hooks.DeleteNonCascading, nil), on(hooks.Delete, nil),
		whole(hooks.Create, configMap("c", nil)),
	}))
	var policies []metav1.DeletionPropagation
	var managers []string
	for _, a := range client.Actions() {
		switch a := a.(type) {
		case clienttesting.DeleteActionImpl:
			policies = append(policies, *a.DeleteOptions.PropagationPolicy)
		case clienttesting.PatchActionImpl:
			managers = append(managers, a.PatchOptions.FieldManager)
		case clienttesting.CreateActionImpl:
			managers = append(managers, a.CreateOptions.FieldManager)
		}
	}
	require.Equal(t, []metav1.DeletionPropagation{background, orphan, foreground}, policies)
	require.Equal(t, []string{"operator", "operator"}, managers)
}

func TestConflictsAreTriedAgain(t *testing.T) {
	for _, fails := range []int{3, attempts} {
		w, client := cluster(configMap("c", object{"k": "old"}))
		left := fails
		client.PrependReactor("update", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
			if left--; left >= 0 {
				return true, nil, apierrors.NewConflict(configMaps.GroupResource(), "c", errors.New("changed"))
			}
			return false, nil, nil
		})
		err := w.Apply(t.Context(), []hooks.Change{on(hooks.JQPatch, func(c *hooks.Change) { c.JQFilter = `.data.k = "new"` })})
		require.Equal(t, fails == attempts, apierrors.IsConflict(err), err)
	}
}

func TestOneAppearsInBetween(t *testing.T) {
	w, client := cluster(configMap("c", object{"x": "theirs"}))
	first := true
	client.PrependReactor("get", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
		defer func() { first = false }()
		return first, nil, apierrors.NewNotFound(configMaps.GroupResource(), "c")
	})
	r := w.Do(t.Context(), []hooks.Change{whole(hooks.CreateOrUpdate, configMap("c", object{"k": "new"}))})
	require.Equal(t, Updated, r[0].Outcome)
	require.Equal(t, []string{"get", "create", "get", "patch"}, verbs(client))
}

func TestTheOthersAreCarriedOutAfterAFailure(t *testing.T) {
	w, _ := cluster()
	results := w.Do(t.Context(), []hooks.Change{
		on(hooks.MergePatch, func(c *hooks.Change) { c.MergePatch = object{} }),
		whole(hooks.Create, configMap("d", nil)),
	})
	require.Equal(t, Failed, results[0].Outcome)
	require.Equal(t, Created, results[1].Outcome)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	require.EqualError(t, w.Apply(ctx, []hooks.Change{on(hooks.Delete, nil)}), "Delete ConfigMap shop/c: enough")
}

func TestErrorsHoldNoContent(t *testing.T) {
	w, client := cluster(configMap("c", object{"k": "old"}))
	refused := apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, "c", field.ErrorList{
		field.Invalid(field.NewPath("data", "k"), "s3cret", "s3cret is too short"),
	})
	client.PrependReactor("patch", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, refused })
	err := w.Apply(t.Context(), []hooks.Change{on(hooks.MergePatch, func(c *hooks.Change) { c.MergePatch = object{"data": object{"k": "s3cret"}} })})
	require.EqualError(t, err, "MergePatch ConfigMap shop/c: the API server refused it: Invalid, field data.k (FieldValueInvalid)")
	require.True(t, apierrors.IsInvalid(err))
}

func TestDeleteWaits(t *testing.T) {
	for name, c := range map[string]struct {
		goneAfter, cancelAfter, took time.Duration
		recreated                    bool
		err                          string
	}{
		"until gone":      {goneAfter: 3 * time.Second, took: 3150 * time.Millisecond},
		"until another":   {goneAfter: time.Second, took: 1550 * time.Millisecond, recreated: true},
		"not for ever":    {goneAfter: time.Hour, took: DeleteTimeout, err: "Delete ConfigMap shop/c: still there after 20s: waiting for finalizers example.com/slow"},
		"until cancelled": {goneAfter: time.Hour, cancelAfter: time.Second, took: time.Second, err: "Delete ConfigMap shop/c: context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				w, client := cluster()
				client.PrependReactor("delete", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, nil })
				client.PrependReactor("get", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
					u := &unstructured.Unstructured{Object: configMap("c", nil)}
					switch {
					case time.Since(begun) < c.goneAfter:
						now := metav1.Now()
						u.SetDeletionTimestamp(&now)
						u.SetFinalizers([]string{"example.com/slow"})
					case !c.recreated:
						return true, nil, apierrors.NewNotFound(configMaps.GroupResource(), "c")
					}
					return true, u, nil
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.cancelAfter > 0 {
					time.AfterFunc(c.cancelAfter, cancel)
				}
				err := w.Apply(ctx, []hooks.Change{on(hooks.Delete, nil)})
				if c.err == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, c.err)
				}
				require.Equal(t, c.took, time.Since(begun))
			})
		})
	}
}
