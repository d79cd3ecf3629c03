package proto

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	yaml3 "go.yaml.in/yaml/v3"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// ErrEncoding is in the error of a document that is not text in UTF-8.
var ErrEncoding = errors.New("is not valid UTF-8")

// Document decodes one YAML or JSON document. Of a key given twice the last wins. Integers are int64, other numbers
// float64. An empty document is nil.
func Document(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, ErrEncoding
	}
	if values, err := jsonStream(data); err == nil {
		switch len(values) {
		case 0:
			return nil, nil
		case 1:
			return values[0], nil
		}
		return nil, fmt.Errorf("holds %d documents instead of one", len(values))
	}
	return yamlDocument(data)
}

// Stream decodes a stream of JSON documents, or of YAML documents separated by lines of three dashes. A YAML document
// that has a key twice at its top is an error: most likely the line of dashes was forgotten.
func Stream(data []byte) ([]any, error) {
	if !utf8.Valid(data) {
		return nil, ErrEncoding
	}
	if values, err := jsonStream(data); err == nil {
		return values, nil
	}
	var all []any
	r := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		part, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		values, err := chunk(part)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", len(all)+1, err)
		}
		all = append(all, values...)
	}
}

// JSONStream decodes a stream of JSON documents and nothing else.
func JSONStream(data []byte) ([]any, error) {
	if !utf8.Valid(data) {
		return nil, ErrEncoding
	}
	return jsonStream(data)
}

// chunk decodes what stands between two separators: JSON documents, or one YAML document.
func chunk(data []byte) ([]any, error) {
	values, jsonErr := jsonStream(data)
	if jsonErr == nil {
		return values, nil
	}
	value, err := yamlDocument(data)
	if err == nil {
		err = twice(data)
	}
	if err != nil {
		if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
			return nil, jsonErr
		}
		return nil, err
	}
	if value == nil {
		return nil, nil
	}
	return []any{value}, nil
}

// one is an error unless data is one YAML document to its end: the decoder below stops where a first one ends.
func one(data []byte) error {
	d := yaml3.NewDecoder(bytes.NewReader(data))
	for n := 0; ; n++ {
		var node yaml3.Node
		err := d.Decode(&node)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 {
			return errors.New("holds more than one document")
		}
	}
}

// twice is an error when the top map of a YAML document has a key twice.
func twice(data []byte) error {
	var top yaml3.Node
	if yaml3.Unmarshal(data, &top) != nil || len(top.Content) == 0 || top.Content[0].Kind != yaml3.MappingNode {
		return nil //nolint:nilerr // what is no map has no keys, and what is no YAML is told by others
	}
	seen := map[string]bool{}
	for i := 0; i < len(top.Content[0].Content); i += 2 {
		key := top.Content[0].Content[i].Value
		if seen[key] {
			return fmt.Errorf("%q is given twice; is a line of three dashes missing before it?", key)
		}
		seen[key] = true
	}
	return nil
}

func jsonStream(data []byte) ([]any, error) {
	var values []any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("JSON document %d is cut off", len(values)+1)
		}
		if err != nil {
			return nil, fmt.Errorf("JSON document %d: %w", len(values)+1, err)
		}
		values = append(values, plain(v))
	}
}

func yamlDocument(data []byte) (any, error) {
	if err := one(data); err != nil {
		return nil, err
	}
	text, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil, err
	}
	values, err := jsonStream(text)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	return values[0], nil
}

// plain turns numbers as written into int64 where they are whole and fit, else float64.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}
