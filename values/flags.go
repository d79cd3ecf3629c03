package values

import (
	"time"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Flags are the opinions on whether a module is enabled, weakest first; nil is none.
type Flags struct {
	Static *Flag // "<key>Enabled" in a static values file
	Hook   *Flag // a global hook's patch of "/<key>Enabled"
	Config *Flag // "<key>Enabled" in the configuration: the user has the last word
}

// Flag is one opinion with its origin.
type Flag struct {
	Value  bool
	Origin Origin
}

// Origin tells where a value or flag came from.
type Origin struct {
	Layer  Layer
	Source string    // the file, or the hook's name
	Cause  string    // what led to it, as the Change said
	At     time.Time // since when it is so
}

// Flag returns the opinions on a section's module. It does not decide.
func (s *Store) Flag(key string) Flags { return s.state.Load().section(key).flags }

func flagChanged(a, b *Flag) bool {
	return (a == nil) != (b == nil) || a != nil && a.Value != b.Value
}

func publicOrigin(o *tree.Origin) Origin {
	if o == nil {
		return Origin{}
	}
	return Origin{Layer: Layer(o.Layer), Source: o.Source, Cause: o.Cause, At: o.At}
}
