package helmclienttest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/internal/decide"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
)

var (
	_ helmclient.Client        = (*Fake)(nil)
	_ helmclient.HealthWatcher = (*Fake)(nil)
)

// Fake is a Client in memory. The exported fields may be set before the first call.
type Fake struct {
	// Instance is who this client is. Default "addonkit".
	Instance string
	// Template describes the cluster that charts see. Revision and Upgrade are ignored.
	Template helmclient.TemplateOptions
	// Before is called at the start of every call, outside of any lock. It may block, and an error it
	// returns is the call's.
	Before func(context.Context, Call) error

	state *state
}

// Call is one call of a client's method.
type Call struct {
	Method          string // Apply, Render, Status, List or Delete
	Namespace, Name string
	Cause           string
}

// state is the cluster, shared by the clients that work on it.
type state struct {
	mu            sync.Mutex
	releases      map[string][]*revision        // by namespace/name, oldest first
	objects       map[helmclient.Object]*object // what is in the cluster; without versions
	hooks         []string                      // events and names, in the order they ran
	calls         []Call
	health        map[string]helmclient.Health
	healthChanged chan struct{} // closed at a change
}

type revision struct {
	status  helmclient.Status
	objects []*unstructured.Unstructured
	hooks   []helmclient.Hook
}

type object struct {
	content *unstructured.Unstructured
	release string // namespace/name; "" when it belongs to none
}

// New returns a client on a cluster of its own.
func New() *Fake {
	return &Fake{state: &state{releases: map[string][]*revision{}, objects: map[helmclient.Object]*object{},
		health: map[string]helmclient.Health{}, healthChanged: make(chan struct{})}}
}

// Another returns a client of another instance on the same cluster.
func (f *Fake) Another(instance string) *Fake {
	return &Fake{Instance: instance, Template: f.Template, state: f.state}
}

// Apply implements [helmclient.Client].
func (f *Fake) Apply(ctx context.Context, r helmclient.Request) (helmclient.Result, error) {
	if err := f.enter(ctx, Call{"Apply", r.Namespace, r.Name, r.Cause}); err != nil {
		return failed(r.Namespace, r.Name, helmclient.PhaseCheck, "", err)
	}
	if err := r.Validate(); err != nil {
		return failed(r.Namespace, r.Name, helmclient.PhaseCheck, helmclient.ReasonInvalidRequest, err)
	}
	inputs, err := digest(r)
	if err != nil {
		return failed(r.Namespace, r.Name, helmclient.PhaseCheck, helmclient.ReasonInvalidRequest, err)
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	key := r.Namespace + "/" + r.Name
	last := f.newest(key)
	rule := decide.Release(f.observe(last, inputs, r.Repair, r.TakeOver))
	res := helmclient.Result{Revision: last.Revision, Reason: rule.Why, Digest: inputs}
	switch rule.Then {
	case decide.Skip:
		res.Action = helmclient.Skipped
		return res, nil
	case decide.Repair:
		all := f.state.releases[key]
		res.Changes = f.put(key, all[len(all)-1].objects)
		res.Action = helmclient.Repaired
		if len(res.Changes) == 0 {
			res.Action = helmclient.Skipped
		}
		return res, nil
	case decide.Refuse:
		return failed(r.Namespace, r.Name, helmclient.PhaseCheck, helmclient.ReasonForeign, foreign(last))
	case decide.Install:
		res.Action = helmclient.Installed
	case decide.Recover:
		res.Action = helmclient.Recovered
	default:
		res.Action = helmclient.Upgraded
	}
	return f.revise(ctx, r, res)
}

func (f *Fake) revise(ctx context.Context, r helmclient.Request, res helmclient.Result) (helmclient.Result, error) {
	key := r.Namespace + "/" + r.Name
	rendering, err := f.render(ctx, r)
	if err != nil {
		return helmclient.Result{Action: helmclient.Failed, Revision: res.Revision}, err
	}
	objects, err := parse(rendering.Manifest, r.Namespace)
	if err != nil {
		return failed(r.Namespace, r.Name, helmclient.PhasePlan, helmclient.ReasonInvalidObject, err)
	}
	if err := f.refuse(r, objects); err != nil {
		return failed(r.Namespace, r.Name, helmclient.PhasePlan, helmclient.ReasonOwned, err)
	}
	upgrade := f.everGood(key)
	res.Revision++
	f.runHooks(r, rendering, upgrade, "pre")
	res.Changes = append(f.put(key, objects), f.prune(key, objects)...)
	f.runHooks(r, rendering, upgrade, "post")
	f.record(r, &revision{objects: objects, hooks: rendering.Hooks, status: helmclient.Status{
		Name: r.Name, Namespace: r.Namespace, Revision: res.Revision, State: "deployed",
		Instance: f.instance(), Digest: res.Digest, Updated: time.Now(),
	}})
	return res, nil
}

// Render implements [helmclient.Client].
func (f *Fake) Render(ctx context.Context, r helmclient.Request) (helmclient.Rendering, error) {
	if err := f.enter(ctx, Call{"Render", r.Namespace, r.Name, r.Cause}); err != nil {
		_, err = failed(r.Namespace, r.Name, helmclient.PhaseCheck, "", err)
		return helmclient.Rendering{}, err
	}
	if err := r.Validate(); err != nil {
		_, err = failed(r.Namespace, r.Name, helmclient.PhaseCheck, helmclient.ReasonInvalidRequest, err)
		return helmclient.Rendering{}, err
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	return f.render(ctx, r)
}

// Status implements [helmclient.Client].
func (f *Fake) Status(ctx context.Context, namespace, name string) (helmclient.Status, error) {
	if err := f.enter(ctx, Call{Method: "Status", Namespace: namespace, Name: name}); err != nil {
		_, err = failed(namespace, name, helmclient.PhaseRecord, "", err)
		return helmclient.Status{}, err
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	s := f.newest(namespace + "/" + name)
	if s.Revision == 0 {
		_, err := failed(namespace, name, helmclient.PhaseRecord, helmclient.ReasonNotFound, helmclient.ErrNotFound)
		return s, err
	}
	return s, nil
}

// List implements [helmclient.Client].
func (f *Fake) List(ctx context.Context, namespace string) ([]helmclient.Status, error) {
	if err := f.enter(ctx, Call{Method: "List", Namespace: namespace}); err != nil {
		_, err = failed(namespace, "*", helmclient.PhaseRecord, "", err)
		return nil, err
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	out := []helmclient.Status{}
	for _, key := range slices.Sorted(maps.Keys(f.state.releases)) {
		if namespace == "" || strings.HasPrefix(key, namespace+"/") {
			out = append(out, f.newest(key))
		}
	}
	return out, nil
}

// Delete implements [helmclient.Client].
func (f *Fake) Delete(ctx context.Context, r helmclient.DeleteRequest) (helmclient.Result, error) {
	if err := f.enter(ctx, Call{"Delete", r.Namespace, r.Name, r.Cause}); err != nil {
		return failed(r.Namespace, r.Name, helmclient.PhaseCheck, "", err)
	}
	if r.Name == "" || r.Namespace == "" {
		return failed(r.Namespace, r.Name, helmclient.PhaseCheck, helmclient.ReasonInvalidRequest, errors.New("DeleteRequest.Name or Namespace is missing"))
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	key := r.Namespace + "/" + r.Name
	last := f.newest(key)
	if last.Revision == 0 {
		return helmclient.Result{Action: helmclient.Skipped, Reason: "there is no such release"}, nil
	}
	if f.observe(last, "", false, r.TakeOver).Owner == decide.Foreign && inFlight(last.State) {
		return failed(r.Namespace, r.Name, helmclient.PhaseCheck, helmclient.ReasonForeign, foreign(last))
	}
	res := helmclient.Result{Action: helmclient.Deleted, Reason: r.Cause}
	if r.Orphan {
		for _, o := range f.state.objects {
			if o.release == key {
				o.release = ""
			}
		}
	} else {
		res.Changes = f.prune(key, nil)
	}
	delete(f.state.releases, key)
	return res, nil
}

func (f *Fake) instance() string {
	if f.Instance == "" {
		return "addonkit"
	}
	return f.Instance
}

// enter notes the call and lets the test interfere.
func (f *Fake) enter(ctx context.Context, c Call) error {
	f.state.mu.Lock()
	f.state.calls = append(f.state.calls, c)
	f.state.mu.Unlock()
	if f.Before != nil {
		if err := f.Before(ctx, c); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// newest is the newest revision as this client sees it; the zero Status when there is none.
func (f *Fake) newest(key string) helmclient.Status {
	all := f.state.releases[key]
	if len(all) == 0 {
		return helmclient.Status{}
	}
	s := all[len(all)-1].status
	s.Ours = s.Instance == f.instance()
	return s
}

func (f *Fake) observe(last helmclient.Status, inputs string, repair, takeOver bool) decide.Observation {
	o := decide.Observation{State: last.State, Owner: decide.Foreign, Cluster: true, Repair: repair}
	if last.Ours {
		o.Owner, o.Inputs = decide.Ours, last.Digest == inputs
	} else if takeOver {
		o.Owner = decide.Dead
	}
	return o
}

func (f *Fake) render(ctx context.Context, r helmclient.Request) (helmclient.Rendering, error) {
	key := r.Namespace + "/" + r.Name
	o := f.Template
	o.Revision, o.Upgrade = f.newest(key).Revision+1, f.everGood(key)
	return helmclient.Template(ctx, r, o)
}

func (f *Fake) everGood(key string) bool {
	return slices.ContainsFunc(f.state.releases[key], func(r *revision) bool {
		return r.status.State == "deployed" || r.status.State == "superseded"
	})
}

// record adds a revision, gives the earlier ones their final state and bounds the history.
func (f *Fake) record(r helmclient.Request, rev *revision) {
	key := r.Namespace + "/" + r.Name
	all := f.state.releases[key]
	for _, old := range all {
		switch {
		case inFlight(old.status.State):
			old.status.State = "failed"
		case old.status.State == "deployed":
			old.status.State = "superseded"
		}
	}
	all = append(all, rev)
	keep := r.History
	if keep == 0 {
		keep = 5
	}
	f.state.releases[key] = all[max(0, len(all)-keep):]
}

func failed(namespace, name string, phase helmclient.Phase, reason helmclient.Reason, err error) (helmclient.Result, error) {
	switch {
	case errors.Is(err, context.Canceled):
		reason = helmclient.ReasonCanceled
	case errors.Is(err, context.DeadlineExceeded):
		reason = helmclient.ReasonTimeout
	}
	return helmclient.Result{Action: helmclient.Failed}, &helmclient.Error{Namespace: namespace, Name: name, Phase: phase, Reason: reason, Err: err}
}

func foreign(s helmclient.Status) error {
	owner := "an unknown owner"
	if s.Instance != "" {
		owner = "instance " + s.Instance
	}
	return &helmclient.ForeignError{Revision: s.Revision, State: s.State, Owner: owner}
}

func inFlight(state string) bool {
	return strings.HasPrefix(state, "pending-") || state == "uninstalling"
}

func parse(text, namespace string) ([]*unstructured.Unstructured, error) {
	parsed, err := manifest.Parse(text)
	if err != nil {
		return nil, err
	}
	out := make([]*unstructured.Unstructured, len(parsed))
	for i, o := range parsed {
		if clusterScoped(o.GetKind()) {
			o.SetNamespace("")
		} else if o.GetNamespace() == "" {
			o.SetNamespace(namespace)
		}
		out[i] = o.Unstructured
	}
	return out, nil
}

func refOf(o *unstructured.Unstructured) helmclient.Object {
	return helmclient.Object{APIVersion: o.GetAPIVersion(), Kind: o.GetKind(), Namespace: o.GetNamespace(), Name: o.GetName()}
}

// keyOf leaves the version out, which does not make another object.
func keyOf(o *unstructured.Unstructured) helmclient.Object {
	k := refOf(o)
	k.APIVersion = o.GroupVersionKind().Group
	return k
}
