package tree

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML returns the content as YAML: ascending keys, block style, numbers with their
// kind and digits. ParseYAML reads it back as an equal value.
func (v Value) YAML() ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(v.Node()); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}

// Node returns the content for an editor of YAML documents.
func (v Value) Node() *yaml.Node {
	switch v.kind {
	case Map, Overlay:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, e := range v.All() {
			n.Content = append(n.Content, textNode(e.Key), e.Value.Node())
		}
		return n
	case List:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, c := range v.Items() {
			n.Content = append(n.Content, c.Node())
		}
		return n
	case String:
		return textNode(v.text)
	case Bool, Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.text}
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
}

// textNode quotes what a reader of any YAML version might take for something else.
func textNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if v, err := plain("", s); err != nil || v.kind != String || s == "<<" {
		n.Style = yaml.DoubleQuotedStyle
	} else if strings.Contains(s, "\n") && strings.TrimSpace(s) == s && !strings.ContainsAny(s, "\r\t\u0085\u2028\u2029\ufeff") {
		n.Style = yaml.LiteralStyle
	}
	return n
}
