package hookstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

// Given is what a hook finds. The zero value is an empty world.
type Given struct {
	// Module is the name of the hook's module; "": module, or the global hooks when IsGlobal is set.
	Module   string
	IsGlobal bool
	// Values, Global, Config and GlobalConfig are sections as YAML maps, each without its key: "replicas: 2".
	Values, Global, Config, GlobalConfig string
	// Objects are the objects in the cluster by the watch that finds them, as YAML streams. The watch's filter is
	// applied; its selectors are not.
	Objects map[string]string
	// Fired are the reasons of the run as they fired: Binding, Type and, for an event, Event and Item. They are
	// completed with groups and snapshots. None: the hook's first moment, or else a Synchronization of its watches,
	// or else its schedules.
	Fired []hooks.Context
}

// Result is what came of a run.
type Result struct {
	// Output is what the hook wants; after a failure what takes effect nonetheless.
	Output *hooks.Output
	// Change is what the hook wants of values, with full pointers.
	Change values.Change
	// Values is the hook's section after its patches, and Config that of the configuration; of a failed run they are
	// as before. Both are canonical JSON.
	Values, Config string
	// Err is the error of the run.
	Err error
}

// Run runs the hook once. The test fails at once if the hook is invalid or the world cannot be read; a hook that
// fails is told by Result.Err.
func Run(t testing.TB, h hooks.Hook, g Given) Result {
	t.Helper()
	if err := h.Validate(g.IsGlobal); err != nil {
		t.Fatal(err)
	}
	in, err := g.input(h)
	if err != nil {
		t.Fatal(err)
	}
	in.Log = funcr.New(func(prefix, args string) { t.Log(strings.TrimSpace(prefix + " " + args)) }, funcr.Options{Verbosity: 1})
	out, err := hooks.Call(t.Context(), h, in)
	r := Result{Output: out, Change: out.ValuesChange(in), Err: err}
	r.Values, r.Config = string(in.Values.JSON()), string(in.Config.JSON())
	if err == nil {
		r.Values, r.Config, r.Err = effect(in, r.Change)
	}
	return r
}

// Load asks a source for its hooks and returns the one of that name; the test fails if there is none.
func Load(t testing.TB, s hooks.Source, name string) hooks.Hook {
	t.Helper()
	all, err := s.Hooks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, h := range all {
		if h.Name == name {
			return h
		}
		names = append(names, h.Name)
	}
	t.Fatalf("there is no hook %q; there are %s", name, strings.Join(names, ", "))
	return hooks.Hook{}
}

func (g *Given) input(h hooks.Hook) (*hooks.Input, error) {
	in := &hooks.Input{Hook: h.Name, Module: g.Module, Cause: "test", Snapshots: hooks.Snapshots{}}
	if in.Module == "" {
		in.Module = "module"
	}
	var err error
	if in.Key, err = values.Key(in.Module); err != nil {
		return nil, err
	}
	if g.IsGlobal {
		in.Module, in.Key = "", values.Global
	}
	for _, part := range []struct {
		name, text string
		view       *values.View
	}{
		{"Values", g.Values, &in.Values}, {"Global", g.Global, &in.Global},
		{"Config", g.Config, &in.Config}, {"GlobalConfig", g.GlobalConfig, &in.GlobalConfig},
	} {
		if *part.view, err = values.ParseView(values.File{Name: "Given." + part.name, Data: []byte(part.text)}); err != nil {
			return nil, err
		}
	}
	if g.IsGlobal && g.Values == "" && g.Config == "" {
		in.Values, in.Config = in.Global, in.GlobalConfig
	}
	for watch, objects := range g.Objects {
		if in.Snapshots[watch], err = snapshot(h, watch, objects); err != nil {
			return nil, err
		}
	}
	fired := g.Fired
	if fired == nil {
		fired = firstOf(h)
	}
	in.Contexts = h.Contexts(fired, in.Snapshots)
	return in, nil
}

// firstOf is what would run the hook first.
func firstOf(h hooks.Hook) []hooks.Context {
	for _, m := range slices.Concat(hooks.MomentsOf(true), hooks.MomentsOf(false)) {
		if _, ok := h.On[m]; ok {
			return []hooks.Context{{Binding: string(m)}}
		}
	}
	var fired []hooks.Context
	for _, w := range h.Watch {
		if !w.SkipSynchronization {
			fired = append(fired, hooks.Context{Binding: w.Name, Type: hooks.TypeSynchronization})
		}
	}
	if len(fired) > 0 {
		return fired
	}
	for _, s := range h.Schedule {
		fired = append(fired, hooks.Context{Binding: s.Name, Type: hooks.TypeSchedule})
	}
	return fired
}

func snapshot(h hooks.Hook, watch, objects string) (kubeevents.Snapshot, error) {
	w, ok := h.FindWatch(watch)
	if !ok {
		return kubeevents.Snapshot{}, fmt.Errorf("Given.Objects: the hook has no watch %q", watch)
	}
	docs, err := proto.Stream([]byte(objects))
	if err != nil {
		return kubeevents.Snapshot{}, fmt.Errorf("Given.Objects[%s]: %w", watch, err)
	}
	var items []kubeevents.Item
	for i, doc := range docs {
		m, ok := doc.(map[string]any)
		if !ok {
			return kubeevents.Snapshot{}, fmt.Errorf("Given.Objects[%s]: document %d is no map", watch, i+1)
		}
		item, err := Item(w, m)
		if err != nil {
			return kubeevents.Snapshot{}, fmt.Errorf("Given.Objects[%s]: document %d: %w", watch, i+1, err)
		}
		items = append(items, item)
	}
	return kubeevents.NewSnapshot(items...), nil
}

// Item is an object as the watch sees it: filtered, and without the whole object unless the watch keeps it.
func Item(w hooks.Watch, object map[string]any) (kubeevents.Item, error) {
	u := &unstructured.Unstructured{Object: object}
	item := kubeevents.Item{Namespace: u.GetNamespace(), Name: u.GetName()}
	if w.Query.Full {
		item.Object = object
	}
	if w.Query.Filter == nil {
		return item, nil
	}
	result, err := w.Query.Filter.Apply(u)
	item.Result, item.HasResult = result, true
	return item, err
}

// effect applies the change to sections without schemas.
func effect(in *hooks.Input, change values.Change) (own, config string, err error) {
	s := values.NewStore(values.Options{})
	if err := s.SetSection(in.Key, values.Spec{Static: []values.File{{Name: "Given.Values", Data: section(in.Key, in.Values)}}}); err != nil {
		return "", "", err
	}
	p, err := s.Prepare(values.Change{Section: change.Section, Memory: change.Memory, Source: change.Source, Cause: change.Cause})
	if err == nil {
		_, err = p.Commit()
	}
	if err != nil {
		return "", "", fmt.Errorf("the patch of values: %w", err)
	}
	view, _ := s.View().At("/" + in.Key)
	own = string(view.JSON())

	s = values.NewStore(values.Options{})
	if err := s.SetSection(in.Key, values.Spec{}); err != nil {
		return "", "", err
	}
	s.SetConfig(values.Config{Sections: map[string]values.Section{in.Key: {Data: in.Config.JSON(), File: "Given.Config"}}})
	p, err = s.Prepare(values.Change{Section: change.Section, Config: change.Config, Source: change.Source, Cause: change.Cause})
	if err != nil {
		return "", "", fmt.Errorf("the patch of the configuration: %w", err)
	}
	doc, _, _ := p.Config()
	data, err := json.Marshal(doc)
	if doc == nil {
		data = in.Config.JSON()
	}
	return own, string(data), err
}

func section(key string, v values.View) []byte {
	return bytes.Join([][]byte{[]byte(`{"` + key + `":`), v.JSON(), []byte("}")}, nil)
}
