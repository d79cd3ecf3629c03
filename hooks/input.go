package hooks

import (
	"github.com/go-logr/logr"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

// Input is what one run of a hook is given. It is read-only: views and snapshots are immutable and may be shared.
type Input struct {
	// Hook is the name of the hook.
	Hook string
	// Module is the name of its module; "" for a global hook.
	Module string
	// Key is the key of its section of values; values.Global for a global hook.
	Key string
	// Cause is what led to the run, for provenance.
	Cause string
	// Values is the effective section of the hook's module, or the global one for a global hook.
	Values values.View
	// Global is the effective global section.
	Global values.View
	// Config and GlobalConfig are the same two sections of the configuration alone.
	Config, GlobalConfig values.View
	// Contexts are the reasons of the run, in order.
	Contexts []Context
	// Snapshots are the objects of all watches of the hook, as of now.
	Snapshots Snapshots
	// Log takes the hook's log lines; it should already carry the hook's and the module's name.
	Log logr.Logger
}

// Snapshot is the snapshot of a watch of the hook; empty for an unknown name.
func (in *Input) Snapshot(watch string) kubeevents.Snapshot {
	if s, ok := in.Snapshots[watch]; ok {
		return s
	}
	for i := range in.Contexts {
		if s, ok := in.Contexts[i].Snapshots[watch]; ok {
			return s
		}
	}
	return kubeevents.Snapshot{}
}

// Global hooks have one section for both: their own.
func (in *Input) isGlobal() bool { return in.Key == values.Global }
