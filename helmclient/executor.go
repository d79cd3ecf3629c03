package helmclient

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"

	"github.com/addonkit/addonkit/helmclient/internal/cluster"
	"github.com/addonkit/addonkit/helmclient/internal/record"
)

var _ Client = (*Executor)(nil)

// Executor is the Client that works on a cluster.
type Executor struct {
	kube    kubernetes.Interface
	dynamic dynamic.Interface
	cluster *cluster.Cluster
	records *record.Index
	store   *record.Store

	instance   string
	epoch      string
	manager    string
	validation string
	ownerAlive func(ctx context.Context, instance, epoch string) (bool, error)
	history    int
	timeout    time.Duration
	parallel   int
	log        logr.Logger

	mu    sync.Mutex
	locks map[string]*lock // by namespace/name
}

// New returns an Executor. It sends no request and starts nothing.
func New(o Options) (*Executor, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("helmclient: %w", err)
	}
	store := &record.Store{
		Secrets: o.Kube.CoreV1(),
		Domain:  o.LabelDomain,
		Labels:  map[string]string{o.LabelDomain + "/instance": o.Instance},
		Manager: o.FieldManager,
	}
	return &Executor{
		kube: o.Kube, dynamic: o.Dynamic,
		cluster: cluster.New(o.Discovery, o.Mapper),
		records: &record.Index{Store: store, Metadata: o.Metadata}, store: store,
		instance: o.Instance, epoch: o.Epoch, manager: o.FieldManager, validation: o.FieldValidation, ownerAlive: o.OwnerAlive,
		history: o.History, timeout: o.Timeout, parallel: o.Parallel, log: o.Log,
		locks: map[string]*lock{},
	}, nil
}

// Run follows release records by one metadata watch for each namespace that is asked about, from the first
// question on, and what kinds the API server has by two more. It blocks until ctx ends, has ended every
// watch when it returns, and may be called once.
//
// An Executor works without Run as well; then each call lists the records of its release, and discovery is
// refreshed by unknown kinds only.
func (x *Executor) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if x.records.Metadata != nil {
		wg.Go(func() { x.cluster.Follow(ctx, x.records.Metadata) })
	}
	return x.records.Run(ctx)
}

func (o *Options) complete() (err error) {
	if o.REST != nil {
		if o.Kube == nil {
			o.Kube, err = kubernetes.NewForConfig(o.REST)
		}
		if o.Dynamic == nil && err == nil {
			o.Dynamic, err = dynamic.NewForConfig(o.REST)
		}
		if o.Metadata == nil && err == nil {
			o.Metadata, err = metadata.NewForConfig(o.REST)
		}
		if err != nil {
			return err
		}
	}
	if o.Kube == nil || o.Dynamic == nil {
		return errors.New("no clients: give Options.REST, or Kube and Dynamic")
	}
	if o.Discovery == nil {
		o.Discovery = o.Kube.Discovery()
	}
	o.Instance = or(o.Instance, "addonkit")
	if msgs := validation.IsValidLabelValue(o.Instance); len(msgs) > 0 {
		return fmt.Errorf("Options.Instance %q is no label value: %s", o.Instance, strings.Join(msgs, "; "))
	}
	o.Epoch = or(o.Epoch, rand.Text())
	o.LabelDomain = or(o.LabelDomain, LabelDomain)
	o.FieldManager = or(o.FieldManager, o.Instance)
	o.FieldValidation = or(o.FieldValidation, metav1.FieldValidationStrict)
	o.History = or(o.History, 5)
	o.Timeout = or(o.Timeout, 5*time.Minute)
	o.Parallel = or(o.Parallel, 8)
	return nil
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// lock serializes the calls for one release.
type lock struct {
	token chan struct{}
	users int
}

// hold waits for the release to be free. release must be called when it is nil-error.
func (x *Executor) hold(ctx context.Context, namespace, name string) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key := namespace + "/" + name
	x.mu.Lock()
	l := x.locks[key]
	if l == nil {
		l = &lock{token: make(chan struct{}, 1)}
		x.locks[key] = l
	}
	l.users++
	x.mu.Unlock()
	leave := func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(x.locks, key)
		}
	}
	select {
	case l.token <- struct{}{}:
		return func() { <-l.token; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
