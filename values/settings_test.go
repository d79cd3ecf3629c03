package values_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/values"
)

func TestSettingsTable(t *testing.T) {
	settings, err := values.Settings(values.Spec{ConfigSchema: values.File{Name: "c", Data: []byte(`
required: [host]
properties:
  host: {type: string, pattern: '^a|b$', description: "The name\nof the shop."}
  replicas: {type: integer, minimum: 1, maximum: 9, default: 2}
  token: {type: string, default: SECRET, x-sensitive: true}
  ports: {type: array, items: {type: object, properties: {name: {enum: [a, b]}}}}
`)}})
	require.NoError(t, err)
	require.Equal(t, "| Name | Type | Default | Constraints | Meaning |\n|---|---|---|---|---|\n"+
		"| `host` | string |  | required; matches ^a\\|b$ | The name of the shop. |\n"+
		"| `ports` | array |  |  |  |\n| `ports.*` | object |  |  |  |\n| `ports.*.name` | any |  | one of \"a\", \"b\" |  |\n"+
		"| `replicas` | integer | `2` | ≥ 1; ≤ 9 |  |\n| `token` | string | `(sensitive)` | sensitive |  |\n", values.SettingsTable(settings))
}

type shopSettings struct {
	Host     string            `json:"host" required:"true" pattern:"^[a-z]+$" doc:"Where it is."`
	Replicas int32             `json:"replicas" default:"2" minimum:"1"`
	Labels   map[string]string `json:"labels,omitempty"`
	Ports    []struct {
		Number uint16 `json:"number"`
	} `json:"ports,omitempty"`
	Mode   *string `json:"mode" enum:"fast,slow"`
	hidden int
	Skip   func() `json:"-"`
}

func TestSchemaOf(t *testing.T) {
	_ = shopSettings{hidden: 1}
	data, err := values.SchemaOf[shopSettings]()
	require.NoError(t, err)
	s := values.NewStore(values.Options{})
	require.NoError(t, s.SetSection("shop", values.Spec{ConfigSchema: values.File{Name: "shop.go", Data: data}}))
	require.Equal(t, "2", at(t, s.View(), "/shop/replicas"))
	for config, want := range map[string]string{
		"{host: abc, ports: [{number: 80}], labels: {a: b}, mode: null}": "",
		"{}":                                    "/shop/host",
		"{host: abc, replicas: 0}":              "/shop/replicas",
		"{host: abc, ports: [{number: 70000}]}": "/shop/ports/0/number",
		"{host: abc, labels: {a: 1}}":           "/shop/labels/a",
		"{host: abc, mode: odd}":                "/shop/mode",
	} {
		err := s.SetConfig(values.ParseConfig("CM", "1", map[string]string{"shop": config})).Errors["shop"]
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want, config)
	}
	_, err = values.SchemaOf[struct{ F func() }]()
	require.ErrorContains(t, err, ".F")
}
