// Package cluster starts a local control plane (package localcluster, a module of its own)
// as child processes and gives its clients: what every test against a real API server and
// the demo begin with. It needs nothing of Kubernetes beyond client-go.
//
// What it promises:
//
//   - The binary is built once per state of its sources, with visible progress, into the
//     ignored folder .cache of the repository; two processes never build at once.
//   - [Start] returns when the control plane serves, in about three seconds.
//   - [Cluster.Stop] leaves no process, no listening port and no file. When the process
//     that called Start dies, however it dies, the same happens without it.
//   - A part that was killed comes back by [Cluster.StartPart] on the same port, with the same
//     certificates and data.
package cluster
