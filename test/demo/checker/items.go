package checker

import "context"

// Item is one thing that must hold, in the order in which a run of the demo reaches it.
type Item struct {
	// Outcome is the number of the promise that the item belongs to.
	Outcome int
	// Name is what BREAK and the failure call it.
	Name string
	// Says is the item as a sentence.
	Says string
	// Check returns nil when it holds, or what is missing.
	Check func(context.Context, *World) error
}

// Names of the items.
const (
	ModulesFolder   = "modules-folder"
	GoModule        = "go-module"
	StaticValue     = "static-value"
	HookValue       = "hook-value"
	WrittenBack     = "written-back"
	Synchronization = "synchronization"
	GlobalHooks     = "global-hooks"
	Health          = "health"
	Metrics         = "metrics"
	Logs            = "logs"
	HookMetric      = "hook-metric"
	Schedule        = "schedule"
	ConfigValue     = "config-value"
	Upgrade         = "upgrade"
	Unchanged       = "unchanged"
	HookEvent       = "hook-event"
	RemovalFollowed = "removal-followed"
	PythonHook      = "python-hook"
	GoHook          = "go-hook"
	GlobalValue     = "global-value"
	EnableByHook    = "enable-by-hook"
	DisableByHook   = "disable-by-hook"
	DeleteHooks     = "delete-hooks"
	Uninstall       = "uninstall"
	Veto            = "veto"
	EnableByConfig  = "enable-by-config"
	FailureShown    = "failure-shown"
	FailureIsolated = "failure-isolated"
	Retry           = "retry"
	Recovery        = "recovery"
	PurgeOrphan     = "purge-orphan"
	LeaveStranger   = "leave-stranger"
	Restart         = "restart"
)

// Items are the items of the modules folder's run; [ChartItems] follow on a cluster of
// their own.
func Items() []Item {
	return []Item{
		{1, ModulesFolder, "the modules of a folder are installed as releases, the tuner runs on every node", modulesFolder},
		{1, GoModule, "a module written in Go runs beside them: one replica per node", nodeScale},
		{8, Health, "/healthz and /readyz answer ok", health},
		{2, StaticValue, "the chart sees a static value of the folder", staticValue},
		{2, HookValue, "the chart sees what hooks wrote into memory (onStartup, beforeHelm)", hookValue},
		{2, WrittenBack, "a hook's value is written back to the ConfigMap and reaches the chart", writtenBack},
		{3, Synchronization, "a hook met what was there before it started (Synchronization, group, snapshots)", copied},
		{4, GlobalHooks, "global hooks ran: onStartup once, afterAll with the values of the others", globalHooks},
		{8, Metrics, "/metrics tells the phase of every module and the runs of hooks", metrics},
		{8, Logs, "the log is structured: every line has time, level and message", logs},
		{3, HookMetric, "a metric of a hook is served", hookMetric},
		{3, Schedule, "a schedule runs a hook that creates, merge-patches and deletes objects", schedule},
		{2, ConfigValue, "an edit of the ConfigMap reaches the chart, merged with the other layers", configValue},
		{5, Upgrade, "a release is upgraded when its inputs change, and only that one", upgrade},
		{5, Unchanged, "a touched but equal ConfigMap: no revision, no write", unchanged},
		{3, HookEvent, "a change of a watched Secret is followed", followed},
		{3, RemovalFollowed, "the removal of a watched Secret is followed", removed},
		{3, PythonHook, "a Python hook turns an event into a value and a new revision", pythonHook},
		{3, GoHook, "a Go hook follows the number of nodes", nodeScale},
		{4, GlobalValue, "a global value of a global hook reaches several releases", globalValue},
		{6, EnableByHook, "a global hook's flag enables a module at run time", enabledByHook},
		{6, DisableByHook, "the flag taken back disables it: release and objects are gone", disabledByHook},
		{3, DeleteHooks, "beforeDeleteHelm saw the objects, afterDeleteHelm that they were gone", deleteHooks},
		{5, Uninstall, "a module disabled in the ConfigMap is uninstalled", uninstalled},
		{6, Veto, "an enabled script vetoes the module that needs it; the reason is shown", vetoed},
		{6, EnableByConfig, "enabled again in the ConfigMap, both come back", enabledByConfig},
		{7, FailureShown, "a module whose hook fails is shown as failed, with what the hook said", failureShown},
		{7, FailureIsolated, "a failing module does not stop the others and keeps its last release", isolated},
		{7, Retry, "the failing module is tried again and again", retried},
		{7, Recovery, "it recovers when the cause is gone", recovered},
		{5, PurgeOrphan, "a release of ours whose module left the folder is purged at the next start", purged},
		{5, LeaveStranger, "a release of somebody else is left alone", strangerLeft},
		{5, Restart, "after the restart no other release has a new revision", restarted},
	}
}
