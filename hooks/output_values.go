package hooks

import "github.com/addonkit/addonkit/values"

// ValuesChange is what the hook wants of values: its own section and, for global hooks, flags of modules.
func (out *Output) ValuesChange(in *Input) values.Change {
	return values.Change{
		Section: in.Key,
		Memory:  out.Values.patch(in.Key),
		Config:  out.Config.patch(in.Key),
		Source:  in.Hook,
		Cause:   in.Cause,
	}
}
