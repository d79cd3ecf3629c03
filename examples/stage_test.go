package examples

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/hooks/hookstest"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

// stage is one module, or the global hooks, with its values and no cluster.
type stage struct {
	name, key string
	dir       string // "" without a chart
	store     *values.Store
	hooks     []hooks.Hook
	objects   map[string][]kubeevents.Item // what each watch has found
}

func openModule(t *testing.T, folder string) *stage {
	t.Helper()
	dir := filepath.Join("modules", folder)
	_, name, _ := strings.Cut(folder, "-")
	key, err := values.Key(name)
	require.NoError(t, err)
	s := open(t, key, hooks.Folder(filepath.Join(dir, "hooks"), execOptions(t, false)))
	s.name, s.dir = name, dir
	var static []values.File
	if f := read(t, dir, "values.yaml"); f.Data != nil {
		static = append(static, f)
	}
	require.NoError(t, s.store.SetSection(key, values.Spec{
		Static: static, ConfigSchema: read(t, dir, "openapi/config-values.yaml"), Schema: read(t, dir, "openapi/values.yaml"),
	}))
	return s
}

func openGlobal(t *testing.T) *stage {
	t.Helper()
	return open(t, values.Global, hooks.Folder("global-hooks/hooks", execOptions(t, true)))
}

// open gives every stage the global section, for charts read it.
func open(t *testing.T, key string, source hooks.Source) *stage {
	t.Helper()
	found, err := source.Hooks(t.Context())
	require.NoError(t, err)
	s := &stage{key: key, store: values.NewStore(values.Options{}), hooks: found, objects: map[string][]kubeevents.Item{}}
	require.NoError(t, s.store.SetSection(values.Global, values.Spec{Schema: read(t, "global-hooks", "openapi/values.yaml")}))
	return s
}

func execOptions(t *testing.T, global bool) hooks.ExecOptions {
	t.Helper()
	return hooks.ExecOptions{Global: global, TempDir: t.TempDir(), Env: []string{"ADDON_OPERATOR_NAMESPACE=addons"}}
}

// read returns an empty file where there is none.
func read(t *testing.T, dir, name string) values.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if os.IsNotExist(err) {
		return values.File{}
	}
	require.NoError(t, err)
	return values.File{Name: name, Data: data}
}

// configure is the user's edit of the ConfigMap; the section must be taken.
func (s *stage) configure(t *testing.T, section string) {
	t.Helper()
	change := s.store.SetConfig(values.ParseConfig("test", time.Now().String(), map[string]string{s.key: section}))
	require.Empty(t, change.Errors)
}

// hook finds a hook by its name.
func (s *stage) hook(t *testing.T, name string) hooks.Hook {
	t.Helper()
	i := slices.IndexFunc(s.hooks, func(h hooks.Hook) bool { return h.Name == name })
	require.GreaterOrEqual(t, i, 0, "there is no hook %s", name)
	return s.hooks[i]
}

// put makes a watch of the hook find these objects, given as YAML, as its
// filter leaves them.
func (s *stage) put(t *testing.T, hook, watch string, objects ...string) {
	t.Helper()
	h := s.hook(t, hook)
	w, found := h.FindWatch(watch)
	require.True(t, found, "the hook has no watch %s", watch)
	s.objects[watch] = nil
	for _, text := range objects {
		var object map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(text), &object))
		item, err := hookstest.Item(w, object)
		require.NoError(t, err)
		s.objects[watch] = append(s.objects[watch], item)
	}
}

// run runs the hook for one reason and takes what it says of values.
func (s *stage) run(t *testing.T, hook string, fired hooks.Context) *hooks.Output {
	t.Helper()
	out, in, err := s.try(t, hook, fired)
	require.NoError(t, err)
	prepared, err := s.store.Prepare(out.ValuesChange(in))
	require.NoError(t, err)
	if _, version, changed := prepared.Config(); changed {
		prepared.Saved(version + "'")
	}
	_, err = prepared.Commit()
	require.NoError(t, err)
	return out
}

func (s *stage) try(t *testing.T, hook string, fired hooks.Context) (*hooks.Output, *hooks.Input, error) {
	t.Helper()
	h := s.hook(t, hook)
	snapshots := hooks.Snapshots{}
	for _, w := range h.Watch {
		snapshots[w.Name] = kubeevents.NewSnapshot(s.objects[w.Name]...)
	}
	section := func(v values.View, key string) values.View {
		part, _ := v.At("/" + key)
		return part
	}
	view, config := s.store.View(), s.store.ConfigView()
	in := &hooks.Input{
		Hook: hook, Module: s.name, Key: s.key, Cause: "test",
		Values: section(view, s.key), Global: section(view, values.Global),
		Config: section(config, s.key), GlobalConfig: section(config, values.Global),
		Contexts: h.Contexts([]hooks.Context{fired}, snapshots), Snapshots: snapshots,
	}
	out, err := hooks.Call(t.Context(), h, in)
	return out, in, err
}

// value is the effective value at a pointer into the section.
func (s *stage) value(t *testing.T, pointer string) any {
	t.Helper()
	part, found := s.store.View().At("/" + s.key + pointer)
	require.True(t, found, "%s has no %s", s.key, pointer)
	return part.Any()
}

// setGlobal is what a global hook does.
func (s *stage) setGlobal(t *testing.T, pointer string, value any) {
	t.Helper()
	prepared, err := s.store.Prepare(values.Change{Section: values.Global, Source: "test",
		Memory: values.Patch{{Op: "add", Path: "/global" + pointer, Value: value}}})
	require.NoError(t, err)
	_, err = prepared.Commit()
	require.NoError(t, err)
}

// render is the manifest that the chart makes of the values.
func (s *stage) render(t *testing.T) string {
	t.Helper()
	require.NoError(t, s.store.CheckRender(s.key))
	chart, err := helmclient.Load(os.DirFS(s.dir), helmclient.LoadOptions{Name: s.name})
	require.NoError(t, err)
	rendering, err := helmclient.Template(t.Context(), helmclient.Request{
		Name: s.name, Namespace: "addons", Chart: chart, Values: s.store.View().Select(values.Global, s.key).Map(),
	}, helmclient.TemplateOptions{})
	require.NoError(t, err)
	return rendering.Manifest
}

// changes names the changes of an output, one line each.
func changes(out *hooks.Output) []string {
	var names []string
	for _, c := range out.Changes {
		names = append(names, string(c.Operation)+" "+c.Namespace+"/"+c.Name)
	}
	return names
}

func moment(m hooks.Moment) hooks.Context { return hooks.Context{Binding: string(m)} }

func synchronization(watch string) hooks.Context {
	return hooks.Context{Binding: watch, Type: hooks.TypeSynchronization}
}
