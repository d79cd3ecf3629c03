package addon

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/addonkit/addonkit/addon/internal/cmsource"
	"github.com/addonkit/addonkit/addon/internal/kubewrite"
	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/queue"
)

// clients are those of the options, completed from REST. It sends no request.
func (o Options) clients() (Clients, error) {
	c := o.Clients
	if o.REST == nil {
		if c.Kube == nil || c.Dynamic == nil {
			return c, errors.New("addon: neither Options.REST nor both of Options.Clients.Kube and Dynamic are set; give a REST config or clients")
		}
		if c.Discovery == nil && c.Mapper == nil {
			c.Discovery = c.Kube.Discovery()
		}
	} else if err := c.fromREST(o.REST); err != nil {
		return c, fmt.Errorf("addon: clients from Options.REST: %w", err)
	}
	if c.Mapper == nil {
		c.Mapper = mapperOf(c.Discovery)
	}
	return c, nil
}

func (c *Clients) fromREST(config *rest.Config) (err error) {
	config = rest.CopyConfig(config)
	client, err := rest.HTTPClientFor(config) // one pool of connections for all of them
	if err != nil {
		return err
	}
	build := func(missing bool, with func() error) {
		if missing && err == nil {
			err = with()
		}
	}
	build(c.Kube == nil, func() error { c.Kube, err = kubernetes.NewForConfigAndClient(config, client); return err })
	build(c.Dynamic == nil, func() error { c.Dynamic, err = dynamic.NewForConfigAndClient(config, client); return err })
	build(c.Metadata == nil, func() error { c.Metadata, err = metadata.NewForConfigAndClient(config, client); return err })
	build(c.Discovery == nil, func() error {
		c.Discovery, err = discovery.NewDiscoveryClientForConfigAndClient(config, client)
		return err
	})
	return err
}

// mapperOf finds resources by discovery, read when first needed and again when
// a kind is missed.
func mapperOf(d discovery.DiscoveryInterface) meta.RESTMapper {
	return restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(d))
}

// connect makes the parts that the options leave to us.
func (o *Operator) connect(c Clients) (err error) {
	o.watcher = kubeevents.New(kubeevents.Options{Log: o.log.WithName("watch"),
		Clients: kubeevents.Clients{Dynamic: c.Dynamic, Metadata: c.Metadata, Discovery: c.Discovery, Mapper: c.Mapper}})
	o.writer = kubewrite.New(c.Dynamic, c.Mapper, o.opts.Instance)
	o.config, o.helm, o.queue = o.opts.Config, o.opts.Helm, o.opts.Queue
	if o.config == nil {
		o.config = cmsource.New(c.Kube, o.opts.Namespace, o.opts.ConfigMap, o.log.WithName("config"))
	}
	if o.helm == nil {
		if o.helm, err = helmclient.New(helmclient.Options{Kube: c.Kube, Dynamic: c.Dynamic, Metadata: c.Metadata, Discovery: c.Discovery,
			Mapper: c.Mapper, Instance: o.opts.Instance, History: o.opts.History, Log: o.log.WithName("release")}); err != nil {
			return fmt.Errorf("addon: %w", err)
		}
	}
	if o.queue == nil {
		o.queue = queue.NewMemory(queue.Options{Backoff: o.opts.Backoff})
	}
	return nil
}
