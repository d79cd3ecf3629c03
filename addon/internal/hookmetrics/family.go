package hookmetrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/addonkit/addonkit/hooks"
)

// family is every series of one metric name.
type family struct {
	name   string
	action hooks.MetricAction
	series map[string]*series // by labels and group
}

type series struct {
	labels  map[string]string
	group   string
	value   float64
	count   uint64
	buckets map[float64]uint64
}

func (f *family) keep(m hooks.Metric, labels map[string]string) error {
	if m.Value == nil {
		return fmt.Errorf("action %q needs a value", m.Action)
	}
	one := f.at(labels, m.Group)
	switch m.Action {
	case hooks.MetricAdd:
		one.value += *m.Value
	case hooks.MetricSet:
		one.value = *m.Value
	case hooks.MetricObserve:
		return one.observe(*m.Value, m.Buckets)
	default:
		return fmt.Errorf("unknown action %q", m.Action)
	}
	return nil
}

func (f *family) at(labels map[string]string, group string) *series {
	var key strings.Builder
	key.WriteString(group)
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if labels[name] != "" { // an empty label is no label
			fmt.Fprintf(&key, "\x00%s\x00%s", name, labels[name])
		}
	}
	one := f.series[key.String()]
	if one == nil {
		one = &series{labels: labels, group: group}
		f.series[key.String()] = one
	}
	return one
}

func (s *series) observe(value float64, buckets []float64) error {
	if s.buckets == nil {
		s.buckets = map[float64]uint64{}
		for _, b := range buckets {
			s.buckets[b] = 0
		}
	}
	for b := range s.buckets {
		if value <= b {
			s.buckets[b]++
		}
	}
	s.count++
	s.value += value
	return nil
}

// collect sends the series with one set of label names, as Prometheus wants
// them. Two groups that report the same labels would collide: the first wins.
func (f *family) collect(out chan<- prometheus.Metric) {
	names := map[string]bool{}
	for _, one := range f.series {
		for name := range one.labels {
			names[name] = true
		}
	}
	labelNames := slices.Sorted(maps.Keys(names))
	desc := prometheus.NewDesc(f.name, "Reported by hooks.", labelNames, nil)
	sent := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(f.series)) {
		one := f.series[key]
		var values []string
		for _, name := range labelNames {
			values = append(values, strings.ToValidUTF8(one.labels[name], "�"))
		}
		id := strings.Join(values, "\x00")
		if sent[id] {
			continue
		}
		sent[id] = true
		if metric, err := one.metric(desc, f.action, values); err == nil {
			out <- metric
		}
	}
}

func (s *series) metric(desc *prometheus.Desc, action hooks.MetricAction, labels []string) (prometheus.Metric, error) {
	switch action {
	case hooks.MetricAdd:
		return prometheus.NewConstMetric(desc, prometheus.CounterValue, s.value, labels...)
	case hooks.MetricObserve:
		return prometheus.NewConstHistogram(desc, s.count, s.value, maps.Clone(s.buckets), labels...)
	default:
		return prometheus.NewConstMetric(desc, prometheus.GaugeValue, s.value, labels...)
	}
}
