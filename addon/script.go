package addon

import (
	"context"

	"github.com/addonkit/addonkit/hooks"
)

// enabledScript is a module's enabled script as a decider. It may only say no.
func enabledScript(path string, o hooks.ExecOptions) func(context.Context, EnabledInput) (Decision, error) {
	ask := hooks.EnabledScript(path, o)
	return func(ctx context.Context, in EnabledInput) (Decision, error) {
		enabled, reason, err := ask(ctx, in.Config, in.Values)
		if err != nil {
			return Decision{}, err
		}
		return Decision{Enabled: &enabled, Reason: reason}, nil
	}
}
