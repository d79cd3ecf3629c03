package addon

import (
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/values"
)

// Options say what an operator runs and where. Each field has a default but
// for Namespace, and for one of REST and Clients.
type Options struct {
	// REST reaches the cluster; it is copied, never changed.
	REST *rest.Config
	// Clients are used in place of those made from REST; fakes go here.
	Clients Clients

	// Namespace holds the configuration and the releases of modules that name
	// no other.
	Namespace string
	// Instance names this operator across restarts: releases carry it, and those
	// that carry it and belong to no module are purged. One process at a time may
	// use it, and operators that share a namespace need different ones. Default:
	// "addonkit".
	Instance string

	Modules []Module
	Global  Global

	// Config delivers what users configured. nil: the ConfigMap named ConfigMap
	// in Namespace; it need not exist.
	Config values.Source
	// ConfigMap is used when Config is nil. Default: "addonkit".
	ConfigMap string

	// Helm applies releases. nil: a client on the same cluster.
	Helm helmclient.Client
	// Queue runs the tasks. nil: in memory, a worker per queue that has work.
	Queue queue.Runner

	// OrderTimeout is how long one order of modules may hold back the next
	// ones in a converge. Default: 30 s.
	OrderTimeout time.Duration
	// Backoff spaces the retries of the default Queue. Default: that of
	// package queue, 5 s doubling to 5 min.
	Backoff queue.Backoff
	// ReleaseTimeout bounds one install, upgrade or uninstall, its chart hooks
	// included. Default: 20 min.
	ReleaseTimeout time.Duration
	// History is how many revisions of a release are kept. Default: 5.
	History int
	// Labels are added to every object of every release. Default: none.
	Labels map[string]string
	// Adopt says what happens to existing objects that a chart names and that
	// are not its release's own. Default: they are refused.
	Adopt helmclient.Adoption
	// CRDs says how definitions in a chart's crds/ are handled. Default: created
	// and updated, unless that would harm objects that exist.
	CRDs helmclient.CRDPolicy

	// Log receives structured logs; the zero Logger discards them.
	Log logr.Logger
	// Metrics receives the operator's own metrics. nil: a registry of its own,
	// which Handler serves.
	Metrics prometheus.Registerer
	// MetricsPrefix begins the name of every metric. Default: "addonkit_".
	MetricsPrefix string
}

// Clients reach one cluster. Each that is nil is made from Options.REST; with
// neither, New fails and names what is missing.
type Clients struct {
	Kube      kubernetes.Interface
	Dynamic   dynamic.Interface
	Metadata  metadata.Interface
	Discovery discovery.DiscoveryInterface
	// Mapper finds resources by kind. nil: made from Discovery. With fakes, whose
	// discovery knows no kinds, give a Mapper and no Discovery.
	Mapper meta.RESTMapper
}

const (
	defaultInstance       = "addonkit"
	defaultConfigMap      = "addonkit"
	defaultMetricsPrefix  = "addonkit_"
	defaultHistory        = 5
	defaultOrderTimeout   = 30 * time.Second
	defaultReleaseTimeout = 20 * time.Minute
)

func (o Options) withDefaults() Options {
	setDefault(&o.Instance, defaultInstance)
	setDefault(&o.ConfigMap, defaultConfigMap)
	setDefault(&o.MetricsPrefix, defaultMetricsPrefix)
	setDefault(&o.History, defaultHistory)
	setDefault(&o.OrderTimeout, defaultOrderTimeout)
	setDefault(&o.ReleaseTimeout, defaultReleaseTimeout)
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
