package values_test

import (
	"fmt"

	"github.com/addonkit/addonkit/values"
)

// A module's values come from its files, from the user, and from its hooks.
func Example() {
	store := values.NewStore(values.Options{})
	err := store.SetSection("webShop", values.Spec{
		Static: []values.File{{Name: "web-shop/values.yaml", Data: []byte("webShop: {replicas: 1, host: shop}")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	store.SetConfig(values.ParseConfig("ConfigMap ns/addonkit", "1", map[string]string{"webShop": "replicas: 3"}))

	change, err := store.Prepare(values.Change{
		Section: "webShop", Source: "ports.sh", Cause: "schedule nightly",
		Memory: values.Patch{{Op: "add", Path: "/webShop/internal/port", Value: 8080, Parents: true}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := change.Commit(); err != nil {
		fmt.Println(err)
		return
	}
	section, _ := store.View().At("/webShop")
	fmt.Println(string(section.JSON()))
	explained, _ := store.Explain("/webShop")
	for _, e := range explained {
		fmt.Println(e.Pointer, e.Origin.Layer, e.Origin.Source)
	}
	// Output:
	// {"host":"shop","internal":{"port":8080},"replicas":3}
	// /webShop/host static web-shop/values.yaml
	// /webShop/internal/port patch ports.sh
	// /webShop/replicas config ConfigMap ns/addonkit, key webShop
}

// Reading a value names its pointer when it is missing or does not fit, never what is there.
func ExampleGet() {
	view, _ := values.ParseView(values.File{Name: "example.yaml", Data: []byte("ports: [{number: 80}, {number: eighty}]")})
	type port struct {
		Number int `json:"number"`
	}
	number, _ := values.Get[int](view, "/ports/0/number")
	fmt.Println(number)
	_, err := values.Get[[]port](view, "/ports")
	fmt.Println(err)
	// Output:
	// 80
	// value at "/ports/1/number" is string, which does not fit int
}

// A section that does not fit its schema leaves the last good one in force.
func ExampleStore_SetConfig() {
	store := values.NewStore(values.Options{})
	_ = store.SetSection("webShop", values.Spec{
		ConfigSchema: values.File{Name: "openapi/config-values.yaml", Data: []byte("properties: {replicas: {type: integer, minimum: 1}}")},
	})
	store.SetConfig(values.ParseConfig("ConfigMap ns/addonkit", "1", map[string]string{"webShop": "replicas: 3"}))
	change := store.SetConfig(values.ParseConfig("ConfigMap ns/addonkit", "2", map[string]string{"webShop": "replica: 5"}))
	fmt.Println(change.Errors["webShop"])
	fmt.Println(values.Get[int](store.View(), "/webShop/replicas"))
	// Output:
	// ConfigMap ns/addonkit, key webShop: section webShop does not fit its config schema: /webShop/replica is not known to the schema; did you mean "replicas"? (openapi/config-values.yaml#/additionalProperties)
	// 3 <nil>
}
