// Package hookmetrics keeps the metrics that hooks report and serves them to
// Prometheus.
//
// Metrics of a group live until the group is reported again or expired: a run
// that mentions a group replaces all of it. Metrics without a group live for
// good and their counters accumulate. Label sets of one name may differ;
// missing labels are empty. A metric that cannot be kept (another type under
// a name in use, a label that Prometheus refuses) is refused alone, so no hook
// can break the page for others.
package hookmetrics

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/addonkit/addonkit/hooks"
)

// What every version of Prometheus reads without quotes.
var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// Store is a prometheus.Collector of hook metrics. It is safe for concurrent
// use.
type Store struct {
	prefix string
	log    logr.Logger

	mu       sync.Mutex
	families map[string]*family
}

var _ prometheus.Collector = (*Store)(nil)

// New makes an empty store. The prefix replaces {PREFIX} in names.
func New(prefix string, log logr.Logger) *Store {
	return &Store{prefix: prefix, log: log, families: map[string]*family{}}
}

// Apply takes the metrics of one run. The labels hook and, for a module's
// hook, module are added.
func (s *Store) Apply(module, hook string, metrics []hooks.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	renewed := map[string]bool{}
	for _, m := range metrics {
		if m.Group != "" && (m.Action == hooks.MetricExpire || !renewed[m.Group]) {
			s.expire(m.Group)
			renewed[m.Group] = true
		}
		if m.Action == hooks.MetricExpire {
			continue
		}
		labels := maps.Clone(m.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		labels["hook"] = hook
		if module != "" {
			labels["module"] = module
		}
		if err := s.keep(m, labels); err != nil {
			s.log.Error(err, "metric refused", "module", module, "hook", hook, "metric", m.Name)
		}
	}
}

func (s *Store) expire(group string) {
	for _, f := range s.families {
		maps.DeleteFunc(f.series, func(_ string, one *series) bool { return one.group == group })
	}
}

func (s *Store) keep(m hooks.Metric, labels map[string]string) error {
	name := strings.ReplaceAll(m.Name, "{PREFIX}", s.prefix)
	if !metricName.MatchString(name) {
		return fmt.Errorf("%q is no metric name; use letters, digits, _ and :", name)
	}
	for label := range labels {
		if !labelName.MatchString(label) || strings.HasPrefix(label, "__") {
			return fmt.Errorf("%q is no label name; use letters, digits and _", label)
		}
	}
	f := s.families[name]
	if f == nil || len(f.series) == 0 {
		f = &family{name: name, action: m.Action, series: map[string]*series{}}
		s.families[name] = f
	}
	if f.action != m.Action {
		return fmt.Errorf("the name is in use by a metric of action %q; choose another name than for %q", f.action, m.Action)
	}
	return f.keep(m, labels)
}

// Describe sends nothing: the store is an unchecked collector, since hooks may
// bring any name.
func (s *Store) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s *Store) Collect(out chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.families)) {
		s.families[name].collect(out)
	}
}
