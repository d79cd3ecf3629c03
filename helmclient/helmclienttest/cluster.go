package helmclienttest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/helmclient"
)

// Objects returns copies of what releases have put into a namespace ("" is cluster-scoped objects),
// sorted by kind and name.
func (f *Fake) Objects(namespace string) []*unstructured.Unstructured {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	out := []*unstructured.Unstructured{}
	for _, o := range f.state.objects {
		if o.content.GetNamespace() == namespace {
			out = append(out, o.content.DeepCopy())
		}
	}
	slices.SortFunc(out, func(a, b *unstructured.Unstructured) int {
		return compare(refOf(a).String(), refOf(b).String())
	})
	return out
}

// Object returns a copy of one object, nil when it does not exist.
func (f *Fake) Object(kind, namespace, name string) *unstructured.Unstructured {
	for _, o := range f.Objects(namespace) {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	return nil
}

// Remove takes an object away behind the releases' back. It reports whether it was there.
func (f *Fake) Remove(kind, namespace, name string) bool {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	for key := range f.state.objects {
		if key.Kind == kind && key.Namespace == namespace && key.Name == name {
			delete(f.state.objects, key)
			return true
		}
	}
	return false
}

// Calls returns every call so far, of all clients of this cluster.
func (f *Fake) Calls() []Call {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	return slices.Clone(f.state.calls)
}

// Hooks returns the chart hooks that ran, as "event name", in order.
func (f *Fake) Hooks() []string {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	return slices.Clone(f.state.hooks)
}

// History returns all revisions that are kept of a release, oldest first.
func (f *Fake) History(namespace, name string) []helmclient.Status {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	var out []helmclient.Status
	for _, r := range f.state.releases[namespace+"/"+name] {
		s := r.status
		s.Ours = s.Instance == f.instance()
		out = append(out, s)
	}
	return out
}

// Interrupt adds a revision that some instance began and did not finish. Instance "" is another tool.
func (f *Fake) Interrupt(namespace, name, instance string) {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	key := namespace + "/" + name
	state := "pending-install"
	if f.everGood(key) {
		state = "pending-upgrade"
	}
	f.state.releases[key] = append(f.state.releases[key], &revision{status: helmclient.Status{
		Name: name, Namespace: namespace, Revision: f.newest(key).Revision + 1, State: state, Instance: instance,
	}})
}

// refuse finds objects that belong to somebody else.
func (f *Fake) refuse(r helmclient.Request, objects []*unstructured.Unstructured) error {
	key := r.Namespace + "/" + r.Name
	for _, o := range objects {
		have := f.state.objects[keyOf(o)]
		if have == nil || have.release == key || r.Adopt == helmclient.AdoptAny ||
			have.release == "" && r.Adopt == helmclient.AdoptUnowned || slices.Contains(r.AdoptObjects, refOf(o)) {
			continue
		}
		owner := "nobody"
		if have.release != "" {
			owner = "release " + have.release
		}
		return &helmclient.OwnershipError{Object: refOf(o), Owner: owner}
	}
	return nil
}

func (f *Fake) put(release string, objects []*unstructured.Unstructured) (changes []helmclient.Change) {
	for _, o := range objects {
		have := f.state.objects[keyOf(o)]
		verb := helmclient.Updated
		switch {
		case have == nil:
			verb = helmclient.Created
		case have.release != release:
			verb = helmclient.Adopted
		case reflect.DeepEqual(have.content.Object, o.Object):
			continue
		}
		f.state.objects[keyOf(o)] = &object{content: o.DeepCopy(), release: release}
		changes = append(changes, helmclient.Change{Object: refOf(o), Verb: verb})
	}
	return changes
}

// prune removes the objects of a release that are not in keep.
func (f *Fake) prune(release string, keep []*unstructured.Unstructured) (changes []helmclient.Change) {
	for key, o := range f.state.objects {
		if o.release != release || o.content.GetAnnotations()["helm.sh/resource-policy"] == "keep" ||
			slices.ContainsFunc(keep, func(k *unstructured.Unstructured) bool { return keyOf(k) == key }) {
			continue
		}
		delete(f.state.objects, key)
		changes = append(changes, helmclient.Change{Object: refOf(o.content), Verb: helmclient.Removed})
	}
	slices.SortFunc(changes, func(a, b helmclient.Change) int { return compare(a.Object.String(), b.Object.String()) })
	return changes
}

func (f *Fake) runHooks(r helmclient.Request, rendering helmclient.Rendering, upgrade bool, when string) {
	event := when + "-install"
	if upgrade {
		event = when + "-upgrade"
	}
	if r.DisableHooks {
		return
	}
	var all []helmclient.Hook
	for _, h := range rendering.Hooks {
		if slices.Contains(h.Events, event) {
			all = append(all, h)
		}
	}
	slices.SortStableFunc(all, func(a, b helmclient.Hook) int {
		if a.Weight != b.Weight {
			return a.Weight - b.Weight
		}
		return compare(a.Object.Name, b.Object.Name)
	})
	for _, h := range all {
		f.state.hooks = append(f.state.hooks, event+" "+h.Object.Name)
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// digest identifies the inputs of a release.
func digest(r helmclient.Request) (string, error) {
	data, err := json.Marshal([]any{r.Chart.Digest(), r.Values, r.Labels, r.CRDs, r.DisableHooks})
	if err != nil {
		return "", errors.New("Request.Values are not JSON-like")
	}
	sum := sha256.Sum256(data)
	return "fake:" + hex.EncodeToString(sum[:]), nil
}

// clusterScoped tells built-in kinds without a namespace; there is no discovery to ask.
func clusterScoped(kind string) bool {
	switch kind {
	case "APIService", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding", "CSIDriver", "CSINode",
		"CustomResourceDefinition", "DeviceClass", "FlowSchema", "IngressClass", "MutatingAdmissionPolicy",
		"MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume",
		"PodSecurityPolicy", "PriorityClass", "PriorityLevelConfiguration", "RuntimeClass", "StorageClass",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
		"VolumeAttachment", "VolumeAttributesClass":
		return true
	}
	return false
}
