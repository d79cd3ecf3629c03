package kubeevents

import (
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Filter projects an object onto what a subscription wants to know of it.
//
// Apply must not change obj or keep any part of it that is not in the result. It is called from several goroutines at
// once, once per changed object even when several subscriptions have the same filter. Its result is JSON-like (nil,
// bool, numbers, strings, []any, map[string]any) and kept in a compact form, or any other Go value, which is kept as
// it is, compared with reflect.DeepEqual and shared by all readers.
//
// An error concerns the object at hand: it is told by Subscription.State, and what was known of the object stays. It
// must not contain values of the object.
type Filter interface {
	Apply(obj *unstructured.Unstructured) (any, error)
}

// FilterFunc is a function as a Filter. Filters made of functions are never taken for the same; a subscription made
// with the same pointer or comparable value shares its results.
type FilterFunc func(obj *unstructured.Unstructured) (any, error)

// Apply calls f.
func (f FilterFunc) Apply(obj *unstructured.Unstructured) (any, error) { return f(obj) }

// Keyed is an optional ability of filters: those of the same key are the same, and are applied once per object for
// all subscriptions that have them.
type Keyed interface {
	FilterKey() string
}

// Pick makes a filter of a typed projection. T is the type of the object as Go knows it, *corev1.Pod or any struct
// with JSON names that holds the fields of interest: the fewer fields, the cheaper. R should be small and free of
// pointers into T; results are R values in [Item.Result] and [Results].
//
// With unstructured.Unstructured as T the object is passed as it is.
func Pick[T, R any](project func(obj *T) (R, error)) Filter {
	return &pick[T, R]{project: project, decode: newDecoder(reflect.TypeFor[T]())}
}

type pick[T, R any] struct {
	project func(*T) (R, error)
	decode  decoder
}

func (p *pick[T, R]) Apply(obj *unstructured.Unstructured) (any, error) {
	if same, ok := any(obj).(*T); ok {
		return p.typed(same)
	}
	object := new(T)
	if err := p.decode(obj.Object, reflect.ValueOf(object).Elem()); err != nil {
		return nil, fmt.Errorf("%w %T", err, *object)
	}
	return p.typed(object)
}

func (p *pick[T, R]) typed(object *T) (any, error) {
	result, err := p.project(object)
	if err != nil {
		return nil, err
	}
	return result, nil
}

func (*pick[T, R]) keepsType() {}

// typeKeeping filters have results that come back as the very type they were, though they could be packed.
type typeKeeping interface{ keepsType() }
