package cmsource

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	client "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/addonkit/addonkit/values"
)

// Source is the configuration in one ConfigMap. Safe for concurrent use, but for Watch: one at a time.
type Source struct {
	client client.ConfigMapInterface
	name   string
	title  string // for errors and provenance
	log    logr.Logger

	mu        sync.Mutex        // held over reads and writes of the ConfigMap, not over calls of fn
	known     map[string]string // data as the watcher was told or has saved it; nil: tell it whatever it is
	telling   bool              // fn is being called
	overtaken bool              // by a Save, while telling
}

var _ values.Source = (*Source)(nil)

// New makes a Source on the ConfigMap of that name, which need not exist. It sends no request.
func New(c kubernetes.Interface, namespace, name string, log logr.Logger) *Source {
	return &Source{
		client: c.CoreV1().ConfigMaps(namespace), name: name,
		title: fmt.Sprintf("ConfigMap %s/%s", namespace, name), log: log,
	}
}

// Watch implements [values.Source]. It returns nil when ctx ends, and nothing before.
func (s *Source) Watch(ctx context.Context, fn func(values.Config)) error {
	s.mu.Lock()
	s.known = nil
	s.mu.Unlock()
	f := follower{source: s, fn: fn}
	for delay := firstDelay; ; {
		begun := time.Now()
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is no error
		}
		if time.Since(begun) > stable {
			delay = firstDelay
			if err == nil { // the server ends watches now and then
				continue
			}
		}
		if err != nil {
			s.log.Error(err, "the configuration cannot be watched; trying again", "configMap", s.title, "after", delay.String())
		}
		if !sleep(ctx, jitter(delay)) {
			return nil
		}
		delay = min(2*delay, lastDelay)
	}
}

// refresh reads the ConfigMap and tells it, if it is not known. It returns the version to watch from.
func (s *Source) refresh(ctx context.Context, fn func(values.Config)) (string, error) {
	for {
		config, version, err := s.news(ctx)
		if err != nil || config == nil {
			return version, err
		}
		fn(*config)
		s.mu.Lock()
		again := s.overtaken
		s.telling, s.overtaken = false, false
		if again { // the receiver may have put the older state in force after the newer
			s.known = nil
		}
		s.mu.Unlock()
		if !again {
			return version, nil
		}
	}
}

// news is the configuration if it is not known yet, else nil.
func (s *Source) news(ctx context.Context) (*values.Config, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.client.List(ctx, s.only())
	if err != nil {
		return nil, "", err
	}
	var data map[string]string
	for _, cm := range list.Items {
		if cm.Name == s.name {
			data = cm.Data
		}
	}
	if s.known != nil && maps.Equal(s.known, data) {
		return nil, list.ResourceVersion, nil
	}
	s.known, s.telling = clone(data), true
	config := values.ParseConfig(s.title, fingerprint(data), data)
	return &config, list.ResourceVersion, nil
}

// isKnown tells whether the watcher knows the data.
func (s *Source) isKnown(data map[string]string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known != nil && maps.Equal(s.known, data)
}

func (s *Source) only() metav1.ListOptions {
	return metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", s.name).String()}
}

// dataOf is the data of a ConfigMap that may be nil.
func dataOf(cm *corev1.ConfigMap) map[string]string {
	if cm == nil {
		return nil
	}
	return cm.Data
}
