package hookmetrics_test

import (
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/addon/internal/hookmetrics"
	"github.com/addonkit/addonkit/hooks"
)

// runs are what a sequence of hook runs reports, line by line as in the file
// that executables write; the page is what Prometheus then sees.
func TestPage(t *testing.T) {
	for _, test := range []struct {
		name string
		runs []string
		page string
	}{
		{"a gauge is set", []string{
			`{"name":"orders","action":"set","value":7,"labels":{"state":"new"}}`,
		}, `
# HELP orders Reported by hooks.
# TYPE orders gauge
orders{hook="h",module="shop",state="new"} 7
`},
		{"a counter accumulates over runs, in fractions too", []string{
			`{"name":"runs","action":"add","value":0.5}`,
			`{"name":"runs","action":"add","value":1}`,
		}, `
# HELP runs Reported by hooks.
# TYPE runs counter
runs{hook="h",module="shop"} 1.5
`},
		{"a group is replaced as a whole, other groups stay", []string{
			`{"name":"a","action":"set","value":1,"group":"g"} {"name":"b","action":"set","value":1,"group":"g"} {"name":"c","action":"set","value":1}`,
			`{"name":"a","action":"set","value":2,"group":"g"}`,
		}, `
# HELP a Reported by hooks.
# TYPE a gauge
a{hook="h",module="shop"} 2
# HELP c Reported by hooks.
# TYPE c gauge
c{hook="h",module="shop"} 1
`},
		{"expire empties a group", []string{
			`{"name":"a","action":"set","value":1,"group":"g"} {"name":"b","action":"set","value":1}`,
			`{"group":"g","action":"expire"}`,
		}, `
# HELP b Reported by hooks.
# TYPE b gauge
b{hook="h",module="shop"} 1
`},
		{"label sets of one name may differ", []string{
			`{"name":"a","action":"set","value":1,"labels":{"x":"1"}} {"name":"a","action":"set","value":2,"labels":{"y":"1"}}`,
		}, `
# HELP a Reported by hooks.
# TYPE a gauge
a{hook="h",module="shop",x="",y="1"} 2
a{hook="h",module="shop",x="1",y=""} 1
`},
		{"a histogram counts into its buckets", []string{
			`{"name":"s","action":"observe","value":0.4,"buckets":[0.1,1,5]} {"name":"s","action":"observe","value":3,"buckets":[0.1,1,5]}`,
		}, `
# HELP s Reported by hooks.
# TYPE s histogram
s_bucket{hook="h",module="shop",le="0.1"} 0
s_bucket{hook="h",module="shop",le="1"} 1
s_bucket{hook="h",module="shop",le="5"} 2
s_bucket{hook="h",module="shop",le="+Inf"} 2
s_sum{hook="h",module="shop"} 3.4
s_count{hook="h",module="shop"} 2
`},
		{"what cannot be kept is refused alone", []string{
			`{"name":"a","action":"set","value":1} {"name":"bad name","action":"set","value":1} {"name":"l","action":"set","value":1,"labels":{"bad-label":"1"}}`,
			`{"name":"a","action":"add","value":1}`,
		}, `
# HELP a Reported by hooks.
# TYPE a gauge
a{hook="h",module="shop"} 1
`},
		{"the prefix is filled in", []string{
			`{"name":"{PREFIX}x","action":"set","value":1}`,
		}, `
# HELP pre_x Reported by hooks.
# TYPE pre_x gauge
pre_x{hook="h",module="shop"} 1
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := hookmetrics.New("pre_", logr.Discard())
			for _, run := range test.runs {
				metrics, err := hooks.ParseMetrics([]byte(run))
				require.NoError(t, err)
				store.Apply("shop", "h", metrics)
			}
			registry := prometheus.NewRegistry()
			registry.MustRegister(store)
			require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(test.page)))
		})
	}
}

func TestGlobalHookHasNoModuleLabel(t *testing.T) {
	store := hookmetrics.New("", logr.Discard())
	one := 1.0
	store.Apply("", "h", []hooks.Metric{{Name: "a", Action: hooks.MetricSet, Value: &one}})
	registry := prometheus.NewRegistry()
	registry.MustRegister(store)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader("# HELP a Reported by hooks.\n# TYPE a gauge\na{hook=\"h\"} 1\n")))
}
