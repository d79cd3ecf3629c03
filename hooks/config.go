package hooks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/jq"
)

// ParseConfig reads the configuration that an executable prints for --config: one YAML or JSON document. The Hook has
// no Name and no Run yet. Unknown fields are errors, and all violations are told at once by their paths.
//
// A document without configVersion has the old form, version 0: no groups, no snapshots, no Synchronization.
func ParseConfig(data []byte, global bool) (Hook, error) {
	h, _, err := parseConfig(data, global)
	return h, err
}

// parseConfig tells also whether the configuration has the old form, whose contexts differ.
func parseConfig(data []byte, global bool) (h Hook, old bool, err error) {
	doc, err := proto.Document(data)
	if err != nil {
		return Hook{}, false, fmt.Errorf("the configuration is no YAML or JSON: %w", err)
	}
	if doc == nil {
		return Hook{}, false, errors.New("printed nothing; print a YAML document that begins with configVersion: v1")
	}
	bad := &proto.Violations{}
	top := proto.NewObject("", doc, bad)
	if top == nil {
		return Hook{}, false, fmt.Errorf("the configuration is no map but text; print nothing else on stdout: %w", bad.Err())
	}
	switch version := top.Any("configVersion"); version {
	case "v1":
		h = readConfig(top, global, bad)
	case nil:
		h, old = readOldConfig(top, global), true
	default:
		top.Bad("configVersion", "unsupported version %v; there is v1", version)
	}
	if err := bad.Err(); err != nil {
		return Hook{}, false, err
	}
	return h, old, nil
}

func readConfig(top *proto.Object, global bool, bad *proto.Violations) Hook {
	var h Hook
	if top.Len() < 2 {
		top.Bad("configVersion", "stands alone; declare at least one binding")
	}
	h.readSettings(top.Object("settings"))
	h.readMoments(top, global)
	for _, o := range top.Objects("schedule") {
		h.Schedule = append(h.Schedule, readSchedule(o))
	}
	for _, o := range top.Objects("kubernetes") {
		h.Watch = append(h.Watch, readWatch(o))
	}
	for _, webhook := range []string{"kubernetesValidating", "kubernetesMutating", "kubernetesCustomResourceConversion"} {
		if top.Has(webhook) {
			top.Bad(webhook, "webhook bindings are not supported; remove it, or serve the webhook by a program of its own")
		}
	}
	top.Close()
	h.checkNames(bad)
	return h
}

func (h *Hook) readSettings(o *proto.Object) {
	h.MinInterval = readDuration(o, "executionMinInterval")
	h.Timeout = readDuration(o, "timeout")
	if n, ok := o.Int("executionBurst"); ok {
		if n < 1 {
			o.Bad("executionBurst", "must be at least 1")
		}
		h.Burst = n
	}
	o.Close()
}

func (h *Hook) readMoments(top *proto.Object, global bool) {
	for _, m := range slices.Concat(globalMoments, moduleMoments[1:]) {
		order, ok := top.Int(string(m))
		if !ok {
			continue
		}
		if problem := checkMoment(m, global); problem != "" {
			top.Bad(string(m), "%s", problem)
		}
		if order < 0 && m != Startup {
			top.Bad(string(m), "the order must not be negative")
		}
		if h.On == nil {
			h.On = On{}
		}
		h.On[m] = order
	}
}

func readSchedule(o *proto.Object) Schedule {
	s := Schedule{
		Name:         orElse(o.String("name"), "schedule"),
		Cron:         o.Need("crontab"),
		Queue:        readQueue(o),
		Group:        o.String("group"),
		Include:      readIncludes(o),
		AllowFailure: o.Bool("allowFailure", false),
	}
	if s.Cron != "" {
		if _, err := ParseCron(s.Cron); err != nil {
			o.Bad("crontab", "%v", err)
		}
	}
	o.Close()
	return s
}

func readWatch(o *proto.Object) Watch {
	explicitQueue := o.Has("queue")
	w := Watch{
		Name:                orElse(o.String("name"), "kubernetes"),
		Query:               readQuery(o),
		Events:              readEvents(o),
		SkipSynchronization: !o.Bool("executeHookOnSynchronization", true),
		NoWait:              !o.Bool("waitForSynchronization", true) && explicitQueue,
		Queue:               readQueue(o),
		Group:               o.String("group"),
		Include:             readIncludes(o),
		AllowFailure:        o.Bool("allowFailure", false),
	}
	o.String("resynchronizationPeriod") // accepted for the sake of old hooks: streams need none
	o.Close()
	return w
}

func readQuery(o *proto.Object) kubeevents.Query {
	q := kubeevents.Query{
		APIVersion: o.String("apiVersion"),
		Kind:       o.Need("kind"),
		Labels:     readSelector(o, "labelSelector"),
		Full:       o.Bool("keepFullObjectsInMemory", true),
	}
	names := o.Object("nameSelector")
	q.Names = names.Strings("matchNames")
	names.Close()
	if namespace := o.Object("namespace"); namespace != nil {
		names := namespace.Object("nameSelector")
		q.Namespaces = names.Strings("matchNames")
		names.Close()
		q.NamespaceLabels = readSelector(namespace, "labelSelector")
		if q.NamespaceLabels != nil {
			q.Namespaces = nil
		}
		namespace.Close()
	}
	q.Fields = readFields(o, q.Names)
	q.Filter = readFilter(o)
	return q
}

func readFilter(o *proto.Object) kubeevents.Filter {
	program := o.String("jqFilter")
	if program == "" {
		return nil
	}
	filter, err := jq.Compile(program)
	if err != nil {
		o.Bad("jqFilter", "%v", err)
		return nil
	}
	return filter
}

func readEvents(o *proto.Object) []kubeevents.EventType {
	key := "executeHookOnEvent"
	old := o.Strings("watchEvent")
	names := o.Strings(key)
	if names == nil {
		names, key = old, "watchEvent"
	}
	if names == nil {
		return nil
	}
	events := make([]kubeevents.EventType, 0, len(names))
	for i, name := range names {
		if !slices.Contains(eventTypes, kubeevents.EventType(name)) {
			o.Bad(fmt.Sprintf("%s[%d]", key, i), "unknown event %q%s", name, proto.DidYouMean(name, []string{"Added", "Modified", "Deleted"}))
			continue
		}
		events = append(events, kubeevents.EventType(name))
	}
	return events
}

func readIncludes(o *proto.Object) []string {
	names := o.Strings("includeSnapshotsFrom")
	if names != nil && len(names) == 0 {
		o.Bad("includeSnapshotsFrom", "must not be empty; leave it out")
	}
	return names
}

// readQueue: the queue named main is that of the module.
func readQueue(o *proto.Object) string {
	if queue := o.String("queue"); queue != "main" {
		return queue
	}
	return ""
}

func readDuration(o *proto.Object, key string) time.Duration {
	text := o.String(key)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		o.Bad(key, "%q is no duration; write it as 30s or 5m", text)
		return 0
	}
	return d
}

// checkNames notes names used twice and includes of names that do not exist.
func (h *Hook) checkNames(bad *proto.Violations) {
	names := h.watchNames()
	check := func(path string, include []string) {
		for _, problem := range includeProblems(include, names) {
			bad.Add(path+".includeSnapshotsFrom", "%s", problem)
		}
	}
	for i, w := range h.Watch {
		path := fmt.Sprintf("kubernetes[%d]", i)
		if first := slices.Index(names, w.Name); first < i {
			bad.Add(path+".name", "%q is the name of kubernetes[%d] too; give each a name of its own", w.Name, first)
		}
		check(path, w.Include)
	}
	for i, s := range h.Schedule {
		check(fmt.Sprintf("schedule[%d]", i), s.Include)
	}
}

func orElse(text, fallback string) string {
	if strings.TrimSpace(text) == "" {
		return fallback
	}
	return text
}
