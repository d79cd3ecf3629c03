package addon

import "time"

// Phase says in one word what a module is at.
type Phase string

// The phases of a module.
const (
	Disabled Phase = "Disabled" // nothing of it is in place
	Waiting  Phase = "Waiting"  // enabled, held back by order, by a need or by a watch
	Running  Phase = "Running"  // its hooks or its release are at work
	Ready    Phase = "Ready"    // applied, and nothing to do
	Failed   Phase = "Failed"   // the last attempt failed; it will be tried again
	Deleting Phase = "Deleting" // being taken away
	Stalled  Phase = "Stalled"  // cannot run until its definition changes
)

// ModuleStatus is what an operator knows of one module at a moment.
type ModuleStatus struct {
	Name  string `json:"name"`
	Phase Phase  `json:"phase"`
	// Enabled is the last decision, EnabledBy who took it ("default", "static",
	// "hook", "config", "script"), EnabledReason what they said about it.
	Enabled       bool   `json:"enabled"`
	EnabledBy     string `json:"enabledBy,omitempty"`
	EnabledReason string `json:"enabledReason,omitempty"`
	// Revision is that of the release; 0: there is none.
	Revision int `json:"revision"`
	// Message tells what happened last, or why the module is where it is.
	// It never holds a value.
	Message string `json:"message,omitempty"`
	// ConfigError tells why the module's section of the configuration is
	// refused; the last good one is in force meanwhile.
	ConfigError string `json:"configError,omitempty"`
	// WaitingFor names modules and watches.
	WaitingFor []string `json:"waitingFor,omitempty"`
	// Attempts counts the failures since the last success.
	Attempts int `json:"attempts,omitempty"`
	// LastChange is when the phase or the revision changed.
	LastChange time.Time `json:"lastChange,omitzero"`
}
