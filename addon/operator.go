package addon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-logr/logr"

	"github.com/addonkit/addonkit/addon/internal/hookmetrics"
	"github.com/addonkit/addonkit/addon/internal/kubewrite"
	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/values"
)

// ErrRunTwice is returned by a second Run of one Operator.
var ErrRunTwice = errors.New("addon: Run was called before; make a new Operator")

// Operator keeps the releases of its modules in step with their values. All
// methods are safe for concurrent use.
type Operator struct {
	opts Options
	log  logr.Logger

	store       *values.Store
	config      values.Source
	watcher     *kubeevents.Watcher
	helm        helmclient.Client
	queue       queue.Runner
	writer      *kubewrite.Writer
	metrics     *metrics
	hookMetrics *hookmetrics.Store
	schedules   *schedules
	engine      *engine
	board       *board

	modules map[string]*module // fixed by New
	byKey   map[string]*module
	global  *unit

	running    atomic.Bool
	ctx        context.Context // of Run; set before anything runs
	background sync.WaitGroup  // what tasks left running; ends with ctx
	configured sync.Once

	enabled enabledList
}

// New checks everything that needs no cluster. It starts nothing, runs no hook
// and asks no server. What is wrong with one module is that module's state
// (Stalled); an error is about the Options as a whole.
func New(opts Options) (*Operator, error) {
	opts = opts.withDefaults()
	if opts.Namespace == "" {
		return nil, errors.New("addon: Options.Namespace is empty; name the namespace of the configuration and of the releases")
	}
	clients, err := opts.clients()
	if err != nil {
		return nil, err
	}
	o := &Operator{opts: opts, log: opts.Log, store: values.NewStore(values.Options{}), board: newBoard()}
	if err := o.connect(clients); err != nil {
		return nil, err
	}
	if err := o.store.SetSection(values.Global, opts.Global.Values); err != nil {
		return nil, fmt.Errorf("addon: global values: %w", err)
	}
	o.global = &unit{op: o, key: values.Global, queue: mainQueue, source: opts.Global.Hooks,
		wake: func(cause string) { o.add(queue.Task{Queue: mainQueue, Kind: kindStart, Cause: cause}, payload{}) }}
	state, err := o.addModules(opts.Modules)
	if err != nil {
		return nil, err
	}
	o.engine = newEngine(state, opts.OrderTimeout, o.step, o.saw)
	o.schedules = newSchedules()
	if o.metrics, err = newMetrics(o); err != nil {
		return nil, err
	}
	return o, nil
}

// Run does the work until ctx ends, then stops everything that it started and
// returns nil. It may be called once. An error means that the operator cannot
// go on at all; the failure of a module or of the cluster never is one.
//
// Its type fits errgroup and controller-runtime's manager.RunnableFunc.
func (o *Operator) Run(ctx context.Context) error {
	if !o.running.CompareAndSwap(false, true) {
		return ErrRunTwice
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	o.ctx = ctx
	o.log.Info("operator starts", "modules", len(o.modules), "namespace", o.opts.Namespace, "instance", o.opts.Instance)

	var parts sync.WaitGroup
	part := func(name string, run func(context.Context) error) {
		parts.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("addon: %s: %w", name, err))
			}
		})
	}
	part("watches", o.watcher.Run)
	part("schedules", o.schedules.run)
	part("configuration", func(ctx context.Context) error { return o.config.Watch(ctx, o.setConfig) })
	if r, ok := o.helm.(interface{ Run(context.Context) error }); ok {
		part("releases", r.Run)
	}
	part("queue", func(ctx context.Context) error { return o.queue.Run(ctx, o.handle) })

	<-ctx.Done()
	parts.Wait()
	o.engine.end()
	o.background.Wait()
	o.log.Info("operator stopped")
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil
}

// step carries one step of the plan out: a task for a queue, never more.
func (o *Operator) step(s plan.Step) {
	switch s := s.(type) {
	case plan.RunBeforeAll:
		o.add(queue.Task{Queue: mainQueue, Kind: kindBeforeAll, Priority: queue.Wake, Cause: s.Cause}, payload{})
	case plan.Decide:
		o.add(queue.Task{Queue: decideQueue, Kind: kindDecide, Cause: "converge"}, payload{})
	case plan.Run:
		m := o.modules[s.Module]
		o.add(queue.Task{Queue: m.unit.queue, Kind: kindRun, Priority: queue.Wake, Cause: s.Cause}, payload{Module: s.Module, Number: s.Number})
	case plan.Delete:
		m := o.modules[s.Module]
		o.add(queue.Task{Queue: m.unit.queue, Kind: kindDelete, Priority: queue.Urgent, Cause: s.Cause}, payload{Module: s.Module})
	case plan.RunAfterAll:
		o.add(queue.Task{Queue: mainQueue, Kind: kindAfterAll, Priority: queue.Wake, Cause: "converge"}, payload{Failed: s.Failed})
	case plan.Finish:
		o.board.converged()
		if s.First {
			o.log.Info("first converge has ended")
			o.schedules.release()
			o.add(queue.Task{Queue: purgeQueue, Kind: kindPurge, Cause: "first converge"}, payload{})
		}
	}
}

// saw notes and logs which modules went from one phase to another.
func (o *Operator) saw(state plan.State) {
	for _, change := range o.board.observe(state) {
		log := o.log.WithValues(logModule, change.Name, logRevision, change.Revision)
		if change.Message != "" {
			log = log.WithValues("message", change.Message)
		}
		log.Info("module is " + string(change.Phase))
	}
}

func (o *Operator) unitOf(module string) *unit {
	if m, ok := o.modules[module]; ok {
		return m.unit
	}
	return o.global
}
