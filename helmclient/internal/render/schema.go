package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"helm.sh/helm/v3/pkg/chart"
)

// checkSchema holds values against the values.schema.json of a chart and of its dependencies.
func checkSchema(c *chart.Chart, values map[string]any) error {
	var errs []error
	if c.Schema != nil {
		if err := checkOne(c, values); err != nil {
			errs = append(errs, fmt.Errorf("%s/values.schema.json: %w", c.ChartFullPath(), err))
		}
	}
	for _, sub := range c.Dependencies() {
		section, found := values[sub.Name()]
		if !found || section == nil {
			continue
		}
		m, ok := section.(map[string]any)
		if !ok {
			errs = append(errs, fmt.Errorf("values of dependency %s are no map", sub.Name()))
			continue
		}
		errs = append(errs, checkSchema(sub, m))
	}
	return errors.Join(errs...)
}

func checkOne(c *chart.Chart, values map[string]any) (err error) {
	defer func() {
		if r := recover(); r != nil { // the compiler panics on some malformed schemas
			err = fmt.Errorf("the schema cannot be used")
		}
	}()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.Schema))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(ownFiles{c})
	const root = "file:///values.schema.json"
	if err := compiler.AddResource(root, doc); err != nil {
		return err
	}
	schema, err := compiler.Compile(root)
	if err != nil {
		return err
	}
	instance, err := plain(values)
	if err != nil {
		return err
	}
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](schema.Validate(instance)); ok {
		return errors.New(strings.Join(violations(invalid), "; "))
	}
	return nil
}

// ownFiles serves a chart's own files only, so that a schema cannot reach the network or the disk.
type ownFiles struct{ c *chart.Chart }

func (o ownFiles) Load(url string) (any, error) {
	if name, ok := strings.CutPrefix(url, "file:///"); ok {
		for _, f := range o.c.Files {
			if f.Name == name {
				return jsonschema.UnmarshalJSON(bytes.NewReader(f.Data))
			}
		}
	}
	return nil, fmt.Errorf("%s is not a file of the chart", url)
}

// violations tells what is wrong where, without the values themselves.
func violations(e *jsonschema.ValidationError) []string {
	var out []string
	if len(e.Causes) == 0 {
		out = append(out, "/"+strings.Join(e.InstanceLocation, "/")+": "+sentence(e.ErrorKind))
	}
	for _, cause := range e.Causes {
		out = append(out, violations(cause)...)
	}
	sort.Strings(out)
	return out
}

func sentence(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return fmt.Sprintf("is %s, must be %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Required:
		return "lacks " + strings.Join(k.Missing, ", ")
	case *kind.AdditionalProperties:
		return "has unknown " + strings.Join(k.Properties, ", ")
	}
	return "breaks " + strings.Join(k.KeywordPath(), "/")
}

// plain turns values into the types a validator knows.
func plain(values map[string]any) (any, error) {
	data, err := json.Marshal(values)
	if err != nil {
		return nil, errors.New("the values are not JSON-like")
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(data))
}
