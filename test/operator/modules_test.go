package operator_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

// configMapModules are n modules of one ConfigMap each, with distinct orders.
func configMapModules(n int) []addon.Module {
	var list []addon.Module
	for i := range n {
		name := fmt.Sprintf("unit%d", i)
		list = append(list, addon.Module{Name: name, Order: i, Chart: configMapChart(),
			Values: values.Spec{Static: []values.File{{Name: "values.yaml", Data: fmt.Appendf(nil, "%s: {size: 1}", name)}}}})
	}
	return list
}

// configMapChart makes one ConfigMap that holds the module's values.
func configMapChart() fstest.MapFS {
	return fstest.MapFS{"templates/cm.yaml": {Data: []byte(`
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {values: {{ .Values | toJson | quote }}}
`)}}
}

func noop(context.Context, *hooks.Input, *hooks.Output) error { return nil }

func watchOf(apiVersion, kind string) hooks.Watch {
	return hooks.Watch{Name: "watched", Query: kubeevents.Query{APIVersion: apiVersion, Kind: kind}}
}
