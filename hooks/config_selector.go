package hooks

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/kubeevents"
)

func readSelector(parent *proto.Object, key string) *metav1.LabelSelector {
	o := parent.Object(key)
	if o == nil {
		return nil
	}
	s := &metav1.LabelSelector{MatchLabels: o.StringMap("matchLabels")}
	for _, term := range o.Objects("matchExpressions") {
		s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{
			Key:      term.Need("key"),
			Operator: metav1.LabelSelectorOperator(term.Need("operator")),
			Values:   term.Strings("values"),
		})
		term.Close()
	}
	o.Close()
	if _, err := metav1.LabelSelectorAsSelector(s); err != nil {
		parent.Bad(key, "%v", err)
	}
	return s
}

func readFields(parent *proto.Object, names []string) []kubeevents.FieldTerm {
	o := parent.Object("fieldSelector")
	var terms []kubeevents.FieldTerm
	for _, term := range o.Objects("matchExpressions") {
		t := kubeevents.FieldTerm{Field: term.Need("field"), Operator: term.Need("operator"), Value: term.String("value")}
		known := []string{"=", "==", "Equals", "!=", "NotEquals"}
		if t.Operator != "" && !slices.Contains(known, t.Operator) {
			term.Bad("operator", "unknown operator %q; there are =, ==, Equals, != and NotEquals", t.Operator)
		}
		if t.Field == "metadata.name" && len(names) > 0 {
			term.Bad("field", "metadata.name cannot stand beside nameSelector")
		}
		term.Close()
		terms = append(terms, t)
	}
	o.Close()
	return terms
}
