package cmsource

import (
	"context"
	"maps"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/addonkit/addonkit/values"
)

// Watch tells fn the whole configuration, at first and after every change that
// is not our own. An API server that is away or refuses is asked again, with
// growing delays, and the last configuration stays.
func (s *Source) Watch(ctx context.Context, fn func(values.Config)) error {
	only := fields.OneTermEqualSelector(metav1.ObjectNameField, s.name).String()
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = only
			return s.maps.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = only
			return s.maps.Watch(ctx, o)
		},
	}
	log := s.log
	reflector := cache.NewReflectorWithOptions(cache.ToListWatcherWithWatchListSemantics(lw, s.kube), &corev1.ConfigMap{},
		&follower{source: s, fn: fn}, cache.ReflectorOptions{Name: "configuration", Logger: &log})
	reflector.RunWithContext(logr.NewContext(ctx, log))
	return nil
}

// tell passes a state on unless it is known already.
func (s *Source) tell(cm *corev1.ConfigMap, fn func(values.Config)) {
	s.mu.Lock()
	s.keep(cm)
	news := s.told == nil || !maps.Equal(s.told, cm.Data)
	if news {
		s.told = maps.Clone(cm.Data)
		if s.told == nil {
			s.told = map[string]string{}
		}
	}
	s.mu.Unlock()
	if news {
		fn(values.ParseConfig("ConfigMap "+s.namespace+"/"+s.name, cm.ResourceVersion, cm.Data))
	}
}

// follower is the end of the watch: a store that keeps nothing and tells.
type follower struct {
	source *Source
	fn     func(values.Config)
}

var _ cache.ReflectorStore = (*follower)(nil)

func (f *follower) Add(obj any) error { return f.Update(obj) }
func (f *follower) Resync() error     { return nil }

func (f *follower) Update(obj any) error {
	if cm, ok := obj.(*corev1.ConfigMap); ok && cm.Name == f.source.name { // fakes select nothing
		f.source.tell(cm, f.fn)
	}
	return nil
}

func (f *follower) Delete(obj any) error {
	if cm, ok := obj.(*corev1.ConfigMap); ok && cm.Name == f.source.name {
		f.source.tell(&corev1.ConfigMap{}, f.fn)
	}
	return nil
}

func (f *follower) Replace(list []any, _ string) error {
	for _, obj := range list {
		if cm, ok := obj.(*corev1.ConfigMap); ok && cm.Name == f.source.name {
			return f.Update(obj)
		}
	}
	f.source.tell(&corev1.ConfigMap{}, f.fn)
	return nil
}
