package hooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/values"
)

// Output is what a run of a hook wants to happen. Nothing happens before the run has ended well.
type Output struct {
	// Values changes the hook's own section in memory; Config changes the configuration and is saved.
	Values, Config Patcher
	// Changes are writes to the cluster, carried out in order.
	Changes []Change
	// Metrics are operations on metrics, applied in order.
	Metrics []Metric
	// Usage is what the run took. It is filled by Call.
	Usage Usage

	errs []error
}

// Usage is what a run took.
type Usage struct {
	// Wall is the time from start to end.
	Wall time.Duration
	// User and System are the CPU times of an executable and the descendants it waited for.
	User, System time.Duration
	// MaxRSS is the peak memory of an executable in bytes.
	MaxRSS int64
}

// Enable asks for a module to be on or off, by the module's name. Only global hooks may; the configuration has the
// last word.
func (out *Output) Enable(module string, on bool) {
	key, err := values.Key(module)
	if err != nil {
		out.errs = append(out.errs, fmt.Errorf("enable %q: %w", module, err))
		return
	}
	out.Values.root(values.Op{Op: "add", Path: "/" + key + "Enabled", Value: on})
}

// Disown withdraws what hooks said with Enable about the module, so that weaker opinions count again.
func (out *Output) Disown(module string) {
	key, err := values.Key(module)
	if err != nil {
		out.errs = append(out.errs, fmt.Errorf("disown %q: %w", module, err))
		return
	}
	out.Values.root(values.Op{Op: "remove", Path: "/" + key + "Enabled"})
}

// Do adds changes as they are.
func (out *Output) Do(changes ...Change) { out.Changes = append(out.Changes, changes...) }

// Create adds the creation of an object, which is a Kubernetes API type or map[string]any; op is Create,
// CreateIfNotExists or CreateOrUpdate.
func (out *Output) Create(op Operation, object any) {
	m, err := asMap(object)
	if err != nil {
		out.errs = append(out.errs, fmt.Errorf("%s: the object cannot be marshalled: %w", op, err))
		return
	}
	c := Change{Operation: op, Object: m}
	c.identify()
	out.Do(c)
}

// Ref names an object. APIVersion may be empty: the version that the server prefers.
type Ref struct{ APIVersion, Kind, Namespace, Name string }

// MergePatch adds a merge patch of an object.
func (out *Output) MergePatch(ref Ref, patch map[string]any) {
	m, err := asMap(patch)
	if err != nil {
		out.errs = append(out.errs, fmt.Errorf("MergePatch: the patch cannot be marshalled: %w", err))
		return
	}
	out.Do(Change{Operation: MergePatch, APIVersion: ref.APIVersion, Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name, MergePatch: m})
}

// Delete adds the deletion of an object in the foreground.
func (out *Output) Delete(ref Ref) {
	out.Do(Change{Operation: Delete, APIVersion: ref.APIVersion, Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name})
}

// Count adds to a counter.
func (out *Output) Count(name string, add float64, labels map[string]string) {
	out.Metrics = append(out.Metrics, Metric{Name: name, Action: MetricAdd, Value: &add, Labels: labels})
}

// Gauge sets a gauge.
func (out *Output) Gauge(name string, value float64, labels map[string]string) {
	out.Metrics = append(out.Metrics, Metric{Name: name, Action: MetricSet, Value: &value, Labels: labels})
}

// validate tells everything that makes the output unfit to take effect.
func (out *Output) validate() error {
	errs := slices.Clone(out.errs)
	errs = append(errs, out.Values.errs...)
	errs = append(errs, out.Config.errs...)
	for i, c := range out.Changes {
		if err := c.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("change %d (%s): %w", i+1, c, err))
		}
	}
	for i, m := range out.Metrics {
		if err := m.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("metric %d (%s): %w", i+1, strconv.Quote(m.Name), err))
		}
	}
	return errors.Join(errs...)
}

// survivors is what of the output of a failed run takes effect nonetheless.
func (out *Output) survivors() *Output {
	kept := &Output{Usage: out.Usage}
	for _, c := range out.Changes {
		if c.IgnoreHookError && c.Validate() == nil {
			kept.Changes = append(kept.Changes, c)
		}
	}
	for _, m := range out.Metrics {
		if m.Validate() == nil {
			kept.Metrics = append(kept.Metrics, m)
		}
	}
	return kept
}

// asMap turns an object into maps, lists and plain values of its own.
func asMap(object any) (map[string]any, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	docs, err := proto.JSONStream(data)
	if err != nil {
		return nil, err
	}
	m, ok := docs[0].(map[string]any)
	if !ok {
		return nil, errors.New("it is no map")
	}
	return m, nil
}
