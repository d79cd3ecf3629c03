package hooks

import (
	"fmt"
	"math"
	"slices"

	"github.com/addonkit/addonkit/hooks/internal/proto"
)

// MetricAction is what a [Metric] does.
type MetricAction string

// The actions.
const (
	MetricAdd     MetricAction = "add"     // adds to a counter
	MetricSet     MetricAction = "set"     // sets a gauge
	MetricObserve MetricAction = "observe" // adds an observation to a histogram
	MetricExpire  MetricAction = "expire"  // removes all metrics of a group
)

// Metric is one operation on the metrics of a hook. The operations of a run apply in order; before the first one of a
// group, what earlier runs left in that group is removed. Metrics without a group stay and counters accumulate.
type Metric struct {
	// Name is the name of the metric; {PREFIX} in it becomes the operator's prefix.
	Name   string            `json:"name,omitempty"`
	Action MetricAction      `json:"action"`
	Value  *float64          `json:"value,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	// Group joins metrics that are given anew as a whole by each run that gives any of them.
	Group string `json:"group,omitempty"`
	// Buckets are the upper bounds of a histogram, ascending.
	Buckets []float64 `json:"buckets,omitempty"`
}

// ParseMetrics reads what an executable wrote to METRICS_PATH: a stream of JSON documents, each one operation or a
// list of them. All is taken or nothing; the error tells all violations by the number of the document, from 1.
func ParseMetrics(data []byte) ([]Metric, error) {
	docs, err := proto.JSONStream(data)
	if err != nil {
		return nil, err
	}
	bad := &proto.Violations{}
	var metrics []Metric
	for i, doc := range docs {
		path := fmt.Sprintf("document %d", i+1)
		list, ok := doc.([]any)
		if !ok {
			metrics = append(metrics, readMetric(path, doc, bad))
			continue
		}
		for j, item := range list {
			metrics = append(metrics, readMetric(fmt.Sprintf("%s[%d]", path, j), item, bad))
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return metrics, nil
}

// Validate tells everything that is wrong with the operation by itself.
func (m Metric) Validate() error {
	bad := &proto.Violations{}
	m.check("", bad)
	return bad.Err()
}

func readMetric(path string, doc any, bad *proto.Violations) Metric {
	o := proto.NewObject(path, doc, bad)
	if o == nil {
		return Metric{}
	}
	m := Metric{
		Name:    o.String("name"),
		Action:  MetricAction(o.String("action")),
		Value:   number(o, "value"),
		Labels:  o.StringMap("labels"),
		Group:   o.String("group"),
		Buckets: readBuckets(o),
	}
	m.readShortcut(o, "add", "set")
	m.readShortcut(o, "set", "add")
	o.Close()
	m.check(path, bad)
	return m
}

// readShortcut reads the old form {"add": 1} of {"action": "add", "value": 1}.
func (m *Metric) readShortcut(o *proto.Object, key, other string) {
	value := number(o, key)
	switch {
	case value == nil:
	case o.Has(other) || o.Has("action") || o.Has("value"):
		o.Bad(key, "is an old form and cannot stand beside action, value, add or set; give action and value only")
	default:
		m.Action, m.Value = MetricAction(key), value
	}
}

func (m *Metric) check(path string, bad *proto.Violations) {
	at := func(field string) string { return join(path, field) }
	known := []string{string(MetricAdd), string(MetricSet), string(MetricObserve), string(MetricExpire)}
	if !slices.Contains(known, string(m.Action)) {
		bad.Add(at("action"), "must be add, set, observe or expire, is %q%s", m.Action, proto.DidYouMean(string(m.Action), known))
		return
	}
	if m.Action == MetricExpire {
		if m.Group == "" {
			bad.Add(at("group"), "is required by expire")
		}
		return
	}
	if m.Name == "" {
		bad.Add(at("name"), "is required")
	}
	switch {
	case m.Value == nil:
		bad.Add(at("value"), "is required by %s", m.Action)
	case math.IsNaN(*m.Value) || math.IsInf(*m.Value, 0):
		bad.Add(at("value"), "must be a finite number")
	case m.Action == MetricAdd && *m.Value < 0:
		bad.Add(at("value"), "a counter cannot go down; use set")
	}
	if m.Action != MetricObserve {
		return
	}
	if len(m.Buckets) == 0 {
		bad.Add(at("buckets"), "is required by observe")
	}
	for i := 1; i < len(m.Buckets); i++ {
		if m.Buckets[i] <= m.Buckets[i-1] {
			bad.Add(at("buckets"), "must ascend")
			break
		}
	}
}

func number(o *proto.Object, key string) *float64 {
	if n, ok := o.Number(key); ok {
		return &n
	}
	return nil
}

func readBuckets(o *proto.Object) []float64 {
	var buckets []float64
	for i, v := range o.List("buckets") {
		switch n := v.(type) {
		case int64:
			buckets = append(buckets, float64(n))
		case float64:
			buckets = append(buckets, n)
		default:
			o.Bad(fmt.Sprintf("buckets[%d]", i), "must be a number")
		}
	}
	return buckets
}
