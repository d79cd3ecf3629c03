package values

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// File is a file's content with a name for errors and provenance.
type File struct {
	Name string
	Data []byte
}

// Config is the whole configuration as a Source delivers it.
type Config struct {
	Version  string             // opaque; Save is conditional on it
	Sections map[string]Section // by section key; absent keys have no configuration
}

// Section is the configuration of one section.
type Section struct {
	Data        []byte // a YAML map; nil or blank: none
	File        string // for errors and provenance: "ConfigMap ns/name, key webShop"
	Enabled     *bool  // nil: no opinion
	Maintenance string // "" or MaintenanceNoReconcile
	Err         error  // why it could not be read; then the last good state stays in force

	parsed *parsedSection // of ParseConfig, so that the Store need not parse again
}

type parsedSection struct {
	text     string
	value    tree.Value
	warnings []tree.Warning
}

// MaintenanceNoReconcile pauses releases of a module while its hooks go on.
const MaintenanceNoReconcile = "NoResourceReconciliation"

// ParseConfig reads the data of a ConfigMap: "<key>" is a section in YAML,
// "<key>Enabled" is "true" or "false", "<key>Maintenance" is
// "NoResourceReconciliation" or empty. Source names where it is from ("ConfigMap
// ns/name"). It always returns a Config: what cannot be read is the Err of its own
// section, under the key as it was written when that is no key at all.
func ParseConfig(source, version string, data map[string]string) Config {
	c := Config{Version: version, Sections: map[string]Section{}}
	keys := make([]string, 0, len(data))
	for key := range data {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		name, read := key, readData
		if cut, ok := cutSuffix(key, enabledSuffix); ok {
			name, read = cut, readEnabled
		} else if cut, ok := cutSuffix(key, maintenanceSuffix); ok {
			name, read = cut, readMaintenance
		}
		file := source + ", key " + key
		if err := checkKey(name); err != nil {
			c.Sections[key] = Section{File: file, Err: fmt.Errorf("%s: %w", file, err)}
			continue
		}
		if name == Global && name != key {
			c.Sections[key] = Section{File: file, Err: fmt.Errorf("%s: the global section has no such switch; remove the key", file)}
			continue
		}
		s := c.Sections[name]
		if err := read(&s, data[key]); err != nil {
			if errors.Is(err, errNoMap) && name != Global {
				err = fmt.Errorf("%w; to switch the module off use %sEnabled: \"false\"", err, name)
			}
			s.Err = errors.Join(s.Err, fmt.Errorf("%s: %w", file, err))
		}
		if s.File == "" || key == name {
			s.File = file
		}
		c.Sections[name] = s
	}
	return c
}

func cutSuffix(key, suffix string) (string, bool) {
	name, ok := strings.CutSuffix(key, suffix)
	return name, ok && name != ""
}

func readData(s *Section, text string) error {
	s.Data = []byte(text)
	v, warnings, err := parseSection(s.Data, "")
	if err == nil {
		s.parsed = &parsedSection{text, v, warnings}
	}
	return err
}

func readEnabled(s *Section, text string) error {
	on := text == "true"
	if !on && text != "false" {
		return errors.New(`must be "true" or "false"`)
	}
	s.Enabled = &on
	return nil
}

func readMaintenance(s *Section, text string) error {
	switch text {
	case "":
		s.Maintenance = ""
	case MaintenanceNoReconcile, strings.ToLower(MaintenanceNoReconcile):
		s.Maintenance = MaintenanceNoReconcile
	default:
		return errors.New(`must be "NoResourceReconciliation" or empty`)
	}
	return nil
}

var errNoMap = errors.New("must be a YAML map")

// parse reads the section's data, which ParseConfig may have done.
func (s Section) parse() (tree.Value, []tree.Warning, error) {
	if p := s.parsed; p != nil && p.text == string(s.Data) {
		return p.value, p.warnings, nil
	}
	return parseSection(s.Data, s.File)
}

// parseSection reads the YAML of a section: a map, or Absent when it is blank.
func parseSection(data []byte, file string) (tree.Value, []tree.Warning, error) {
	v, warnings, err := tree.ParseYAML(data)
	if err == nil && v.Kind() != tree.Map && v.Kind() != tree.Null {
		err = errNoMap
	}
	if err != nil {
		if file != "" {
			err = fmt.Errorf("%s: %w", file, err)
		}
		return tree.Value{}, nil, err
	}
	if v.Kind() == tree.Null {
		v = tree.Value{}
	}
	return v, warnings, nil
}
