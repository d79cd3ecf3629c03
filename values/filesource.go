package values

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// pollEvery is how often a watched file is looked at.
const pollEvery = time.Second

// FileSource returns a Source that is one YAML file of the shape
//
//	global: {region: north}
//	webShop: {replicas: 3}
//	webShopEnabled: true
//
// It is looked at once a second while it is watched; a missing file is an empty
// configuration, and one that cannot be read is the Err of every section it held. Save
// keeps the order and the comments of the other sections and replaces the file at once.
// Only one process may save to it.
func FileSource(path string) Source {
	return &fileSource{path: path, versions: map[string]map[string]tree.Digest{}}
}

type fileSource struct {
	path string

	mu       sync.Mutex
	versions map[string]map[string]tree.Digest // the sections of the versions told, by version
	order    []string
	own      string // the version that Save wrote last
	saves    int
}

func (f *fileSource) Watch(ctx context.Context, fn func(Config)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	told, first := "", true
	keys := map[string]bool{}
	for {
		data, err := readFile(f.path)
		version := versionOf(data)
		if err != nil {
			version = "unreadable: " + err.Error()
		}
		f.mu.Lock()
		ours, saves := f.own == version, f.saves
		f.mu.Unlock()
		if ours {
			told = version
		}
		if version != told || first {
			told, first = version, false
			fn(f.config(data, version, err, keys))
			f.mu.Lock()
			if saves != f.saves {
				told = "" // what was told has been overtaken meanwhile: tell again
				f.own = ""
			}
			f.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// config reads the file's sections; keys collects those ever seen.
func (f *fileSource) config(data []byte, version string, err error, keys map[string]bool) Config {
	var doc tree.Value
	if err == nil {
		doc, _, err = tree.ParseYAML(data)
		if err == nil && doc.Kind() != tree.Map && doc.Kind() != tree.Null {
			err = errors.New("must be a YAML map of sections")
		}
	}
	c := Config{Version: version, Sections: map[string]Section{}}
	if err != nil {
		keys[Global] = true
		for key := range keys {
			c.Sections[key] = Section{File: f.path, Err: fmt.Errorf("%s: %w", f.path, err)}
		}
		return c
	}
	text := map[string]string{}
	for _, e := range doc.All() {
		text[e.Key] = e.Value.Text()
		if e.Value.IsContainer() {
			text[e.Key] = string(e.Value.JSON())
		}
	}
	c = ParseConfig(f.path, version, text)
	for key := range c.Sections {
		keys[key] = true
	}
	f.mu.Lock()
	f.remember(version, doc)
	f.mu.Unlock()
	return c
}

func (f *fileSource) Save(ctx context.Context, section string, doc map[string]any, version string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := checkKey(section); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := readFile(f.path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.path, err)
	}
	now, _, err := tree.ParseYAML(data)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.path, err)
	}
	seen, known := f.versions[version]
	if !known || seen[section] != sectionDigest(now, section) {
		return "", fmt.Errorf("%s: section %s: %w", f.path, section, ErrConflict)
	}
	fresh, err := replaceSection(data, section, doc)
	if err != nil {
		return "", fmt.Errorf("%s: section %s: %w", f.path, section, err)
	}
	if err := writeFile(f.path, fresh); err != nil {
		return "", fmt.Errorf("%s: %w", f.path, err)
	}
	now, _, err = tree.ParseYAML(fresh)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.path, err)
	}
	if versionOf(data) == version || f.own == versionOf(data) {
		f.own = versionOf(fresh) // nothing of others that is still to be told
	}
	f.saves++
	f.remember(versionOf(fresh), now)
	return versionOf(fresh), nil
}

// remember notes the sections of a version, and forgets the oldest.
func (f *fileSource) remember(version string, doc tree.Value) {
	const most = 64
	digests := map[string]tree.Digest{}
	for _, e := range doc.All() {
		digests[e.Key] = sectionDigest(doc, e.Key)
	}
	if f.versions[version] == nil {
		f.order = append(f.order, version)
	}
	f.versions[version] = digests
	if len(f.order) > most {
		delete(f.versions, f.order[0])
		f.order = f.order[1:]
	}
}

func sectionDigest(doc tree.Value, key string) tree.Digest {
	v, ok := doc.Child(key)
	if !ok || v.Kind() == tree.Null || v.Kind() == tree.Map && v.Len() == 0 {
		return tree.Digest{}
	}
	return v.Digest()
}

// replaceSection edits the YAML text's tree, so that comments elsewhere stay.
func replaceSection(data []byte, section string, doc map[string]any) ([]byte, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, errors.New("is not YAML")
	}
	if file.Kind == 0 || len(file.Content) == 0 || file.Content[0].Kind != yaml.MappingNode {
		file = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	value, err := tree.Of(doc)
	if err != nil {
		return nil, err
	}
	top := file.Content[0]
	at := len(top.Content)
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value == section {
			at = i
		}
	}
	switch {
	case value.Len() == 0 && at < len(top.Content):
		top.Content = append(top.Content[:at], top.Content[at+2:]...)
	case value.Len() == 0:
	case at == len(top.Content):
		top.Content = append(top.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: section}, value.Node())
	default:
		top.Content[at+1] = value.Node()
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&file); err != nil {
		return nil, errors.New("cannot be written as YAML")
	}
	return out.Bytes(), nil
}

// maxFile bounds what is read.
const maxFile = 16 << 20

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Size() > maxFile {
		return nil, errors.New("is larger than 16 MiB")
	}
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// writeFile replaces the file at once, keeping its mode.
func writeFile(path string, data []byte) error {
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	_, err = tmp.Write(data)
	for _, then := range []func() error{func() error { return tmp.Chmod(mode) }, tmp.Sync, tmp.Close} {
		if e := then(); err == nil {
			err = e
		}
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func versionOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}
