package values

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/addonkit/addonkit/values/internal/schema"
	"github.com/addonkit/addonkit/values/internal/tree"
)

// Spec is what a section starts from.
type Spec struct {
	// Static are YAML maps, weakest first. Each holds the section under its key and may
	// hold "<key>Enabled: true"; its other keys are ignored.
	Static []File
	// ConfigSchema is openapi/config-values.yaml: what users may configure.
	ConfigSchema File
	// Schema is openapi/values.yaml: what the effective values look like. Zero: anything.
	Schema File
}

// Layer is where a value came from, weakest first: static, configDefault, config,
// default, patch.
type Layer string

// The layers. The defaults fill holes, the others replace what is weaker.
const (
	LayerStatic        Layer = "static"
	LayerConfigDefault Layer = "configDefault"
	LayerConfig        Layer = "config"
	LayerDefault       Layer = "default"
	LayerPatch         Layer = "patch"
)

// spec is a Spec that was read.
type spec struct {
	static   []tree.Value // one map per file, with origins
	start    tree.Value   // static files merged, config defaults filled in
	schemas  *schema.Set
	enabled  *Flag
	defaults *tree.Origin // of the values schema's defaults
	warnings []string
}

// SetSection adds a section, or replaces what it starts from; its configuration and
// its hooks' patches stay. A spec that cannot be read is refused whole, with an error
// that names the file and the place in it.
func (s *Store) SetSection(key string, from Spec) error {
	if err := checkKey(key); err != nil {
		return err
	}
	s.write.Lock()
	defer s.write.Unlock()
	read, err := readSpec(key, from, &s.parsed, s.origin)
	if err != nil {
		return fmt.Errorf("section %s: %w", key, err)
	}
	sec := *s.state.Load().section(key)
	sec.spec = read
	sec.takeConfig(s.origin, true)
	if err := sec.rebuild(); err != nil {
		return fmt.Errorf("section %s: %w", key, err)
	}
	s.swap(map[string]*section{key: &sec}, s.origin(LayerStatic, "", ""))
	return nil
}

// RemoveSection forgets what a section starts from and its hooks' patches. What the
// configuration says of it is remembered for the next SetSection. The global section
// becomes empty.
func (s *Store) RemoveSection(key string) {
	if key == Global {
		_ = s.SetSection(Global, Spec{}) // an empty Spec is never refused
		s.DropPatches(Global)
		return
	}
	s.write.Lock()
	defer s.write.Unlock()
	old := s.state.Load().sections[key]
	if old == nil {
		return
	}
	sec := *blankSection(key)
	sec.delivered, sec.version, sec.flags = old.delivered, old.version, old.flags
	sec.config, sec.history, sec.flags.Static = old.config, old.history, nil
	s.swap(map[string]*section{key: &sec}, s.origin(LayerStatic, "", ""))
}

func (s *Store) origin(layer Layer, source, cause string) *tree.Origin {
	return &tree.Origin{Layer: string(layer), Source: source, Cause: cause, At: s.now()}
}

type originFunc func(layer Layer, source, cause string) *tree.Origin

func readSpec(key string, from Spec, parsed *parseCache, origin originFunc) (*spec, error) {
	schemas, err := schema.Compile(schema.File(from.ConfigSchema), schema.File(from.Schema))
	if err != nil {
		return nil, err
	}
	s := &spec{schemas: schemas, start: tree.EmptyMap(), warnings: schemas.Warnings}
	for _, f := range from.Static {
		if err := s.addStatic(key, f, parsed, origin(LayerStatic, f.Name, "")); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if schemas.Config != nil {
		s.start, err = schemas.Config.Fill(s.start, origin(LayerConfigDefault, from.ConfigSchema.Name, ""))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", from.ConfigSchema.Name, err)
		}
	}
	s.defaults = origin(LayerDefault, from.Schema.Name, "")
	return s, nil
}

// addStatic reads one file.
func (s *spec) addStatic(key string, f File, parsed *parseCache, origin *tree.Origin) error {
	doc, warnings, err := parsed.parse(f.Data)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		s.warnings = append(s.warnings, fmt.Sprintf("%s: line %d: %s", f.Name, w.Line, w.Text))
	}
	if doc.Kind() == tree.Null {
		return nil
	}
	if doc.Kind() != tree.Map {
		return errors.New("must be a YAML map of sections")
	}
	if v, ok := doc.Child(key); ok && v.Kind() != tree.Null {
		if v.Kind() != tree.Map {
			return fmt.Errorf("%q must be a map", key)
		}
		v = v.Stamp(origin)
		s.static = append(s.static, v)
		s.start = tree.Merge(s.start, v)
	}
	if v, ok := doc.Child(key + enabledSuffix); ok && key != Global {
		on, ok := asBool(v)
		if !ok {
			return fmt.Errorf("%q must be true or false", key+enabledSuffix)
		}
		s.enabled = &Flag{Value: on, Origin: publicOrigin(origin)}
	}
	return nil
}

// parseCache remembers the files read last: a file of common values belongs to every
// section, and is read once.
type parseCache [4]parsedFile

type parsedFile struct {
	sum      [sha256.Size]byte
	value    tree.Value
	warnings []tree.Warning
}

func (c *parseCache) parse(data []byte) (tree.Value, []tree.Warning, error) {
	sum := sha256.Sum256(data)
	for _, f := range c {
		if f.sum == sum && f.value.Exists() {
			return f.value, f.warnings, nil
		}
	}
	v, warnings, err := tree.ParseYAML(data)
	if err == nil && v.Len() > 1 { // a file for one section will hardly come again
		copy(c[1:], c[:])
		c[0] = parsedFile{sum, v, warnings}
	}
	return v, warnings, err
}

// asBool reads a boolean, or a text that is one.
func asBool(v tree.Value) (on, ok bool) {
	if v.Kind() != tree.Bool && v.Kind() != tree.String {
		return false, false
	}
	switch v.Text() {
	case "true", "True", "TRUE", "t", "T", "1":
		return true, true
	case "false", "False", "FALSE", "f", "F", "0":
		return false, true
	}
	return false, false
}
