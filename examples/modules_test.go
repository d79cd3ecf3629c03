package examples

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/values"
)

func TestSysctlTuner(t *testing.T) {
	s := openModule(t, "010-sysctl-tuner")
	const hook = "hooks/10-settings.sh"
	require.Error(t, s.store.CheckRender(s.key), "the chart waits for the hook")

	s.run(t, hook, moment(hooks.Startup))
	s.run(t, hook, moment(hooks.BeforeHelm))
	require.Equal(t, []any{"vm.swappiness=10"}, s.value(t, "/internal/settings"))
	require.Contains(t, s.render(t), `args: ["vm.swappiness=10"]`)

	s.configure(t, "{profile: database, params: {vm.swappiness: 5, kernel.panic: '10'}}")
	s.run(t, hook, moment(hooks.BeforeHelm))
	require.Equal(t, []any{"kernel.panic=10", "vm.max_map_count=262144", "vm.swappiness=5"}, s.value(t, "/internal/settings"))

	refused := s.store.SetConfig(values.ParseConfig("test", "2", map[string]string{s.key: "profil: web"}))
	require.ErrorContains(t, refused.Errors[s.key], "profil")
}

func TestSysctlTunerOffersTheProfilesThatItHas(t *testing.T) {
	s := openModule(t, "010-sysctl-tuner")
	s.run(t, "hooks/10-settings.sh", moment(hooks.Startup))
	profiles, ok := s.value(t, "/internal/profiles").(map[string]any)
	require.True(t, ok)
	for name := range profiles {
		s.configure(t, "profile: "+name)
	}
}

func TestSecretCopier(t *testing.T) {
	const (
		hook   = "hooks/copy.sh"
		source = `{metadata: {namespace: home, name: key, labels: {secret-copier: source}}, type: Opaque, data: {user: eA==}}`
		fresh  = `{metadata: {namespace: a, name: key}, type: Opaque, data: {user: eA==}}`
		stale  = `{metadata: {namespace: a, name: key}, type: Opaque, data: {user: b2xk}}`
		other  = `{metadata: {namespace: z, name: key}, type: Opaque, data: {user: eA==}}`
	)
	for _, test := range []struct {
		name                     string
		sources, targets, copies []string
		want                     []string
	}{
		{name: "nothing there"},
		{name: "a new target", sources: []string{source}, targets: []string{`{metadata: {name: a}}`}, want: []string{"CreateIfNotExists a/key"}},
		{name: "all is well", sources: []string{source}, targets: []string{`{metadata: {name: a}}`}, copies: []string{fresh}},
		{name: "the source changed", sources: []string{source}, targets: []string{`{metadata: {name: a}}`}, copies: []string{stale}, want: []string{"CreateOrUpdate a/key"}},
		{name: "the source is gone", targets: []string{`{metadata: {name: a}}`}, copies: []string{fresh}, want: []string{"DeleteInBackground a/key"}},
		{name: "no target any more", sources: []string{source}, targets: []string{`{metadata: {name: a}}`}, copies: []string{fresh, other}, want: []string{"DeleteInBackground z/key"}},
		{name: "a target on its way out", sources: []string{source}, targets: []string{`{metadata: {name: a, deletionTimestamp: now}}`}},
		{name: "not onto itself", sources: []string{source}, targets: []string{`{metadata: {name: home}}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openModule(t, "020-secret-copier")
			s.put(t, hook, "sources", test.sources...)
			s.put(t, hook, "targets", test.targets...)
			s.put(t, hook, "copies", test.copies...)
			out := s.run(t, hook, synchronization("sources"))
			require.Equal(t, test.want, changes(out))
			for _, c := range out.Changes {
				if c.Object != nil {
					require.Equal(t, map[string]any{"user": "eA=="}, c.Object["data"])
				}
			}
		})
	}
}

func TestSysctlExporterRunsInEveryZone(t *testing.T) {
	s := openModule(t, "030-sysctl-exporter")
	require.Contains(t, s.render(t), "replicas: 1")
	s.setGlobal(t, "/discovery/zones", []any{"a", "b"})
	require.Contains(t, s.render(t), "replicas: 2")
}

func TestPythonReport(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3; the module's enabled script says the same")
	}
	const hook = "hooks/report.py"
	s := openModule(t, "040-python-report")
	s.put(t, hook, "namespaces",
		`{metadata: {name: n1, labels: {team: red}}}`, `{metadata: {name: n2, labels: {team: red}}}`, `{metadata: {name: n3, labels: {team: blue}}}`)
	out := s.run(t, hook, synchronization("namespaces"))
	require.False(t, out.Config.Empty())
	require.Equal(t, map[string]any{"red": []any{"n1", "n2"}, "blue": []any{"n3"}}, s.value(t, "/internal/teams"))

	id := s.value(t, "/id")
	manifest := s.render(t)
	require.Contains(t, manifest, "red: n1, n2")
	require.Contains(t, manifest, id)

	out = s.run(t, hook, synchronization("namespaces"))
	require.True(t, out.Config.Empty(), "the id is made once")
	require.Equal(t, id, s.value(t, "/id"))
}

func TestHeartbeat(t *testing.T) {
	const hook = "hooks/beat.sh"
	tick := hooks.Context{Binding: "beat", Type: hooks.TypeSchedule}
	s := openModule(t, "050-heartbeat")
	require.Equal(t, []string{"CreateIfNotExists addons/heartbeat", "CreateOrUpdate addons/heartbeat-1", "MergePatch addons/heartbeat"},
		changes(s.run(t, hook, tick)))

	s.put(t, hook, "beats",
		`{metadata: {name: heartbeat}, data: {beat: "4"}}`, `{metadata: {name: heartbeat-2}, data: {beat: "2"}}`,
		`{metadata: {name: heartbeat-3}, data: {beat: "3"}}`, `{metadata: {name: heartbeat-4}, data: {beat: "4"}}`)
	out := s.run(t, hook, tick)
	require.Equal(t, []string{"CreateIfNotExists addons/heartbeat", "CreateOrUpdate addons/heartbeat-5", "MergePatch addons/heartbeat",
		"DeleteInBackground addons/heartbeat-2"}, changes(out))
	require.Len(t, out.Metrics, 2)
	require.InDelta(t, 5, *out.Metrics[1].Value, 0)
}

func TestCleanup(t *testing.T) {
	const hook = "hooks/farewell.sh"
	s := openModule(t, "060-cleanup")
	require.Contains(t, s.render(t), "replicas: 1")
	require.Empty(t, changes(s.run(t, hook, moment(hooks.AfterHelm))), "no note, nothing to take back")

	s.put(t, hook, "cache", `{metadata: {name: cleanup}, spec: {replicas: 2}}`)
	out := s.run(t, hook, moment(hooks.BeforeDeleteHelm))
	require.Equal(t, []string{"CreateOrUpdate addons/cleanup-farewell"}, changes(out))
	require.Equal(t, map[string]any{"release": "going", "replicas": "2"}, out.Changes[0].Object["data"])

	require.Equal(t, []string{"MergePatch addons/cleanup-farewell"}, changes(s.run(t, hook, moment(hooks.AfterDeleteHelm))))

	s.put(t, hook, "note", `{metadata: {name: cleanup-farewell}}`)
	require.Equal(t, []string{"DeleteInBackground addons/cleanup-farewell"}, changes(s.run(t, hook, moment(hooks.AfterHelm))))
}

func TestFlaky(t *testing.T) {
	const hook = "hooks/check.sh"
	s := openModule(t, "070-flaky")
	s.put(t, hook, "cause", `{metadata: {name: flaky-cause}}`)
	_, _, err := s.try(t, hook, moment(hooks.BeforeHelm))
	require.ErrorContains(t, err, "flaky-cause is in the way")

	s.put(t, hook, "cause")
	s.run(t, hook, moment(hooks.BeforeHelm))
	require.Contains(t, s.render(t), "mood: calm")
}

func TestDiscovery(t *testing.T) {
	const hook = "discovery.sh"
	s := openGlobal(t)
	require.Len(t, s.run(t, hook, moment(hooks.Startup)).Metrics, 1)

	s.put(t, hook, "nodes", `{metadata: {name: n1, labels: {topology.kubernetes.io/zone: b}}}`,
		`{metadata: {name: n2, labels: {topology.kubernetes.io/zone: a}}}`, `{metadata: {name: n3}}`,
		`{metadata: {name: n4, labels: {topology.kubernetes.io/zone: b}}}`)
	s.run(t, hook, synchronization("nodes"))
	require.Equal(t, []any{"a", "b"}, s.value(t, "/discovery/zones"))

	out := s.run(t, hook, moment(hooks.AfterAll))
	require.InDelta(t, 2, *out.Metrics[0].Value, 0)
}

func TestOnDemand(t *testing.T) {
	const hook = "on-demand.sh"
	s := openGlobal(t)
	s.run(t, hook, synchronization("namespaces"))
	require.False(t, s.store.Flag("cleanup").Hook.Value)

	s.put(t, hook, "namespaces", `{metadata: {name: crowded}}`)
	s.run(t, hook, synchronization("namespaces"))
	require.True(t, s.store.Flag("cleanup").Hook.Value)
}
