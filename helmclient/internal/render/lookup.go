package render

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"helm.sh/helm/v3/pkg/engine"
)

// Lookups answers a chart's lookups and remembers what was read.
type Lookups struct {
	Dynamic dynamic.Interface
	Mapping func(ctx context.Context, gvk schema.GroupVersionKind) (*meta.RESTMapping, error)

	mu   sync.Mutex
	read map[Lookup]string
}

// Lookup is one read: of an object, or of all objects of a kind when Name is "".
type Lookup struct {
	APIVersion string `json:"v"`
	Kind       string `json:"k"`
	Namespace  string `json:"ns,omitempty"`
	Name       string `json:"n,omitempty"`
}

// Seen is a lookup and the digest of what it found.
type Seen struct {
	Lookup
	Digest string `json:"d"`
}

// Seen returns all reads so far, in a stable order.
func (l *Lookups) Seen() []Seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Seen, 0, len(l.read))
	for k, d := range l.read {
		out = append(out, Seen{k, d})
	}
	slices.SortFunc(out, func(a, b Seen) int {
		return strings.Compare(a.APIVersion+a.Kind+a.Namespace+"/"+a.Name, b.APIVersion+b.Kind+b.Namespace+"/"+b.Name)
	})
	return out
}

// Same repeats reads and tells whether all find what they found before.
func (l *Lookups) Same(ctx context.Context, seen []Seen) (bool, error) {
	for _, s := range seen {
		client, err := l.client(ctx, s.APIVersion, s.Kind)
		if err != nil {
			if noMatch := (*meta.NoKindMatchError)(nil); errors.As(err, &noMatch) {
				return false, nil
			}
			return false, err
		}
		in := client.Namespace(s.Namespace)
		if s.Name != "" {
			_, err = in.Get(ctx, s.Name, metav1.GetOptions{})
		} else {
			_, err = in.List(ctx, metav1.ListOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return false, err
		}
		l.mu.Lock()
		same := l.read[s.Lookup] == s.Digest
		l.mu.Unlock()
		if !same {
			return false, nil
		}
	}
	return true, nil
}

func (l *Lookups) provider(ctx context.Context) engine.ClientProvider { return provider{l, ctx} }

func (l *Lookups) client(ctx context.Context, apiVersion, kind string) (*reader, error) {
	gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
	m, err := l.Mapping(ctx, gvk)
	if err != nil {
		return nil, err
	}
	resource := l.Dynamic.Resource(m.Resource)
	return &reader{
		NamespaceableResourceInterface: resource, in: resource,
		lookups: l, ctx: ctx, key: Lookup{APIVersion: apiVersion, Kind: kind},
		namespaced: m.Scope.Name() == meta.RESTScopeNameNamespace,
	}, nil
}

func (l *Lookups) saw(key Lookup, content map[string]any) {
	digest := "absent"
	if content != nil {
		data, _ := json.Marshal(content) // JSON-like by construction
		sum := sha256.Sum256(data)
		digest = hex.EncodeToString(sum[:8])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read == nil {
		l.read = map[Lookup]string{}
	}
	l.read[key] = digest
}

type provider struct {
	lookups *Lookups
	ctx     context.Context //nolint:containedctx // the engine has none to give
}

func (p provider) GetClientFor(apiVersion, kind string) (dynamic.NamespaceableResourceInterface, bool, error) {
	r, err := p.lookups.client(p.ctx, apiVersion, kind)
	if err != nil {
		return nil, false, err
	}
	return r, r.namespaced, nil
}

// reader is the part of a dynamic client that lookups use, under the caller's context.
type reader struct {
	dynamic.NamespaceableResourceInterface
	in         dynamic.ResourceInterface
	lookups    *Lookups
	ctx        context.Context //nolint:containedctx // the engine has none to give
	key        Lookup
	namespaced bool
}

func (r *reader) Namespace(ns string) dynamic.ResourceInterface {
	if ns == "" || !r.namespaced {
		return r
	}
	sub := *r
	sub.in, sub.key.Namespace = r.NamespaceableResourceInterface.Namespace(ns), ns
	return &sub
}

func (r *reader) Get(_ context.Context, name string, o metav1.GetOptions, _ ...string) (*unstructured.Unstructured, error) {
	obj, err := r.in.Get(r.ctx, name, o)
	key := r.key
	key.Name = name
	switch {
	case apierrors.IsNotFound(err):
		r.lookups.saw(key, nil)
	case err == nil:
		r.lookups.saw(key, stable(obj.Object))
	}
	return obj, err
}

func (r *reader) List(_ context.Context, o metav1.ListOptions) (*unstructured.UnstructuredList, error) {
	list, err := r.in.List(r.ctx, o)
	switch {
	case apierrors.IsNotFound(err):
		r.lookups.saw(r.key, nil)
	case err == nil:
		items := make([]any, len(list.Items))
		for i := range list.Items {
			items[i] = stable(list.Items[i].Object)
		}
		r.lookups.saw(r.key, map[string]any{"items": items})
	}
	return list, err
}

// stable leaves out what changes without a change that a template would act upon.
func stable(obj map[string]any) map[string]any {
	out := maps.Clone(obj)
	if md, ok := obj["metadata"].(map[string]any); ok {
		md = maps.Clone(md)
		delete(md, "resourceVersion")
		delete(md, "managedFields")
		delete(md, "generation")
		out["metadata"] = md
	}
	return out
}
