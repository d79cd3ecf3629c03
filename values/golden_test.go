package values_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/values"
)

const shopConfigSchema = `
type: object
default: {}
properties:
  replicas: {type: integer, minimum: 1, default: 2}
  host:     {type: string, pattern: '^[a-z.]+$'}
x-deckhouse-validations:
- expression: "!has(self.host) || self.replicas > 0"
  message: host needs replicas
`

const shopSchema = `
x-extend: {schema: config-values.yaml}
type: object
properties:
  internal:
    type: object
    default: {}
    x-required-for-helm: [port]
    properties:
      port: {type: integer}
`

func shopSpec() values.Spec {
	return values.Spec{
		Static: []values.File{
			{Name: "values.yaml", Data: []byte("global: {a: 1}\nwebShopEnabled: true\n")},
			{Name: "040-web-shop/values.yaml", Data: []byte("webShop: {replicas: 1}\n")},
		},
		ConfigSchema: values.File{Name: "openapi/config-values.yaml", Data: []byte(shopConfigSchema)},
		Schema:       values.File{Name: "openapi/values.yaml", Data: []byte(shopSchema)},
	}
}

func newShop(t *testing.T) *values.Store {
	t.Helper()
	s := values.NewStore(values.Options{})
	require.NoError(t, s.SetSection("webShop", shopSpec()))
	return s
}

func at(t *testing.T, v values.View, pointer string) string {
	t.Helper()
	part, ok := v.At(pointer)
	require.True(t, ok, pointer)
	return string(part.JSON())
}

func commit(t *testing.T, s *values.Store, section, memory string) (values.Commit, error) {
	t.Helper()
	patch, err := values.ParsePatch([]byte(memory))
	require.NoError(t, err)
	p, err := s.Prepare(values.Change{Section: section, Memory: patch, Source: "hook"})
	if err != nil {
		return values.Commit{}, err
	}
	return p.Commit()
}

// The layers one by one, each adding what it must and nothing more.
func TestLayersStepByStep(t *testing.T) {
	s := newShop(t)
	require.Equal(t, `{"internal":{},"replicas":1}`, at(t, s.View(), "/webShop"))
	require.True(t, s.Flag("webShop").Static.Value)

	change := s.SetConfig(values.ParseConfig("ConfigMap ns/addonkit", "1", map[string]string{
		"global":         "region: north\n",
		"webShop":        "replicas: 3\n",
		"webShopEnabled": "true",
	}))
	require.Empty(t, change.Errors)
	require.Equal(t, []string{"global", "webShop"}, change.Sections)
	require.Equal(t, []string{"webShop"}, change.Enabled)
	require.Equal(t, `{"internal":{},"replicas":3}`, at(t, s.View(), "/webShop"))

	var invalid *values.InvalidError
	err := s.CheckRender("webShop")
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "/webShop/internal/port", invalid.Violations[0].Pointer)
	require.Equal(t, "x-required-for-helm", invalid.Violations[0].Rule)

	done, err := commit(t, s, "webShop", `{"op":"add","path":"/webShop/internal/port","value":8080}`)
	require.NoError(t, err)
	require.True(t, done.Values)
	require.Equal(t, []string{"/webShop/internal/port"}, done.Pointers)
	require.Equal(t, `{"internal":{"port":8080},"replicas":3}`, at(t, s.View(), "/webShop"))
	require.NoError(t, s.CheckRender("webShop"))
	require.Equal(t, `{"global":{"region":"north"},"webShop":{"replicas":3}}`, string(s.ConfigView().JSON()))

	explained, err := s.Explain("/webShop")
	require.NoError(t, err)
	require.Len(t, explained, 2)
	require.Equal(t, values.LayerPatch, explained[0].Origin.Layer)
	require.Equal(t, "hook", explained[0].Origin.Source)
	require.Equal(t, values.LayerConfig, explained[1].Origin.Layer)
	require.Equal(t, "ConfigMap ns/addonkit, key webShop", explained[1].Origin.Source)
	require.Len(t, explained[1].Replaced, 1)
	require.Equal(t, "040-web-shop/values.yaml", explained[1].Replaced[0].Source)
}

func TestABadSectionKeepsItsLastGoodState(t *testing.T) {
	for name, data := range map[string]map[string]string{
		"malformed":    {"webShop": "replicas: [\n"},
		"scalar":       {"webShop": "false"},
		"bad type":     {"webShop": "replicas: many"},
		"below bound":  {"webShop": "replicas: 0"},
		"unknown key":  {"webShop": "replica: 4"},
		"flag":         {"webShop": "replicas: 4", "webShopEnabled": "yes"},
		"maintenance":  {"webShop": "replicas: 4", "webShopMaintenance": "please"},
		"two problems": {"webShop": "replicas: many\nhost: H_H"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			good := map[string]string{"webShop": "replicas: 3", "webShopEnabled": "true"}
			require.Empty(t, s.SetConfig(values.ParseConfig("CM", "1", good)).Errors)
			data["global"] = "region: south"
			change := s.SetConfig(values.ParseConfig("CM", "2", data))
			require.Equal(t, []string{"global"}, change.Sections, "the others go on")
			require.Len(t, change.Errors, 1)
			require.ErrorContains(t, change.Errors["webShop"], "webShop")
			require.NotContains(t, change.Errors["webShop"].Error(), "many")
			require.Equal(t, "3", at(t, s.View(), "/webShop/replicas"))
			require.True(t, s.Flag("webShop").Config.Value)
			require.Len(t, s.Refused(), 1)

			require.Empty(t, s.SetConfig(values.ParseConfig("CM", "3", good)).Errors)
			require.Empty(t, s.Refused())
		})
	}
}

func TestParseConfigNamesTheRemedy(t *testing.T) {
	c := values.ParseConfig("ConfigMap ns/x", "1", map[string]string{
		"webShop":        `"false"`,
		"Bad-name":       "a: 1",
		"globalEnabled":  "true",
		"other":          "a: 1",
		"otherEnabled":   "false",
		"quiet":          "",
		"badFlagEnabled": "maybe",
	})
	require.ErrorContains(t, c.Sections["webShop"].Err, `use webShopEnabled: "false"`)
	require.ErrorContains(t, c.Sections["webShop"].Err, "ConfigMap ns/x, key webShop")
	require.ErrorContains(t, c.Sections["Bad-name"].Err, `did you mean "badName"`)
	require.ErrorContains(t, c.Sections["globalEnabled"].Err, "no such switch")
	require.NoError(t, c.Sections["global"].Err)
	require.ErrorContains(t, c.Sections["badFlag"].Err, `must be "true" or "false"`)
	require.NoError(t, c.Sections["other"].Err)
	require.False(t, *c.Sections["other"].Enabled)
	require.NoError(t, c.Sections["quiet"].Err)
}

func TestPatchesAreConfined(t *testing.T) {
	for _, tc := range []struct{ section, patch, want string }{
		{"webShop", `{"op":"add","path":"/global/x","value":1}`, "outside"},
		{"webShop", `{"op":"add","path":"/otherModule/x","value":1}`, "outside"},
		{"webShop", `{"op":"add","path":"/webShopEnabled","value":true}`, "outside"},
		{"webShop", `{"op":"add","path":"/webShopX/x","value":1}`, "outside"},
		{"webShop", `{"op":"add","path":"","value":{}}`, "outside"},
		{"webShop", `{"op":"copy","from":"/global","path":"/webShop/x"}`, "outside"},
		{"webShop", `{"op":"remove","path":"/webShop"}`, "section itself"},
		{"webShop", `{"op":"add","path":"/webShop","value":[]}`, "must be a YAML map"},
		{"webShop", `{"op":"remove","path":"/webShop/host"}`, "does not exist"},
		{"webShop", `{"op":"add","path":"/webShop/a/b","value":1}`, "add the parent first"},
		{"webShop", `{"op":"replace","path":"/webShop/host","value":"x"}`, "does not exist"},
		{"webShop", `{"op":"test","path":"/webShop/replicas","value":77}`, "test does not hold"},
		{"webShop", `{"op":"add","path":"/webShop/replicas","value":0}`, "at least 1"},
		{"webShop", `{"op":"move","from":"/webShop/internal","path":"/webShop/internal/x"}`, "into itself"},
		{"global", `{"op":"add","path":"/webShop/x","value":1}`, "outside"},
		{"global", `{"op":"add","path":"/webShopEnabled","value":"maybe"}`, "true or false"},
		{"global", `{"op":"add","path":"/globalEnabled","value":true}`, "outside"},
		{"nobody", `{"op":"add","path":"/nobody/x","value":1}`, "no such section"},
	} {
		t.Run(tc.patch, func(t *testing.T) {
			s := newShop(t)
			before := s.View().Digest()
			_, err := commit(t, s, tc.section, tc.patch)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "77")
			require.Equal(t, before, s.View().Digest())
		})
	}
}

func TestGlobalHooksSetFlagsAndValuesInOneChange(t *testing.T) {
	s := newShop(t)
	done, err := commit(t, s, "global", `
		[{"op":"add","path":"/global/discovery","value":{"n":3}},{"op":"add","path":"/webShopEnabled","value":"false"}]
		{"op":"add","path":"/unknownEnabled","value":true}`)
	require.NoError(t, err)
	require.Equal(t, []string{"unknown", "webShop"}, done.Flags)
	require.False(t, s.Flag("webShop").Hook.Value)
	require.True(t, s.Flag("unknown").Hook.Value)
	require.Equal(t, `{"discovery":{"n":3}}`, at(t, s.View(), "/global"))
	require.False(t, s.View().Exists("/unknown"))

	done, err = commit(t, s, "global", `{"op":"remove","path":"/webShopEnabled"}`)
	require.NoError(t, err)
	require.Equal(t, []string{"webShop"}, done.Flags)
	require.False(t, done.Values)
	require.Nil(t, s.Flag("webShop").Hook)
}

func TestPatchErrorsNameTheOperation(t *testing.T) {
	s := newShop(t)
	_, err := commit(t, s, "webShop", `[{"op":"add","path":"/webShop/internal/port","value":1}]{"op":"remove","path":"/webShop/none"}`)
	var refused *values.PatchError
	require.True(t, errors.As(err, &refused))
	require.Equal(t, 1, refused.Index)
	require.Equal(t, "/webShop/none", refused.Pointer)
}
