package addon

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/addonkit/addonkit/addon/internal/hookmetrics"
	"github.com/addonkit/addonkit/queue"
)

// metrics are the operator's own. Their labels are bounded by the modules and
// their hooks.
type metrics struct {
	op       *Operator
	gatherer prometheus.Gatherer // nil: the host serves what it registered
	hooks    *prometheus.Registry

	moduleSeconds *prometheus.HistogramVec
	moduleErrors  *prometheus.CounterVec
	hookSeconds   *prometheus.HistogramVec
	hookErrors    *prometheus.CounterVec
	hookSuccess   *prometheus.CounterVec

	moduleInfo  *prometheus.Desc
	queueLength *prometheus.Desc
	queueAge    *prometheus.Desc
}

var seconds = []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10, 60}

func newMetrics(o *Operator) (*metrics, error) {
	prefix := o.opts.MetricsPrefix
	o.hookMetrics = hookmetrics.New(prefix, o.log)
	m := &metrics{
		op: o, hooks: prometheus.NewRegistry(),
		moduleSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: prefix + "module_run_seconds", Buckets: seconds,
			Help: "Seconds that attempts of a module took, hooks and release included."}, []string{"module"}),
		moduleErrors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + "module_run_errors_total",
			Help: "Attempts of a module that failed."}, []string{"module"}),
		hookSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: prefix + "hook_run_seconds", Buckets: seconds,
			Help: "Seconds that runs of a hook took, its effects included."}, []string{"module", "hook"}),
		hookErrors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + "hook_run_errors_total",
			Help: "Runs of a hook that failed."}, []string{"module", "hook"}),
		hookSuccess: prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + "hook_run_success_total",
			Help: "Runs of a hook that succeeded."}, []string{"module", "hook"}),
		moduleInfo: prometheus.NewDesc(prefix+"module_info",
			"1 for the phase that a module is in.", []string{"module", "phase"}, nil),
		queueLength: prometheus.NewDesc(prefix+"tasks_queue_length",
			"Tasks in a queue, the running one included.", []string{"queue"}, nil),
		queueAge: prometheus.NewDesc(prefix+"tasks_queue_head_seconds",
			"Seconds since the task at the head of a queue was added.", []string{"queue"}, nil),
	}
	registerer := o.opts.Metrics
	if registerer == nil {
		registry := prometheus.NewRegistry()
		registerer, m.gatherer = registry, registry
	}
	m.hooks.MustRegister(o.hookMetrics)
	for _, c := range []prometheus.Collector{m.moduleSeconds, m.moduleErrors, m.hookSeconds, m.hookErrors, m.hookSuccess, m} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("addon: register metrics: %w; give each operator its own Metrics or MetricsPrefix", err)
		}
	}
	return m, nil
}

func (m *metrics) moduleRan(module string, begun time.Time, err error) {
	m.moduleSeconds.WithLabelValues(module).Observe(time.Since(begun).Seconds())
	if err != nil {
		m.moduleErrors.WithLabelValues(module).Inc()
	}
}

func (m *metrics) hookRan(h *hook, begun time.Time, err error) {
	m.hookSeconds.WithLabelValues(h.unit.module, h.Name).Observe(time.Since(begun).Seconds())
	if err != nil {
		m.hookErrors.WithLabelValues(h.unit.module, h.Name).Inc()
		return
	}
	m.hookSuccess.WithLabelValues(h.unit.module, h.Name).Inc()
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	out <- m.moduleInfo
	out <- m.queueLength
	out <- m.queueAge
}

// Collect implements prometheus.Collector for what is read when asked.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	for _, s := range m.op.Status() {
		out <- prometheus.MustNewConstMetric(m.moduleInfo, prometheus.GaugeValue, 1, s.Name, string(s.Phase))
	}
	inspector, ok := m.op.queue.(queue.Inspector)
	if !ok {
		return
	}
	for _, q := range inspector.Queues() {
		out <- prometheus.MustNewConstMetric(m.queueLength, prometheus.GaugeValue, float64(q.Length), q.Name)
		out <- prometheus.MustNewConstMetric(m.queueAge, prometheus.GaugeValue, time.Since(q.Head.Added).Seconds(), q.Name)
	}
}
