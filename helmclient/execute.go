package helmclient

import (
	"context"
	"encoding/json"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/helmclient/internal/merge"
)

// applyAll writes objects kind by kind in install order, those of one kind in parallel. An object that
// fails lets the others of its kind go on and holds back the kinds after it.
func (op *operation) applyAll(ctx context.Context, p *plan) error {
	for _, group := range byKind(p.items) {
		if err := op.each(ctx, group, func(t *target) error { return op.applyOne(ctx, t) }); err != nil {
			return err
		}
		if err := op.established(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

func byKind(items []*target) (groups [][]*target) {
	for i, t := range items {
		if i == 0 || items[i-1].ref.Kind != t.ref.Kind {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], t)
	}
	return groups
}

const attempts = 5 // at one object while others change it at the same time

// applyOne creates or patches one object, or finds that there is nothing to write.
func (op *operation) applyOne(ctx context.Context, t *target) error {
	if t.unchanged {
		return nil
	}
	var err error
	for range attempts {
		if err = op.read(ctx, t); err != nil {
			break
		}
		if t.live != nil && t.live.GetDeletionTimestamp() != nil {
			if err = op.untilGone(ctx, t.ref, t.live.GetUID(), t.in); err != nil {
				break
			}
			t.live = nil
		}
		if err = op.write(ctx, t); !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) {
			break
		}
		t.read = false // somebody was faster: look again
		if apierrors.IsNotFound(err) && t.live == nil {
			break // not the object but what it needs, such as its namespace
		}
	}
	return fail(PhaseApply, "", t.ref, err)
}

func (op *operation) write(ctx context.Context, t *target) error {
	want := owned(t.Unstructured, op.r.Name, op.r.Namespace)
	if t.live == nil {
		_, err := op.createObject(ctx, t.in, want)
		return op.changed(t, Created, err)
	}
	patch, err := merge.ThreeWay(t.before, want, t.live)
	if err != nil || patch.Empty() {
		return err
	}
	verb := Updated
	if t.adopt {
		verb = Adopted
	}
	err = op.patch(ctx, t, patch)
	if isImmutable(err) && slices.Contains(op.r.RecreateKinds, t.ref.Kind) {
		return op.changed(t, Replaced, op.replace(ctx, t, want))
	}
	return op.changed(t, verb, err)
}

// replace deletes an object that cannot be changed and creates it anew.
func (op *operation) replace(ctx context.Context, t *target, want *unstructured.Unstructured) error {
	uid := t.live.GetUID()
	if err := op.deleteObject(ctx, t.in, t.ref.Name, uid); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	if err := op.untilGone(ctx, t.ref, uid, t.in); err != nil {
		return err
	}
	_, err := op.createObject(ctx, t.in, want)
	return err
}

func (op *operation) patch(ctx context.Context, t *target, p merge.Patch) error {
	data := p.Data
	if p.Lists {
		// A list is replaced whole, so nobody may have changed the object since it was read.
		var doc map[string]any
		if err := json.Unmarshal(data, &doc); err != nil {
			return err
		}
		if rv := t.live.GetResourceVersion(); rv != "" {
			_ = unstructured.SetNestedField(doc, rv, "metadata", "resourceVersion")
		}
		var err error
		if data, err = json.Marshal(doc); err != nil {
			return err
		}
	}
	return op.patchObject(ctx, t.in, t.ref.Name, data)
}

// changed notes a write that succeeded.
func (op *operation) changed(t *target, verb Verb, err error) error {
	if err == nil {
		t.wrote = true
		op.note(Change{objectOf(t.ref), verb})
	}
	return err
}

func (op *operation) note(c Change) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.result.Changes = append(op.result.Changes, c)
}
