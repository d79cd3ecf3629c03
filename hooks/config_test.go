package hooks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
)

const fullConfig = `
configVersion: v1
settings: {executionMinInterval: 3s, executionBurst: 2, timeout: 1m}
onStartup: 5
beforeHelm: 10
schedule:
- {name: nightly, crontab: "0 30 2 * * *", queue: slow, group: ports}
- crontab: "@every 1h30m"
kubernetes:
- name: services
  apiVersion: v1
  kind: Service
  namespace: {labelSelector: {matchLabels: {shop: "yes"}}, nameSelector: {matchNames: [ignored]}}
  labelSelector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}
  fieldSelector: {matchExpressions: [{field: spec.type, operator: NotEquals, value: ExternalName}]}
  executeHookOnEvent: [Added, Deleted]
  jqFilter: '{n: .metadata.name, p: .spec.ports[0].port}'
  keepFullObjectsInMemory: false
  queue: slow
  waitForSynchronization: false
  resynchronizationPeriod: 1h
  group: ports
- name: settings
  kind: ConfigMap
  nameSelector: {matchNames: [shop-settings]}
  namespace: {nameSelector: {matchNames: [shop]}}
  executeHookOnEvent: []
  executeHookOnSynchronization: false
  waitForSynchronization: false
  queue: main
  allowFailure: true
  includeSnapshotsFrom: [services]
`

func TestParseConfig(t *testing.T) {
	h, err := hooks.ParseConfig([]byte(fullConfig), false)
	require.NoError(t, err)
	require.NotNil(t, h.Watch[0].Query.Filter)
	h.Watch[0].Query.Filter = nil
	require.Equal(t, hooks.Hook{
		On:          hooks.On{hooks.Startup: 5, hooks.BeforeHelm: 10},
		MinInterval: 3 * time.Second,
		Burst:       2,
		Timeout:     time.Minute,
		Schedule: []hooks.Schedule{
			{Name: "nightly", Cron: "0 30 2 * * *", Queue: "slow", Group: "ports"},
			{Name: "schedule", Cron: "@every 1h30m"},
		},
		Watch: []hooks.Watch{{
			Name: "services",
			Query: kubeevents.Query{
				APIVersion:      "v1",
				Kind:            "Service",
				NamespaceLabels: &metav1.LabelSelector{MatchLabels: map[string]string{"shop": "yes"}},
				Labels: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
					{Key: "tier", Operator: metav1.LabelSelectorOpIn, Values: []string{"front"}},
				}},
				Fields: []kubeevents.FieldTerm{{Field: "spec.type", Operator: "NotEquals", Value: "ExternalName"}},
			},
			Events: []kubeevents.EventType{kubeevents.Added, kubeevents.Deleted},
			NoWait: true,
			Queue:  "slow",
			Group:  "ports",
		}, {
			Name: "settings",
			Query: kubeevents.Query{
				Kind: "ConfigMap", Names: []string{"shop-settings"}, Namespaces: []string{"shop"}, Full: true,
			},
			Events:              []kubeevents.EventType{},
			SkipSynchronization: true,
			NoWait:              true,
			AllowFailure:        true,
			Include:             []string{"services"},
		}},
	}, h)
}

func TestParseConfigDefaults(t *testing.T) {
	h, err := hooks.ParseConfig([]byte(`{"configVersion": "v1", "kubernetes": [{"kind": "Pod", "waitForSynchronization": false}]}`), true)
	require.NoError(t, err)
	require.Equal(t, []hooks.Watch{{Name: "kubernetes", Query: kubeevents.Query{Kind: "Pod", Full: true}}}, h.Watch, "without a queue of its own it is awaited")
}

func TestParseConfigTakesTheLastOfADuplicateKey(t *testing.T) {
	h, err := hooks.ParseConfig([]byte("configVersion: v1\nonStartup: 1\nonStartup: 2\n"), true)
	require.NoError(t, err)
	require.Equal(t, hooks.On{hooks.Startup: 2}, h.On)
}

func TestParseConfigRefuses(t *testing.T) {
	v1 := func(lines ...string) string { return "configVersion: v1\n" + strings.Join(lines, "\n") }
	for name, c := range map[string]struct {
		config string
		global bool
		want   []string
	}{
		"nothing":     {"  \n", false, []string{"printed nothing"}},
		"text":        {"hello", false, []string{"no map"}},
		"half JSON":   {`{"configVersion": "v1"`, false, []string{"no YAML or JSON"}},
		"binary":      {"\xff\xfe", false, []string{"UTF-8"}},
		"version":     {"configVersion: v9\nonStartup: 1", false, []string{"unsupported version v9"}},
		"alone":       {"configVersion: v1", false, []string{"at least one binding"}},
		"unknown key": {v1("onStartUp: 1"), false, []string{`onStartUp: unknown field; did you mean "onStartup"?`}},
		"all at once": {
			v1("settings: {executionBurst: 0, executionMinInterval: soon}", "onStartup: first", "kubernetes:", "- {name: a, jqFilter: '.x |'}",
				"- {name: a, kind: Pod, executeHookOnEvent: [Create], keepFullObjectsInMemory: 'no', includeSnapshotsFrom: [b]}",
				"schedule: [{crontab: '* * *'}, {includeSnapshotsFrom: []}]"), false,
			[]string{
				"settings.executionBurst: must be at least 1", `settings.executionMinInterval: "soon" is no duration`,
				"onStartup: must be an integer, is a string", "kubernetes[0].kind: is required", "kubernetes[0].jqFilter: ",
				"kubernetes[1].executeHookOnEvent[0]: unknown event", "kubernetes[1].keepFullObjectsInMemory: must be true or false",
				`kubernetes[1].name: "a" is the name of kubernetes[0] too`, "kubernetes[1].includeSnapshotsFrom: includes the snapshot of an unknown watch",
				"schedule[0].crontab: crontab", "schedule[1].crontab: is required", "schedule[1].includeSnapshotsFrom: must not be empty",
			},
		},
		"module's moment": {v1("beforeHelm: 1"), true, []string{"beforeHelm: beforeHelm is a moment of hooks of modules only"}},
		"global's moment": {v1("beforeAll: 1"), false, []string{"beforeAll is a moment of global hooks only"}},
		"webhooks": {v1("kubernetesValidating: [{name: a}]", "kubernetesMutating: []", "kubernetesCustomResourceConversion: [{}]"), false, []string{
			"kubernetesValidating: webhook bindings", "kubernetesMutating: webhook", "kubernetesCustomResourceConversion: webhook",
		}},
		"unquoted label": {v1("kubernetes: [{kind: Pod, labelSelector: {matchLabels: {a: yes}}}]"), false, []string{"kubernetes[0].labelSelector.matchLabels.a: must be a string, is a boolean; put it in quotes"}},
		"field and name": {v1("kubernetes: [{kind: Pod, nameSelector: {matchNames: [a]}, fieldSelector: {matchExpressions: [{field: metadata.name, operator: '=', value: a}]}}]"), false, []string{"metadata.name cannot stand beside nameSelector"}},
		"bad selector":   {v1("kubernetes: [{kind: Pod, labelSelector: {matchExpressions: [{key: a, operator: Near}]}}]"), false, []string{"kubernetes[0].labelSelector: "}},
		"plain names":    {v1("kubernetes: [{kind: Pod, namespace: {nameSelector: [default]}}]"), false, []string{"kubernetes[0].namespace.nameSelector: must be a map, is a list"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := hooks.ParseConfig([]byte(c.config), c.global)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestParseCron(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 20, 30, 0, time.UTC)
	for spec, want := range map[string]string{
		"*/5 * * * *":                   "2026-03-01 10:25:00",
		"15 30 2 * * *":                 "2026-03-02 02:30:15",
		"@hourly":                       "2026-03-01 11:00:00",
		"@every 1h30m":                  "2026-03-01 11:50:30",
		"CRON_TZ=Asia/Tokyo 0 20 * * *": "2026-03-01 11:00:00",
	} {
		c, err := hooks.ParseCron(spec)
		require.NoError(t, err, spec)
		require.Equal(t, want, c.Next(at).UTC().Format(time.DateTime), spec)
	}
	for _, spec := range []string{"", "* * * *", "61 * * * *", "@sometimes", "@every", "a b c d e"} {
		_, err := hooks.ParseCron(spec)
		require.Error(t, err, spec)
	}
}
