package hooks

import (
	"context"
	"slices"
)

// Source gives the hooks of a module. It is asked when the module is first enabled, and again when its files have
// changed.
type Source interface {
	// Hooks returns the hooks, sorted by name. With an error, which names every hook that is at fault and the
	// remedy, the good ones are returned nonetheless. Safe for concurrent use.
	Hooks(ctx context.Context) ([]Hook, error)
}

// Static is a source of given hooks.
func Static(h ...Hook) Source { return static(slices.Clone(h)) }

type static []Hook

func (s static) Hooks(context.Context) ([]Hook, error) { return slices.Clone(s), nil }
