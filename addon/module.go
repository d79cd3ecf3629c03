package addon

import (
	"context"
	"io/fs"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/values"
)

// Module is a Helm chart, the values it starts from and the hooks that
// discover further ones. The zero value of each field works but for Name.
type Module struct {
	// Name is kebab-case. It names the release; the module's values live under
	// the camelCase form of it.
	Name string
	// Namespace is where the release lives; "": Options.Namespace.
	Namespace string
	// Order says when the module starts in a converge: lower orders first,
	// equal orders together. It is soft: a lower order that fails or hangs
	// holds back nobody for good.
	Order int
	// Needs holds the module back until each of them is met.
	Needs []Need

	// Chart holds the chart's files: Dir, embed.FS, fstest.MapFS, … With
	// templates/ but no Chart.yaml a chart is made up around them. nil: the
	// module has hooks only.
	Chart fs.FS
	// IgnoreCRDs are prefixes of file names in the chart's crds/ that hold no
	// definitions. Default: none; LoadModules sets those of addon-operator.
	IgnoreCRDs []string
	// Values are static values and schemas.
	Values values.Spec
	// FlatValues lets the chart see the module's own section at its top level,
	// so that a public chart runs unchanged; of the global values it sees those
	// that Globals names, under "global". false: the chart sees the section
	// under its key beside the whole of "global", as in addon-operator.
	FlatValues bool
	// Globals are the top-level keys of the global values that a chart with
	// FlatValues sees.
	Globals []string

	// Hooks is asked for the module's hooks when it is first enabled; nil: none.
	Hooks hooks.Source

	// Enabled may veto the module: it is asked in each converge while the module
	// would be on otherwise. nil: no opinion. An error keeps the last decision.
	Enabled func(context.Context, EnabledInput) (Decision, error)
	// OffByDefault decides for a module on which nobody has an opinion: false
	// leaves it on. LoadModules sets it, as addon-operator does.
	OffByDefault bool

	// Err tells why the module could not be loaded: it is Stalled with this
	// reason, and nobody else is harmed.
	Err error
}

// Need is something that must hold before a module starts.
type Need struct {
	// Module must be enabled and have been applied without an error.
	Module string
}

// Decision is an opinion on whether a module is enabled. The zero value is no
// opinion.
type Decision struct {
	Enabled *bool
	// Reason is shown to people; "" when there is nothing to say.
	Reason string
}

// EnabledInput is what a decider sees.
type EnabledInput struct {
	Module string
	// Values are the effective values {"global": …, "<key>": …}. Under
	// global.enabledModules stand the modules enabled so far, in run order.
	Values values.View
	// Config is the configuration alone, of the same shape.
	Config values.View
}

// Global is what all modules share: the global values and global hooks.
type Global struct {
	Values values.Spec
	// Hooks is asked once, when the operator starts; nil: none.
	Hooks hooks.Source
}
