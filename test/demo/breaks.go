package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/test/demo/checker"
	"github.com/addonkit/addonkit/test/demo/fault"
)

// loss is how an item is lost on purpose.
type loss struct {
	// before is the item whose edit the loss comes before. Default: the item itself.
	before string
	// rules come into force in the proxy.
	rules []fault.Rule
	// do is something else: a changed file, a changed object.
	do edit
	// instead replaces the edit.
	instead edit
	// flags are given to the operator.
	flags []string
	// charts says that the item belongs to the run of public charts.
	charts bool
}

// atStart says that a loss comes before the operator starts.
const atStart = checker.ModulesFolder

// losses are the losses by item.
func losses() map[string]loss {
	return map[string]loss{
		checker.ModulesFolder:   {do: removeFile("modules/010-sysctl-tuner")},
		checker.GoModule:        {before: atStart, do: configure("nodeScaleEnabled", "false")},
		checker.StaticValue:     {before: atStart, do: replace("modules/010-sysctl-tuner/values.yaml", "busybox:1.37", "busybox:1.36")},
		checker.HookValue:       {before: atStart, do: replace("modules/010-sysctl-tuner/hooks/profiles.json", "net.core.somaxconn", "net.core.other")},
		checker.WrittenBack:     {before: atStart, rules: refuse("configmaps", configMap, http.MethodPut, http.MethodPatch)},
		checker.Synchronization: {before: atStart, do: replace("modules/020-secret-copier/hooks/copy.sh", "select(. != $s.namespace)", "select(false)")},
		checker.GlobalHooks:     {before: atStart, do: replace("global-hooks/hooks/discovery.sh", "discovery_starts_total", "discovery_other_total")},
		checker.Health:          {before: atStart, flags: []string{"--listen-address", "127.0.0.1:0"}},
		checker.Metrics:         {before: atStart, do: configure("heartbeatEnabled", "false")},
		checker.Logs:            {before: atStart, flags: []string{"--log-type", "text"}},
		checker.HookMetric:      {before: atStart, do: replace("modules/050-heartbeat/hooks/beat.sh", "heartbeat_beats_total", "heartbeat_other_total")},
		checker.Schedule:        {rules: refuse("configmaps", "heartbeat", http.MethodPatch)},
		checker.ConfigValue:     {rules: drop("configmaps", configMap)},
		checker.Upgrade:         {rules: drop("configmaps", configMap)},
		checker.Unchanged:       {instead: touch("{profile: database, params: {vm.dirty_ratio: 5}, interval: 61}\n")},
		checker.HookEvent:       {rules: drop("secrets", checker.SourceSecret)},
		checker.RemovalFollowed: {rules: drop("secrets", checker.SourceSecret)},
		checker.PythonHook:      {rules: drop("namespaces", "")},
		checker.GoHook:          {rules: drop("nodes", "")},
		checker.GlobalValue:     {rules: drop("nodes", "")},
		checker.EnableByHook:    {rules: drop("namespaces", "")},
		checker.DisableByHook:   {rules: drop("namespaces", "")},
		checker.DeleteHooks:     {before: atStart, do: replace("modules/060-cleanup/hooks/farewell.sh", `release: "gone"`, `release: "unknown"`)},
		checker.Uninstall:       {rules: swallow("daemonsets", "sysctl-tuner")},
		checker.Veto:            {before: atStart, do: replace("modules/030-sysctl-exporter/enabled", `any(. == "sysctl-tuner")`, `true`)},
		checker.EnableByConfig:  {rules: drop("configmaps", configMap)},
		checker.FailureShown:    {instead: nothing},
		checker.FailureIsolated: {rules: drop("nodes", "")},
		checker.Retry:           {do: deleteCause},
		checker.Recovery:        {instead: nothing},
		checker.PurgeOrphan:     {rules: swallow("secrets", "sh.helm.release.v1."+checker.Retired)},
		checker.LeaveStranger:   {do: deleteStranger},
		checker.ChartInstall:    {charts: true},
		checker.ChartUpgrade:    {charts: true, instead: nothing},
		checker.ChartUninstall:  {charts: true, instead: nothing},
		checker.Restart:         {before: checker.PurgeOrphan, do: configure("sysctlTuner", "{profile: plain}\n")},
	}
}

// breakable lists the items that can be lost, in the order of a run.
func breakable() []string {
	known := losses()
	var names []string
	for _, item := range append(checker.Items(), checker.ChartItems()...) {
		if _, ok := known[item.Name]; ok {
			names = append(names, item.Name)
		}
	}
	return names
}

func (o options) checkBreak() error {
	lost, ok := losses()[o.broken]
	if o.broken != "" && !ok {
		return fmt.Errorf("BREAK=%s: there is no such item; it is one of %s", o.broken, strings.Join(breakable(), ", "))
	}
	if lost.charts && o.charts == "" {
		return fmt.Errorf("BREAK=%s is about public charts: name their folder with ADDONKIT_TEST_CHARTS or -charts", o.broken)
	}
	return nil
}

func drop(resource, name string) []fault.Rule {
	return []fault.Rule{{Effect: fault.Drop, Resource: resource, Name: name}}
}

func swallow(resource, name string) []fault.Rule {
	return []fault.Rule{{Effect: fault.Swallow, Method: http.MethodDelete, Resource: resource, Name: name}}
}

func refuse(resource, name string, methods ...string) []fault.Rule {
	var rules []fault.Rule
	for _, method := range methods {
		rules = append(rules, fault.Rule{Effect: fault.Refuse, Method: method, Resource: resource, Name: name})
	}
	return rules
}

func replace(file, before, after string) edit {
	return func(_ context.Context, p *play) error { return fault.Replace(p.dir, file, before, after) }
}

func removeFile(name string) edit {
	return func(_ context.Context, p *play) error { return os.RemoveAll(filepath.Join(p.dir, name)) }
}

func nothing(context.Context, *play) error { return nil }

func deleteStranger(ctx context.Context, p *play) error {
	return p.kube.CoreV1().Secrets(namespace).Delete(ctx, strangerRecord, metav1.DeleteOptions{})
}
