package cmsource

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/values"
)

// attempts is how often Save tries while others write the same ConfigMap.
const attempts = 10

// Save implements [values.Source].
func (s *Source) Save(ctx context.Context, section string, doc map[string]any, version string) (string, error) {
	text, err := encode(doc)
	if err != nil {
		return "", fmt.Errorf("%s, key %s: %w", s.title, section, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for range attempts {
		var saved string
		saved, err = s.try(ctx, section, text, version)
		if err == nil {
			return saved, nil
		}
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			break
		}
	}
	return "", fmt.Errorf("%s, key %s: %w", s.title, section, err)
}

// try reads, compares and writes once. An API conflict means that somebody wrote in between.
func (s *Source) try(ctx context.Context, section, text, version string) (string, error) {
	cm, err := s.client.Get(ctx, s.name, metav1.GetOptions{})
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return "", err
	}
	if missing {
		cm = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: s.name}}
	}
	if digest(cm.Data[section]) != read(version, section) {
		return "", values.ErrConflict
	}
	if cm.Data[section] == text {
		return fingerprint(cm.Data), nil
	}
	cm = cm.DeepCopy()
	cm.Data = clone(cm.Data)
	set(cm.Data, section, text)
	if missing {
		_, err = s.client.Create(ctx, cm, metav1.CreateOptions{})
	} else {
		_, err = s.client.Update(ctx, cm, metav1.UpdateOptions{})
	}
	if err != nil {
		return "", err
	}
	if s.known != nil {
		set(s.known, section, text)
	}
	s.overtaken = s.telling
	return fingerprint(cm.Data), nil
}

// encode writes a section as YAML, "" for an empty one.
func encode(doc map[string]any) (string, error) {
	if len(doc) == 0 {
		return "", nil
	}
	view, err := values.ViewOf(doc)
	if err != nil {
		return "", err
	}
	data, err := view.YAML()
	return string(data), err
}

func set(data map[string]string, key, text string) {
	if text == "" {
		delete(data, key)
		return
	}
	data[key] = text
}
