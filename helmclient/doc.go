// Package helmclient installs, upgrades, renders, inspects and deletes Helm releases.
//
// It uses Helm 3's chart, rendering and record packages and an executor of its own. Its promises:
//
//   - Nothing to do means nothing done. [Client.Apply] with unchanged inputs renders nothing, writes
//     nothing and creates no revision. While [Executor.Run] runs it also sends no request: what is known
//     of release records comes from one metadata list and one metadata watch per namespace.
//     (A chart that calls lookup repeats exactly the reads it made.)
//   - Records are Helm's own: Secrets of type helm.sh/release.v1 that helm list, history, get and
//     rollback understand. Each carries a mark that verifies for that very revision, so that a release
//     touched by another tool is never mistaken for ours.
//   - Killed at any write, the next Apply (or Delete) converges: a pending or uninstalling revision of
//     our own instance is taken over at once, another owner's never, and the owner is named.
//   - After the context ends no new write begins, and a call returns only when nothing it started still
//     runs. A revision interrupted that way stays pending, which is the truth.
//   - A chart, once loaded, is immutable and may be shared by any number of goroutines. Calls for one
//     release are serialized; calls for different releases run in parallel.
//   - Objects of another release are never taken unless asked for by [Request.Adopt] or by name.
//   - Values and the content of Secrets reach no log and no error.
//
// What [Client.Apply] does with a release is one table of ten lines, printed in decisions.md; how this
// differs from Helm's own commands stands in differences.md.
//
// [Client] is the interface that hosts program against; [Executor] carries it out on a cluster and
// package helmclienttest has an in-memory one for tests.
package helmclient
