package kubeevents

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Query says which objects a subscription follows and what is kept of them. All conditions hold together; an empty
// one holds for every object.
type Query struct {
	// APIVersion is "v1" or "group/version". Empty: the version the server prefers.
	APIVersion string
	// Kind names the resource by kind, plural, singular or short name, in any case. Required.
	Kind string
	// Names of objects.
	Names []string
	// Namespaces of objects, by name. Ignored when NamespaceLabels is set.
	Namespaces []string
	// NamespaceLabels selects namespaces. It is followed: objects come and go with the labels of their namespace.
	// Needs permission to list and watch namespaces, and the kind in all of them.
	NamespaceLabels *metav1.LabelSelector
	// Labels of objects.
	Labels *metav1.LabelSelector
	// Fields of objects.
	Fields []FieldTerm
	// Filter projects an object onto what is of interest. Nil: every change of an object is an event, and Item has
	// no result.
	Filter Filter
	// Full keeps whole objects besides the results. They cost memory in proportion to their size.
	Full bool
}

// FieldTerm is one condition on a field that the API server can select by.
type FieldTerm struct {
	// Field is its name, as "metadata.name" or "status.phase".
	Field string
	// Operator is "=", "==" or "Equals", "!=" or "NotEquals". Empty: "=".
	Operator string
	Value    string
}

func (q Query) clone() Query {
	q.Names = slices.Clone(q.Names)
	q.Namespaces = slices.Clone(q.Namespaces)
	q.Fields = slices.Clone(q.Fields)
	q.NamespaceLabels = q.NamespaceLabels.DeepCopy()
	q.Labels = q.Labels.DeepCopy()
	return q
}
