// Package cluster is the plumbing of one cluster, shared by all operations: discovery, mapping, capabilities.
package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"helm.sh/helm/v3/pkg/chartutil"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"

	"github.com/addonkit/addonkit/helmclient/internal/chartfs"
)

// Cluster caches what the API server serves. It is safe for concurrent use.
type Cluster struct {
	discovery discovery.DiscoveryInterfaceWithContext
	mapper    meta.RESTMapperWithContext

	mu     sync.Mutex
	caps   *chartutil.Capabilities
	missed time.Time // when an unknown kind last led to a new discovery
}

// New returns a cluster that reads nothing yet. mapper may be nil.
func New(d discovery.DiscoveryInterface, mapper meta.RESTMapper) *Cluster {
	direct := discovery.ToDiscoveryInterfaceWithContext(d)
	if mapper != nil {
		return &Cluster{discovery: direct, mapper: meta.ToRESTMapperWithContext(mapper)}
	}
	cached := memory.NewMemCacheClientWithContext(direct)
	return &Cluster{discovery: cached, mapper: restmapper.NewDeferredDiscoveryRESTMapperWithContext(cached)}
}

// Mapping finds the resource of a kind. A kind that is not known is looked for once more in fresh
// discovery before an error that IsUnknown recognizes is returned.
func (c *Cluster) Mapping(ctx context.Context, gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	m, err := c.mapper.RESTMappingWithContext(ctx, gvk.GroupKind(), gvk.Version)
	if IsUnknown(err) && c.refreshForMiss(ctx) {
		m, err = c.mapper.RESTMappingWithContext(ctx, gvk.GroupKind(), gvk.Version)
	}
	if IsUnknown(err) {
		return nil, c.orSilent(ctx, gvk.GroupVersion(), err)
	}
	return m, err
}

// SilentError says that an API group exists and does not answer, so that nothing is known of its kinds.
type SilentError struct {
	GroupVersion schema.GroupVersion
	Err          error
}

func (e *SilentError) Error() string {
	return fmt.Sprintf("the API group %s does not answer: %v", e.GroupVersion, e.Err)
}

// Unwrap returns the cause.
func (e *SilentError) Unwrap() error { return e.Err }

// orSilent tells a kind that is not served from one whose group cannot say.
func (c *Cluster) orSilent(ctx context.Context, gv schema.GroupVersion, unknown error) error {
	_, err := c.discovery.ServerResourcesForGroupVersionWithContext(ctx, gv.String())
	if err == nil || apierrors.IsNotFound(err) || errors.Is(err, memory.ErrCacheNotFound) {
		return unknown
	}
	return &SilentError{gv, err}
}

// IsUnknown tells whether err says that a kind is not served.
func IsUnknown(err error) bool {
	var kind *meta.NoKindMatchError
	var resource *meta.NoResourceMatchError
	return errors.As(err, &kind) || errors.As(err, &resource)
}

// missInterval bounds how often unknown kinds lead to a new discovery.
const missInterval = 2 * time.Second

func (c *Cluster) refreshForMiss(ctx context.Context) bool {
	c.mu.Lock()
	recent := time.Since(c.missed) < missInterval
	if !recent {
		c.missed = time.Now()
	}
	c.mu.Unlock()
	if !recent {
		c.Refresh(ctx)
	}
	return !recent
}

// Refresh forgets what was discovered, after kinds have come or gone.
func (c *Cluster) Refresh(ctx context.Context) {
	c.mu.Lock()
	c.caps = nil
	c.mu.Unlock()
	if cached, ok := c.discovery.(discovery.CachedDiscoveryInterfaceWithContext); ok {
		cached.InvalidateWithContext(ctx)
	}
	meta.MaybeResetRESTMapperWithContext(ctx, c.mapper)
}

// Capabilities are what templates see as .Capabilities.
func (c *Cluster) Capabilities(ctx context.Context) (*chartutil.Capabilities, error) {
	c.mu.Lock()
	caps := c.caps
	c.mu.Unlock()
	if caps != nil {
		return caps, nil
	}
	version, err := c.discovery.ServerVersionWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("server version: %w", err)
	}
	groups, resources, err := c.discovery.ServerGroupsAndResourcesWithContext(ctx)
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	caps = &chartutil.Capabilities{
		APIVersions: versions(groups, resources),
		KubeVersion: chartutil.KubeVersion{Version: version.GitVersion, Major: version.Major, Minor: version.Minor},
		HelmVersion: chartutil.DefaultCapabilities.HelmVersion,
	}
	c.mu.Lock()
	c.caps = caps
	c.mu.Unlock()
	return caps, nil
}

// versions lists group/version and group/version/Kind, as templates ask for them.
func versions(groups []*metav1.APIGroup, resources []*metav1.APIResourceList) chartutil.VersionSet {
	set := map[string]struct{}{}
	for _, g := range groups {
		for _, v := range g.Versions {
			set[v.GroupVersion] = struct{}{}
		}
	}
	for _, list := range resources {
		for _, r := range list.APIResources {
			set[list.GroupVersion+"/"+r.Kind] = struct{}{}
		}
	}
	if len(set) == 0 {
		return chartutil.DefaultVersionSet
	}
	out := make(chartutil.VersionSet, 0, len(set))
	for v := range set {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

// Digest identifies the part of the capabilities that a chart looks at; "" when it looks at none.
func Digest(caps *chartutil.Capabilities, uses chartfs.Uses) string {
	if !uses.KubeVersion && !uses.APIVersions {
		return ""
	}
	h := sha256.New()
	if uses.KubeVersion {
		fmt.Fprintln(h, caps.KubeVersion.Version)
	}
	if uses.APIVersions {
		for _, v := range caps.APIVersions {
			io.WriteString(h, v+"\n")
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
