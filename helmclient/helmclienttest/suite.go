package helmclienttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/helmclient"
)

// Subject is a client under test and the ways to look at it and to disturb it from outside.
type Subject struct {
	Client helmclient.Client // of some instance
	// Restart returns a client of the same instance after the process was started again.
	Restart func() helmclient.Client
	// Another returns a client of another instance on the same cluster.
	Another func() helmclient.Client
	// Namespaces are two namespaces that exist and hold no release.
	Namespaces [2]string
	// Object reads an object of the cluster; nil when it does not exist.
	Object func(kind, namespace, name string) *unstructured.Unstructured
	// Remove deletes an object behind the client's back.
	Remove func(kind, namespace, name string)
	// History returns the states of all kept revisions, oldest first.
	History func(namespace, name string) []string
	// Interrupt leaves a revision of the release as a process of the client's instance does that is killed
	// after it wrote its first record; for Another's instance when another is true.
	Interrupt func(r helmclient.Request, another bool)
}

// TestClient holds a client to the promises of [helmclient.Client]. start is called for each promise and
// returns a subject of its own, which it cleans up itself.
func TestClient(t *testing.T, start func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Subject)
	}{
		{"install, skip, upgrade, delete", life},
		{"a fresh process does nothing when nothing changed", restart},
		{"objects that left the chart are pruned", prune},
		{"labels reach every object", labels},
		{"render changes nothing", rendering},
		{"history is bounded", history},
		{"bad requests are refused", badRequests},
		{"bad charts are refused before the first write", badCharts},
		{"repair brings back what is gone", repair},
		{"another release's object is not taken", ownership},
		{"an orphaned release leaves its objects", orphan},
		{"our interrupted revision is taken over", interrupted},
		{"another owner's interrupted revision is not", foreignRevision},
		{"an ended context writes nothing", ended},
		{"list shows the newest revision of each release", list},
		{"one release, many callers", parallel},
		{"subchart conditions of one shared chart", conditions},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, start(t)) })
	}
}

// Chart loads a chart of the given files. Chart.yaml is made when there is none.
func Chart(t testing.TB, files map[string]string) *helmclient.Chart {
	t.Helper()
	fsys := fstest.MapFS{"Chart.yaml": {Data: []byte("apiVersion: v2\nname: demo\nversion: 1.0.0\n")}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := helmclient.Load(fsys, helmclient.LoadOptions{})
	require.NoError(t, err)
	return c
}

// ConfigMaps loads a chart of ConfigMaps named release-name, each with the value color.
func ConfigMaps(t testing.TB, names ...string) *helmclient.Chart {
	t.Helper()
	files := map[string]string{}
	for _, n := range names {
		files["templates/"+n+".yaml"] = fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n"+
			"  name: {{ .Release.Name }}-%s\ndata:\n  color: {{ .Values.color | default \"none\" | quote }}\n", n)
	}
	return Chart(t, files)
}

func request(t *testing.T, s Subject) helmclient.Request {
	return helmclient.Request{
		Name: "web", Namespace: s.Namespaces[0], Chart: ConfigMaps(t, "one", "two"), Values: map[string]any{"color": "red"},
	}
}

func apply(t *testing.T, c helmclient.Client, r helmclient.Request, want helmclient.Action) helmclient.Result {
	t.Helper()
	res, err := c.Apply(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, want, res.Action, res.Reason)
	return res
}

func color(o *unstructured.Unstructured) string {
	if o == nil {
		return "absent"
	}
	s, _, _ := unstructured.NestedString(o.Object, "data", "color")
	return s
}

func life(t *testing.T, s Subject) {
	r := request(t, s)
	_, err := s.Client.Status(t.Context(), r.Namespace, r.Name)
	require.ErrorIs(t, err, helmclient.ErrNotFound)

	res := apply(t, s.Client, r, helmclient.Installed)
	require.Equal(t, 1, res.Revision)
	require.Len(t, res.Changes, 2)
	require.Equal(t, "red", color(s.Object("ConfigMap", r.Namespace, "web-one")))

	res = apply(t, s.Client, r, helmclient.Skipped)
	require.Equal(t, 1, res.Revision)
	require.Empty(t, res.Changes)

	r.Values = map[string]any{"color": "blue"}
	res = apply(t, s.Client, r, helmclient.Upgraded)
	require.Equal(t, 2, res.Revision)
	require.Equal(t, "blue", color(s.Object("ConfigMap", r.Namespace, "web-two")))
	require.Equal(t, []string{"superseded", "deployed"}, s.History(r.Namespace, r.Name))

	st, err := s.Client.Status(t.Context(), r.Namespace, r.Name)
	require.NoError(t, err)
	require.Equal(t, "deployed", st.State)
	require.True(t, st.Ours)
	require.Equal(t, res.Digest, st.Digest)

	del := helmclient.DeleteRequest{Name: r.Name, Namespace: r.Namespace}
	res, err = s.Client.Delete(t.Context(), del)
	require.NoError(t, err)
	require.Equal(t, helmclient.Deleted, res.Action)
	require.Nil(t, s.Object("ConfigMap", r.Namespace, "web-one"))
	require.Empty(t, s.History(r.Namespace, r.Name))
	res, err = s.Client.Delete(t.Context(), del)
	require.NoError(t, err)
	require.Equal(t, helmclient.Skipped, res.Action)

	require.Equal(t, 1, apply(t, s.Client, r, helmclient.Installed).Revision)
}

func restart(t *testing.T, s Subject) {
	r := request(t, s)
	apply(t, s.Client, r, helmclient.Installed)
	apply(t, s.Restart(), r, helmclient.Skipped)
	require.Equal(t, []string{"deployed"}, s.History(r.Namespace, r.Name))
}

func prune(t *testing.T, s Subject) {
	r := request(t, s)
	apply(t, s.Client, r, helmclient.Installed)
	r.Chart = ConfigMaps(t, "one")
	res := apply(t, s.Client, r, helmclient.Upgraded)
	require.Nil(t, s.Object("ConfigMap", r.Namespace, "web-two"))
	require.Equal(t, "red", color(s.Object("ConfigMap", r.Namespace, "web-one")))
	require.Len(t, res.Changes, 1)
	require.Equal(t, helmclient.Removed, res.Changes[0].Verb)
}

func labels(t *testing.T, s Subject) {
	r := request(t, s)
	r.Labels = map[string]string{"team": "a"}
	apply(t, s.Client, r, helmclient.Installed)
	require.Equal(t, "a", s.Object("ConfigMap", r.Namespace, "web-one").GetLabels()["team"])
	r.Labels = map[string]string{"team": "b"}
	apply(t, s.Client, r, helmclient.Upgraded)
	require.Equal(t, "b", s.Object("ConfigMap", r.Namespace, "web-one").GetLabels()["team"])
}

func rendering(t *testing.T, s Subject) {
	r := request(t, s)
	out, err := s.Client.Render(t.Context(), r)
	require.NoError(t, err)
	require.Contains(t, out.Manifest, `color: "red"`)
	require.Len(t, out.Objects, 2)
	require.NotContains(t, fmt.Sprintf("%v %+v %s", out, out, out), "red", "a rendering must not print values")
	require.Empty(t, s.History(r.Namespace, r.Name))
	require.Nil(t, s.Object("ConfigMap", r.Namespace, "web-one"))
}

func history(t *testing.T, s Subject) {
	r := request(t, s)
	r.History = 2
	for i := range 4 {
		r.Values = map[string]any{"color": fmt.Sprint(i)}
		_, err := s.Client.Apply(t.Context(), r)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"superseded", "deployed"}, s.History(r.Namespace, r.Name))
}

func badRequests(t *testing.T, s Subject) {
	for name, spoil := range map[string]func(*helmclient.Request){
		"no chart":     func(r *helmclient.Request) { r.Chart = nil },
		"no namespace": func(r *helmclient.Request) { r.Namespace = "" },
		"long name":    func(r *helmclient.Request) { r.Name = "a234567890b234567890c234567890d234567890e234567890f234" },
		"odd name":     func(r *helmclient.Request) { r.Name = "Web_1" },
		"odd values":   func(r *helmclient.Request) { r.Values = map[string]any{"f": func() {}} },
	} {
		r := request(t, s)
		spoil(&r)
		refused(t, s, r, helmclient.ReasonInvalidRequest, name)
	}
}

func badCharts(t *testing.T, s Subject) {
	for name, c := range map[string]struct {
		template string
		reason   helmclient.Reason
	}{
		"template fails":   {`{{ fail "no way" }}`, helmclient.ReasonRenderFailed},
		"template is open": {`{{ if`, helmclient.ReasonRenderFailed},
		"no kind":          {"apiVersion: v1\nmetadata: {name: x}\n", helmclient.ReasonInvalidObject},
		"no name":          {"apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", helmclient.ReasonInvalidObject},
		"twice":            {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", helmclient.ReasonInvalidObject},
	} {
		r := request(t, s)
		r.Chart = Chart(t, map[string]string{
			"templates/good.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n",
			"templates/odd.yaml":  c.template,
		})
		refused(t, s, r, c.reason, name)
		require.Nil(t, s.Object("ConfigMap", r.Namespace, "good"), name)
	}
	r := request(t, s)
	r.Chart = Chart(t, map[string]string{"values.schema.json": `{"properties":{"color":{"type":"integer"}}}`})
	refused(t, s, r, helmclient.ReasonInvalidValues, "schema")
}

// refused checks that nothing was written and that no value is told.
func refused(t *testing.T, s Subject, r helmclient.Request, reason helmclient.Reason, name string) {
	t.Helper()
	res, err := s.Client.Apply(t.Context(), r)
	var e *helmclient.Error
	require.ErrorAs(t, err, &e, name)
	require.Equal(t, reason, e.Reason, "%s: %v", name, err)
	require.Equal(t, helmclient.Failed, res.Action, name)
	require.NotContains(t, err.Error(), "red", "%s: an error must not tell values", name)
	if r.Namespace != "" {
		require.Empty(t, s.History(r.Namespace, r.Name), name)
	}
}

func repair(t *testing.T, s Subject) {
	r := request(t, s)
	apply(t, s.Client, r, helmclient.Installed)
	s.Remove("ConfigMap", r.Namespace, "web-two")
	r.Repair = true
	res := apply(t, s.Client, r, helmclient.Repaired)
	require.Len(t, res.Changes, 1)
	require.Equal(t, "red", color(s.Object("ConfigMap", r.Namespace, "web-two")))
	require.Equal(t, []string{"deployed"}, s.History(r.Namespace, r.Name))
	apply(t, s.Client, r, helmclient.Skipped)
}

func ownership(t *testing.T, s Subject) {
	shared := Chart(t, map[string]string{"templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {color: '{{ .Release.Name }}'}\n"})
	first := helmclient.Request{Name: "first", Namespace: s.Namespaces[0], Chart: shared}
	second := helmclient.Request{Name: "second", Namespace: s.Namespaces[0], Chart: shared}
	apply(t, s.Client, first, helmclient.Installed)
	for _, policy := range []helmclient.Adoption{helmclient.AdoptNone, helmclient.AdoptUnowned} {
		second.Adopt = policy
		_, err := s.Client.Apply(t.Context(), second)
		var owned *helmclient.OwnershipError
		require.ErrorAs(t, err, &owned)
		require.Equal(t, "release "+s.Namespaces[0]+"/first", owned.Owner)
		require.Equal(t, "first", color(s.Object("ConfigMap", s.Namespaces[0], "shared")))
		require.Empty(t, s.History(second.Namespace, second.Name))
	}
	second.Adopt = helmclient.AdoptAny
	res := apply(t, s.Client, second, helmclient.Installed)
	require.Equal(t, helmclient.Adopted, res.Changes[0].Verb)

	// Its former owner lets it be.
	_, err := s.Client.Delete(t.Context(), helmclient.DeleteRequest{Name: "first", Namespace: s.Namespaces[0]})
	require.NoError(t, err)
	require.Equal(t, "second", color(s.Object("ConfigMap", s.Namespaces[0], "shared")))
}

func orphan(t *testing.T, s Subject) {
	r := request(t, s)
	apply(t, s.Client, r, helmclient.Installed)
	_, err := s.Client.Delete(t.Context(), helmclient.DeleteRequest{Name: r.Name, Namespace: r.Namespace, Orphan: true})
	require.NoError(t, err)
	require.Empty(t, s.History(r.Namespace, r.Name))
	require.Equal(t, "red", color(s.Object("ConfigMap", r.Namespace, "web-one")))
}

func interrupted(t *testing.T, s Subject) {
	r := request(t, s)
	s.Interrupt(r, false)
	require.Equal(t, []string{"pending-install"}, s.History(r.Namespace, r.Name))
	res := apply(t, s.Restart(), r, helmclient.Recovered)
	require.Equal(t, 2, res.Revision)
	require.Equal(t, []string{"failed", "deployed"}, s.History(r.Namespace, r.Name))

	s.Interrupt(r, false)
	_, err := s.Restart().Delete(t.Context(), helmclient.DeleteRequest{Name: r.Name, Namespace: r.Namespace})
	require.NoError(t, err)
	require.Nil(t, s.Object("ConfigMap", r.Namespace, "web-one"))
}

func foreignRevision(t *testing.T, s Subject) {
	r := request(t, s)
	s.Interrupt(r, true)
	before := s.History(r.Namespace, r.Name)
	_, err := s.Client.Apply(t.Context(), r)
	var foreign *helmclient.ForeignError
	require.ErrorAs(t, err, &foreign)
	require.NotEmpty(t, foreign.Owner)
	var e *helmclient.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, helmclient.ReasonForeign, e.Reason)
	_, err = s.Client.Delete(t.Context(), helmclient.DeleteRequest{Name: r.Name, Namespace: r.Namespace})
	require.ErrorAs(t, err, &foreign)
	require.Equal(t, before, s.History(r.Namespace, r.Name))

	r.TakeOver = true
	apply(t, s.Client, r, helmclient.Recovered)
}

func ended(t *testing.T, s Subject) {
	r := request(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Client.Apply(ctx, r)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, s.History(r.Namespace, r.Name))

	apply(t, s.Client, r, helmclient.Installed)
	_, err = s.Client.Delete(ctx, helmclient.DeleteRequest{Name: r.Name, Namespace: r.Namespace})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"deployed"}, s.History(r.Namespace, r.Name))
}

func list(t *testing.T, s Subject) {
	r := request(t, s)
	apply(t, s.Client, r, helmclient.Installed)
	r.Values = nil
	apply(t, s.Client, r, helmclient.Upgraded)
	other := r
	other.Namespace, other.Name = s.Namespaces[1], "api"
	apply(t, s.Another(), other, helmclient.Installed)

	all, err := s.Client.List(t.Context(), "")
	require.NoError(t, err)
	var ours []string
	for _, st := range all {
		if st.Namespace == s.Namespaces[0] || st.Namespace == s.Namespaces[1] {
			ours = append(ours, fmt.Sprintf("%s %d %t", st.Name, st.Revision, st.Ours))
		}
	}
	require.ElementsMatch(t, []string{"web 2 true", "api 1 false"}, ours)
	one, err := s.Client.List(t.Context(), s.Namespaces[1])
	require.NoError(t, err)
	require.Len(t, one, 1)
}

func parallel(t *testing.T, s Subject) {
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		r := request(t, s)
		r.Values = map[string]any{"color": fmt.Sprint(i % 2)}
		wg.Go(func() { _, errs[i] = s.Client.Apply(t.Context(), r) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	st, err := s.Client.Status(t.Context(), s.Namespaces[0], "web")
	require.NoError(t, err)
	require.Equal(t, "deployed", st.State)
	one := color(s.Object("ConfigMap", s.Namespaces[0], "web-one"))
	require.Equal(t, one, color(s.Object("ConfigMap", s.Namespaces[0], "web-two")), "two revisions were mixed")
}

func conditions(t *testing.T, s Subject) {
	c := Chart(t, map[string]string{
		"Chart.yaml":                  "apiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies: [{name: sub, version: 1.0.0, condition: sub.enabled}]\n",
		"templates/main.yaml":         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-main'}\n",
		"charts/sub/Chart.yaml":       "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
		"charts/sub/templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-sub'}\ndata: {color: '{{ .Values.color }}'}\n",
		"charts/sub/values.yaml":      "color: green\n",
	})
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		wg.Go(func() {
			r := helmclient.Request{Name: name, Namespace: s.Namespaces[0], Chart: c}
			for _, on := range []bool{false, true, false} {
				r.Values = map[string]any{"sub": map[string]any{"enabled": on}}
				out, err := s.Client.Render(t.Context(), r)
				if err != nil || (len(out.Objects) == 2) != on {
					t.Errorf("%s: condition %t: %d objects, error %v", name, on, len(out.Objects), err)
				}
			}
		})
	}
	wg.Wait()
	r := helmclient.Request{Name: "a", Namespace: s.Namespaces[0], Chart: c, Values: map[string]any{"sub": map[string]any{"enabled": true}}}
	apply(t, s.Client, r, helmclient.Installed)
	require.Equal(t, "green", color(s.Object("ConfigMap", r.Namespace, "a-sub")))
	r.Values = map[string]any{"sub": map[string]any{"enabled": false}}
	apply(t, s.Client, r, helmclient.Upgraded)
	require.Nil(t, s.Object("ConfigMap", r.Namespace, "a-sub"))
}
