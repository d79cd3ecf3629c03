package helmclient

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What Helm puts on every object of a release.
const (
	managedByLabel     = "app.kubernetes.io/managed-by"
	releaseName        = "meta.helm.sh/release-name"
	releaseNamespace   = "meta.helm.sh/release-namespace"
	resourcePolicy     = "helm.sh/resource-policy"
	resourcePolicyKeep = "keep"
)

// mayTake tells whether an existing object has to be taken over; an error when it must not be.
func (op *operation) mayTake(t *target) (adopt bool, err error) {
	name, namespace := releaseOf(t.live)
	controller := metav1.GetControllerOf(t.live)
	owner := "nobody"
	switch {
	case name == op.r.Name && namespace == op.r.Namespace:
		return false, nil
	case name != "":
		owner = "release " + namespace + "/" + name
	case len(t.before) > 0:
		return false, nil // ours, and only the annotations were lost
	case controller != nil:
		owner = "controller " + controller.Kind + "/" + controller.Name
	}
	object := objectOf(t.ref)
	allowed := op.r.Adopt == AdoptAny ||
		op.r.Adopt == AdoptUnowned && owner == "nobody" ||
		slices.ContainsFunc(op.r.AdoptObjects, func(o Object) bool { return sameObject(o, object) })
	if !allowed {
		return false, &OwnershipError{Object: object, Owner: owner}
	}
	return true, nil
}

func sameObject(a, b Object) bool {
	return a.Kind == b.Kind && a.Name == b.Name && a.Namespace == b.Namespace && (a.APIVersion == b.APIVersion || a.APIVersion == "")
}

func releaseOf(o *unstructured.Unstructured) (name, namespace string) {
	a := o.GetAnnotations()
	return a[releaseName], a[releaseNamespace]
}

// owned returns a copy of an object with the release's name on it, as Helm writes it.
func owned(o *unstructured.Unstructured, name, namespace string) *unstructured.Unstructured {
	out := o.DeepCopy()
	addLabels(out, map[string]string{managedByLabel: "Helm"})
	annotations := out.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[releaseName], annotations[releaseNamespace] = name, namespace
	out.SetAnnotations(annotations)
	return out
}

func addLabels(o *unstructured.Unstructured, labels map[string]string) {
	if len(labels) == 0 {
		return
	}
	all := o.GetLabels()
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, labels)
	o.SetLabels(all)
}
