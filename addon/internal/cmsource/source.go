// Package cmsource is a values.Source on a ConfigMap.
//
// The ConfigMap need not exist: a missing one is an empty configuration, and
// Save makes it. One watch on this one object is all it asks of the API server
// while nothing happens.
package cmsource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/addonkit/addonkit/values"
)

// Source reads and writes one ConfigMap. It is safe for concurrent use.
type Source struct {
	kube            kubernetes.Interface
	maps            typedcorev1.ConfigMapInterface
	namespace, name string
	log             logr.Logger

	// mu is held while our own write is under way, so that its event meets a
	// state that knows of it.
	mu sync.Mutex
	// told is the data as our reader knows it, its own writes included; nil
	// before the first time.
	told map[string]string
	// versions is the data at the last few versions that a reader may build on.
	versions []version
}

// version is the data at one resourceVersion; "" stands for no ConfigMap.
type version struct {
	name string
	data map[string]string
}

// keptVersions bounds how far behind a Save may be without a conflict.
const keptVersions = 16

var _ values.Source = (*Source)(nil)

// New makes a source; it asks nothing of the API server.
func New(kube kubernetes.Interface, namespace, name string, log logr.Logger) *Source {
	return &Source{kube: kube, maps: kube.CoreV1().ConfigMaps(namespace), namespace: namespace, name: name, log: log}
}

// Save replaces the data of one section, if nobody changed that section since
// version. A change of other sections meanwhile is no conflict.
func (s *Source) Save(ctx context.Context, section string, doc map[string]any, version string) (string, error) {
	text, err := encode(doc)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		cm, err := s.get(ctx)
		if err != nil {
			return "", err
		}
		if !s.unmoved(cm, section, version) {
			return "", values.ErrConflict
		}
		saved, err := s.write(ctx, cm, section, text)
		switch {
		case err == nil:
			s.wrote(section, saved)
			return saved.ResourceVersion, nil
		case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
		default:
			return "", fmt.Errorf("write ConfigMap %s/%s: %w", s.namespace, s.name, err)
		}
	}
}

// get reads the ConfigMap; one without resourceVersion stands for none.
func (s *Source) get(ctx context.Context) (*corev1.ConfigMap, error) {
	cm, err := s.maps.Get(ctx, s.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: s.name}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read ConfigMap %s/%s: %w", s.namespace, s.name, err)
	}
	return cm, nil
}

// unmoved tells whether the section is what it was at a version.
func (s *Source) unmoved(cm *corev1.ConfigMap, section, at string) bool {
	if cm.ResourceVersion == at {
		return true
	}
	for _, v := range s.versions {
		if v.name == at {
			return v.data[section] == cm.Data[section]
		}
	}
	return false
}

func (s *Source) write(ctx context.Context, cm *corev1.ConfigMap, section, text string) (*corev1.ConfigMap, error) {
	cm = cm.DeepCopy()
	if cm.Data == nil {
		cm.Data = map[string]string{}
	}
	cm.Data[section] = text
	if text == "" {
		delete(cm.Data, section)
	}
	if cm.ResourceVersion == "" {
		return s.maps.Create(ctx, cm, metav1.CreateOptions{})
	}
	return s.maps.Update(ctx, cm, metav1.UpdateOptions{})
}

// wrote remembers our own write: an event that brings nothing else is not told.
func (s *Source) wrote(section string, cm *corev1.ConfigMap) {
	s.keep(cm)
	if s.told == nil {
		return
	}
	told := maps.Clone(s.told)
	delete(told, section)
	if text, ok := cm.Data[section]; ok {
		told[section] = text
	}
	s.told = told
}

func (s *Source) keep(cm *corev1.ConfigMap) {
	s.versions = append(s.versions, version{cm.ResourceVersion, cm.Data})
	if over := len(s.versions) - keptVersions; over > 0 {
		s.versions = append([]version(nil), s.versions[over:]...)
	}
}

func encode(doc map[string]any) (string, error) {
	if len(doc) == 0 {
		return "", nil
	}
	text, err := yaml.Marshal(doc)
	if err != nil {
		return "", errors.New("the section cannot be written as YAML")
	}
	return string(text), nil
}
