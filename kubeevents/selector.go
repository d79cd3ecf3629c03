package kubeevents

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// fewNamespaces is up to how many namespaces are worth a stream each.
const fewNamespaces = 8

const (
	fieldName      = "metadata.name"
	fieldNamespace = "metadata.namespace"
)

// selector is a query made ready to be evaluated.
type selector struct {
	names, namespaces []string // sorted; nil: all
	unwanted          []FieldTerm
	labels            labels.Selector
	namespaceLabels   *metav1.LabelSelector
	remote            []string // terms left to the server, sorted
	none              bool     // contradicts itself
}

func newSelector(q Query) (*selector, error) {
	if strings.TrimSpace(q.Kind) == "" {
		return nil, &QueryError{"Kind", "is empty: name the kind to watch, as Pod"}
	}
	if _, err := schema.ParseGroupVersion(q.APIVersion); err != nil {
		return nil, &QueryError{"APIVersion", fmt.Sprintf("%q is not of the form v1 or group/version", q.APIVersion)}
	}
	s := &selector{names: unique(q.Names), namespaces: unique(q.Namespaces), labels: labels.Everything()}
	if slices.Contains(s.names, "") {
		return nil, &QueryError{"Names", "holds an empty name: remove it"}
	}
	if slices.Contains(s.namespaces, "") {
		return nil, &QueryError{"Namespaces", "holds an empty name: leave Namespaces empty to watch all of them"}
	}
	if q.Labels != nil {
		var err error
		if s.labels, err = metav1.LabelSelectorAsSelector(q.Labels); err != nil {
			return nil, &QueryError{"Labels", err.Error()}
		}
	}
	if q.NamespaceLabels != nil {
		if _, err := metav1.LabelSelectorAsSelector(q.NamespaceLabels); err != nil {
			return nil, &QueryError{"NamespaceLabels", err.Error()}
		}
		s.namespaceLabels, s.namespaces = q.NamespaceLabels, nil
	}
	return s, s.takeFields(q)
}

// matches evaluates all but the namespace labels and the remote fields.
func (s *selector) matches(object metav1.Object) bool {
	if s.none || !has(s.names, object.GetName()) || !has(s.namespaces, object.GetNamespace()) {
		return false
	}
	for _, term := range s.unwanted {
		if term.Field == fieldName && term.Value == object.GetName() || term.Field == fieldNamespace && term.Value == object.GetNamespace() {
			return false
		}
	}
	return s.labels.Empty() || s.labels.Matches(labels.Set(object.GetLabels()))
}

// scope is what one stream covers of a resource.
type scope struct {
	namespace string // "": all
	fields    string // selected by the server
}

// scopes decides on the streams, as the package documentation tells.
func (s *selector) scopes(namespaced bool) []scope {
	terms := s.remote
	if len(s.names) == 1 {
		terms = append([]string{fields.OneTermEqualSelector(fieldName, s.names[0]).String()}, terms...)
	}
	remote := strings.Join(terms, ",")
	if !namespaced || len(s.namespaces) == 0 || len(s.namespaces) > fewNamespaces {
		return []scope{{fields: remote}}
	}
	var scopes []scope
	for _, namespace := range s.namespaces {
		scopes = append(scopes, scope{namespace, remote})
	}
	return scopes
}

func (s *selector) takeFields(q Query) error {
	for _, term := range q.Fields {
		equal := false
		switch term.Operator {
		case "", "=", "==", "Equals":
			equal = true
		case "!=", "NotEquals":
		default:
			return &QueryError{"Fields", fmt.Sprintf("operator %q of field %q is unknown: use =, ==, Equals, != or NotEquals", term.Operator, term.Field)}
		}
		switch {
		case term.Field == "":
			return &QueryError{"Fields", "a term names no field"}
		case term.Field == fieldName && len(q.Names) > 0:
			return &QueryError{"Fields", "metadata.name cannot be combined with Names: use one of them"}
		case term.Field == fieldName && equal:
			s.names = s.both(s.names, term.Value)
		case term.Field == fieldNamespace && equal:
			s.namespaces = s.both(s.namespaces, term.Value)
		case term.Field == fieldName || term.Field == fieldNamespace:
			s.unwanted = append(s.unwanted, term)
		case equal:
			s.remote = append(s.remote, fields.OneTermEqualSelector(term.Field, term.Value).String())
		default:
			s.remote = append(s.remote, fields.OneTermNotEqualSelector(term.Field, term.Value).String())
		}
	}
	s.remote = unique(s.remote) // in one order, so that queries with the same terms share a stream
	return nil
}

// both is the list narrowed to one value.
func (s *selector) both(list []string, value string) []string {
	if !has(list, value) {
		s.none = true
	}
	return []string{value}
}

func has(sorted []string, value string) bool {
	if len(sorted) == 0 {
		return true
	}
	_, found := slices.BinarySearch(sorted, value)
	return found
}

func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
