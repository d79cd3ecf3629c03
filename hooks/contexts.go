package hooks

import "slices"

// Contexts turns what has fired into what the hook is told: the context of a grouped binding becomes one of its
// group, contexts are combined as [Combine] does, and each gets the snapshots that belong to it, all taken from the
// one given state. It does not change fired, and completing completed contexts again refreshes their snapshots.
func (h *Hook) Contexts(fired []Context, now Snapshots) []Context {
	told := make([]Context, len(fired))
	for i, c := range fired {
		b := h.binding(c)
		if b.group != "" {
			c = Context{Binding: c.Binding, Type: TypeGroup, Group: b.group}
		}
		c.Snapshots = nil
		if len(b.watches) > 0 || b.group != "" {
			c.Snapshots = make(Snapshots, len(b.watches))
			for _, name := range b.watches {
				c.Snapshots[name] = now[name]
			}
		}
		if c.Type == TypeSynchronization {
			c.Objects = now[c.Binding]
		}
		told[i] = c
	}
	return Combine(told)
}

// Combine collapses consecutive contexts of one group into the last of them. Contexts without a group stay, and
// break the sequence.
func Combine(contexts []Context) []Context {
	var out []Context
	for _, c := range contexts {
		if last := len(out) - 1; last >= 0 && c.Type == TypeGroup && out[last].Type == TypeGroup && out[last].Group == c.Group {
			out[last] = c
			continue
		}
		out = append(out, c)
	}
	return out
}

// delivery is what a binding's contexts are told with.
type delivery struct {
	group   string
	watches []string
}

func (h *Hook) binding(c Context) delivery {
	switch c.Type {
	case TypeMoment:
		if Moment(c.Binding) == Startup {
			return delivery{}
		}
		return delivery{watches: h.watchNames()}
	case TypeSchedule:
		return h.scheduleDelivery(c.Binding)
	case TypeGroup:
		return delivery{group: c.Group, watches: h.Includes(c.Group, h.included(c.Binding))}
	}
	w, _ := h.FindWatch(c.Binding)
	return delivery{group: w.Group, watches: h.Includes(w.Group, w.Include)}
}

func (h *Hook) scheduleDelivery(name string) delivery {
	for _, s := range h.Schedule {
		if s.Name == name {
			return delivery{group: s.Group, watches: h.Includes(s.Group, s.Include)}
		}
	}
	return delivery{}
}

func (h *Hook) included(binding string) []string {
	if w, ok := h.FindWatch(binding); ok {
		return w.Include
	}
	for _, s := range h.Schedule {
		if s.Name == binding {
			return s.Include
		}
	}
	return nil
}

// Includes lists the watches whose snapshots a binding of that group and with that Include list is told with: those
// it includes, then all watches of its group.
func (h *Hook) Includes(group string, include []string) []string {
	names := slices.Clone(include)
	if group == "" {
		return names
	}
	for _, w := range h.Watch {
		if w.Group == group && !slices.Contains(names, w.Name) {
			names = append(names, w.Name)
		}
	}
	return names
}
