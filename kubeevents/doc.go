// Package kubeevents turns a cluster into filtered events and snapshots.
//
// A [Watcher] owns every watch. A [Subscription] says with a [Query] which objects it follows and what is kept of
// them. What the package promises:
//
//   - One stream and one store per resource and scope serve all subscriptions, whatever their number; the last Close
//     ends them.
//   - Only what a query asks for is kept: the result of its [Filter], the whole object only when Full is set. An
//     object is dropped as soon as it has been projected, in the first list too.
//   - Delivery is level-triggered: the last state of every object is delivered, states in between may be merged, an
//     object whose projection did not change is no event.
//   - A subscription calls nobody before [Subscription.Deliver]. Deliver takes the snapshot its owner has acted upon
//     and continues exactly there: what differs from it comes first, one event per object, then what happens.
//   - A [Snapshot] is immutable, sorted by namespace and name, and says how old its knowledge is. An interrupted
//     watch is told by [Subscription.State] and [Snapshot.Age]; it is never served as fresh.
//   - A kind that is not served, a refused permission, a dead API group or an API server that is away is a state, not
//     an end: it harms only the subscriptions it concerns and is retried until it is gone.
//   - All goroutines belong to [Watcher.Run] and have ended when it returns.
//
// # Streams
//
// Which stream serves a query is decided when the query is registered, by the query alone:
//
//   - exactly one name: a stream selecting that name, in the one namespace if exactly one is given. It carries one
//     object where others carry thousands, and is allowed to roles restricted by resourceNames;
//   - up to eight namespaces by name: a stream in each of them, so that a role in these namespaces suffices;
//   - everything else: a stream over all namespaces.
//
// Names, namespaces and labels are evaluated here, so queries that differ only in them share streams. Fields other
// than metadata.name and metadata.namespace are known to the API server alone and are selected by it: queries share
// a stream when their field terms are equal. A subscription that joins a running stream has the stream fill itself
// again, once for all who joined meanwhile, because nothing unasked for was kept.
//
// A stream whose subscriptions have neither a Filter nor Full transfers metadata only, when there is a client for it;
// it gives way to a whole one when somebody wants more. Once an hour a list of metadata is compared with what is kept,
// and a lost event healed.
//
// # Kinds
//
// Kinds are found in the server's discovery document, read when first needed. While a kind is not served, changes of
// CustomResourceDefinitions and APIServices start the next look; where these cannot be watched, and while a group
// does not answer, looks are repeated with growing intervals of up to half a minute.
package kubeevents
