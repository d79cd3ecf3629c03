package helmclient

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// LabelDomain is the default domain of the labels and annotations that this package writes.
const LabelDomain = "addonkit.dev"

// Options configure an [Executor].
type Options struct {
	// REST makes the clients that are not given. Its QPS and Burst are used as they are.
	REST *rest.Config
	// The clients to use. With fakes, give Kube, Dynamic and Mapper.
	Kube      kubernetes.Interface         // release records
	Dynamic   dynamic.Interface            // everything a chart holds
	Metadata  metadata.Interface           // lists and watches of records; nil without REST: Kube lists them whole, at each call
	Discovery discovery.DiscoveryInterface // capabilities; nil without REST: Kube's
	Mapper    meta.RESTMapper              // nil: made from Discovery; reset when it misses a kind, if it can be

	// Instance names this operator across restarts. One process at a time may use it: hold a Lease.
	// Default "addonkit".
	Instance string
	// Epoch names this start of the process. Default: a random string.
	Epoch string
	// OwnerAlive says whether another instance's process may still be at work. Its interrupted revisions
	// are taken over only if not. nil: it always may.
	OwnerAlive func(ctx context.Context, instance, epoch string) (bool, error)

	// LabelDomain is the domain of labels and annotations on records. Default [LabelDomain].
	LabelDomain string
	// FieldManager names us in managedFields. Default: Instance.
	FieldManager string
	// FieldValidation says what the API server does about fields it does not know: "Strict" refuses the
	// object, "Warn" and "Ignore" drop them. Default "Strict".
	FieldValidation string
	// History is the number of revisions kept for each release. Default 5.
	History int
	// Timeout bounds Apply and Delete. Default 5 minutes.
	Timeout time.Duration
	// Parallel bounds the requests of one call that are in flight at the same time. Default 8.
	Parallel int

	// Log gets what the errors do not tell. The zero value discards.
	Log logr.Logger
}
