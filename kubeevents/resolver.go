package kubeevents

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// resource is what a kind comes to.
type resource struct {
	gvr        schema.GroupVersionResource
	namespaced bool
}

// resolver finds resources. It belongs to the keeper's goroutine.
type resolver interface {
	// refresh asks the server anew. An error leaves what was known.
	refresh(ctx context.Context) error
	// find returns the resource, a *PendingError or a *GroupError.
	find(apiVersion, kind string) (resource, error)
	// dead tells whether groups did not answer.
	dead() bool
}

func newResolver(clients Clients) resolver {
	if clients.Discovery != nil {
		return &catalog{client: clients.Discovery}
	}
	return mapped{clients.Mapper}
}

// catalog is the discovery document, by all the names of a resource.
type catalog struct {
	client discovery.DiscoveryInterface
	byName map[string][]candidate
	failed map[schema.GroupVersion]error
}

type candidate struct {
	resource
	rank int // lower is preferred
}

// Ranks: a short name is worth less than any other, then comes the server's order of groups, then that of versions.
const (
	rankShort   = 1 << 24
	rankGroup   = 1 << 10
	rankVersion = 1
)

func (c *catalog) refresh(ctx context.Context) error {
	if cached, ok := c.client.(discovery.CachedDiscoveryInterface); ok {
		cached.Invalidate()
	}
	groups, lists, err := discovery.ToDiscoveryInterfaceWithContext(c.client).ServerGroupsAndResourcesWithContext(ctx)
	failed, partial := discovery.GroupDiscoveryFailedErrorGroups(err)
	if err != nil && !partial {
		return &DiscoveryError{err}
	}
	ranks := versionRanks(groups)
	c.failed, c.byName = failed, map[string][]candidate{}
	for _, list := range lists {
		if gv, err := schema.ParseGroupVersion(list.GroupVersion); err == nil {
			for _, r := range list.APIResources {
				c.add(gv, r, ranks[list.GroupVersion])
			}
		}
	}
	for _, candidates := range c.byName {
		slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	}
	return nil
}

func (c *catalog) find(apiVersion, kind string) (resource, error) {
	want, _ := schema.ParseGroupVersion(apiVersion)
	for _, candidate := range c.byName[strings.ToLower(kind)] {
		if apiVersion == "" || candidate.gvr.GroupVersion() == want {
			return candidate.resource, nil
		}
	}
	if err := c.failed[want]; apiVersion != "" && err != nil {
		return resource{}, &GroupError{GroupVersion: apiVersion, Err: err}
	}
	pending := &PendingError{APIVersion: apiVersion, Kind: kind}
	if apiVersion == "" {
		for gv := range c.failed {
			pending.Dead = append(pending.Dead, gv.String())
		}
		slices.Sort(pending.Dead)
	}
	return resource{}, pending
}

func (c *catalog) dead() bool { return len(c.failed) > 0 }

func (c *catalog) add(gv schema.GroupVersion, r metav1.APIResource, rank int) {
	canWatch := len(r.Verbs) == 0 || slices.Contains(r.Verbs, "watch") && slices.Contains(r.Verbs, "list")
	if strings.Contains(r.Name, "/") || !canWatch {
		return
	}
	if r.Group != "" || r.Version != "" {
		gv = schema.GroupVersion{Group: cmp.Or(r.Group, gv.Group), Version: cmp.Or(r.Version, gv.Version)}
	}
	found := candidate{resource{gv.WithResource(r.Name), r.Namespaced}, rank}
	for _, name := range unique([]string{strings.ToLower(r.Name), strings.ToLower(r.Kind), strings.ToLower(r.SingularName)}) {
		if name != "" {
			c.byName[name] = append(c.byName[name], found)
		}
	}
	found.rank += rankShort
	for _, name := range r.ShortNames {
		c.byName[strings.ToLower(name)] = append(c.byName[strings.ToLower(name)], found)
	}
}

// versionRanks follows the order of the server, the core group before all, a group's preferred version first.
func versionRanks(groups []*metav1.APIGroup) map[string]int {
	ranks := map[string]int{}
	for i, group := range groups {
		base := (i + 1) * rankGroup
		if group.Name == "" {
			base = 0
		}
		for j, version := range group.Versions {
			ranks[version.GroupVersion] = base + (j+1)*rankVersion
		}
		ranks[group.PreferredVersion.GroupVersion] = base
	}
	return ranks
}

// mapped finds resources by a RESTMapper.
type mapped struct{ mapper meta.RESTMapper }

func (m mapped) refresh(context.Context) error {
	meta.MaybeResetRESTMapper(m.mapper)
	return nil
}

func (m mapped) find(apiVersion, kind string) (resource, error) {
	gv, _ := schema.ParseGroupVersion(apiVersion)
	gvk, err := m.mapper.KindFor(gv.WithResource(strings.ToLower(kind)))
	if err != nil {
		gvk = gv.WithKind(kind)
	}
	mapping, err := m.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	switch {
	case meta.IsNoMatchError(err):
		return resource{}, &PendingError{APIVersion: apiVersion, Kind: kind}
	case err != nil:
		return resource{}, &DiscoveryError{err}
	}
	return resource{mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace}, nil
}

func (mapped) dead() bool { return false }
