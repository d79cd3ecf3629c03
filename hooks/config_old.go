package hooks

import (
	"encoding/json"
	"fmt"

	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/kubeevents"
)

// oldEvents are the names of events in the old form of configurations and contexts.
var oldEvents = map[string]kubeevents.EventType{"add": kubeevents.Added, "update": kubeevents.Modified, "delete": kubeevents.Deleted}

// readOldConfig reads version 0: moments, schedules and onKubernetesEvent, all in the queue of the module.
func readOldConfig(top *proto.Object, global bool) Hook {
	var h Hook
	h.readMoments(top, global)
	for _, o := range top.Objects("schedule") {
		s := Schedule{Name: orElse(o.String("name"), "schedule"), Cron: o.Need("crontab"), AllowFailure: o.Bool("allowFailure", false)}
		if _, err := ParseCron(s.Cron); err != nil && s.Cron != "" {
			o.Bad("crontab", "%v", err)
		}
		o.Close()
		h.Schedule = append(h.Schedule, s)
	}
	for i, o := range top.Objects("onKubernetesEvent") {
		w := readOldWatch(o)
		if _, twice := h.FindWatch(w.Name); twice {
			o.Bad("name", "%q is the name of another binding too; give onKubernetesEvent[%d] a name of its own", w.Name, i)
		}
		h.Watch = append(h.Watch, w)
	}
	top.Close()
	if len(h.On)+len(h.Schedule)+len(h.Watch) == 0 {
		top.Bad("configVersion", "is required, or a binding of version 0; begin the document with configVersion: v1")
	}
	return h
}

func readOldWatch(o *proto.Object) Watch {
	w := Watch{
		Name:                orElse(o.String("name"), "onKubernetesEvent"),
		Query:               kubeevents.Query{Kind: o.Need("kind"), Labels: readSelector(o, "selector"), Full: true},
		SkipSynchronization: true,
		AllowFailure:        o.Bool("allowFailure", false),
	}
	for i, name := range o.Strings("event") {
		event, ok := oldEvents[name]
		if !ok {
			o.Bad(fmt.Sprintf("event[%d]", i), "unknown event %q; there are add, update and delete", name)
		}
		w.Events = append(w.Events, event)
	}
	if name := o.String("objectName"); name != "" {
		w.Query.Names = []string{name}
	}
	namespaces := o.Object("namespaceSelector")
	w.Query.Namespaces = namespaces.Strings("matchNames")
	if namespaces.Bool("any", false) {
		w.Query.Namespaces = nil
	}
	namespaces.Close()
	w.Query.Filter = readFilter(o)
	o.Close()
	return w
}

// oldContext is the form in which hooks of version 0 are told what happened.
func oldContext(c Context) ([]byte, error) {
	doc := map[string]any{"binding": c.Binding}
	if c.Type == TypeEvent && c.Item != nil {
		for name, event := range oldEvents {
			if event == c.Event {
				doc["resourceEvent"] = name
			}
		}
		doc["resourceNamespace"], doc["resourceName"] = c.Item.Namespace, c.Item.Name
		doc["resourceKind"] = c.Item.Object["kind"]
	}
	return json.Marshal([]any{doc})
}
