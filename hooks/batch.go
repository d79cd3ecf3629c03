package hooks

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/kubeevents"
)

// batchGroup is the group that all kubernetes bindings of a program of many hooks are in.
const batchGroup = "main"

// batchConfig asks for the hooks of a program of many hooks. The second result tells whether it is one.
func (x *executable) batchConfig(ctx context.Context) (hooks []Hook, batch bool, err error) {
	data, err := x.ask(ctx, "hook", "config")
	if err != nil {
		return nil, false, err
	}
	doc, err := proto.Document(data)
	if err != nil {
		return nil, false, err
	}
	list, ok := doc.([]any) // the old form
	if m, isMap := doc.(map[string]any); isMap && m["version"] == "v1" {
		list, ok = m["hooks"].([]any)
	}
	if !ok {
		return nil, false, fmt.Errorf("%s hook config: printed no list of hooks", x.path)
	}
	bad := &proto.Violations{}
	for i, item := range list {
		h := readBatchHook(proto.NewObject(fmt.Sprintf("hooks[%d]", i), item, bad), x, i)
		h.checkNames(bad)
		hooks = append(hooks, h)
	}
	if err := bad.Err(); err != nil {
		return nil, true, fmt.Errorf("%s hook config: %w", x.path, err)
	}
	return hooks, true, nil
}

// readBatchHook reads one hook of the list. Unknown fields are let pass: the program was built with a library that
// may know more than we do.
func readBatchHook(o *proto.Object, x *executable, i int) Hook {
	h := Hook{AllowFailure: o.Bool("allowFailure", false)}
	name, index := orElse(o.Object("metadata").String("name"), "hook"), strconv.Itoa(i)
	h.Name = x.name + ":" + name + ":" + index
	if x.o.Global {
		h.Name = x.name + "-" + name + "-" + index
	}
	settings := o.Object("settings")
	h.MinInterval = readNanoseconds(settings, "executionMinInterval")
	h.Burst, _ = settings.Int("executionBurst")
	h.readMoments(o, x.o.Global)
	for _, s := range o.Objects("schedule") {
		h.Schedule = append(h.Schedule, readSchedule(s.Lenient()))
	}
	for _, w := range o.Objects("kubernetes") {
		h.Watch = append(h.Watch, readBatchWatch(w.Lenient()))
	}
	x.complete(&h)
	h.Run = func(ctx context.Context, in *Input, out *Output) error {
		told, err := json.Marshal(in.Contexts)
		if err != nil {
			return fmt.Errorf("the contexts of the run cannot be written as JSON: %w", err)
		}
		return x.once(ctx, in, told, out, "hook", "run", index)
	}
	return h
}

// readBatchWatch reads a kubernetes binding, in which executeHookOnEvent is true or false.
func readBatchWatch(o *proto.Object) Watch {
	never := o.Any("executeHookOnEvent") == false
	if _, flag := o.Any("executeHookOnEvent").(bool); flag {
		o.Drop("executeHookOnEvent")
	}
	w := readWatch(o)
	w.Group = batchGroup
	if never {
		w.Events = []kubeevents.EventType{}
	}
	return w
}

func readNanoseconds(o *proto.Object, key string) time.Duration {
	if _, text := o.Any(key).(string); text {
		return readDuration(o, key)
	}
	n, _ := o.Int(key)
	return time.Duration(n)
}
