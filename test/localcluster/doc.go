// Package localcluster runs a real Kubernetes control plane from Go modules: etcd,
// kube-apiserver, kube-controller-manager, kube-scheduler and simulated nodes (KWOK),
// all in the calling process, or one [Part] of it per process.
//
// What it promises:
//
//   - Everything listens on 127.0.0.1 only, on free ports chosen once and kept in the
//     folder, so a part that was killed comes back on the same port with the same
//     certificates and the same data.
//   - Everything it writes is below [Options.Dir].
//   - [Run] returns only when all it started has ended; etcd ends last.
//   - Every request but the health probes' own intermediate stages is in the audit log.
//
// No container ever runs. Pods become Ready at once, pods of Jobs and pods that are not
// restarted (chart hooks, chart tests) succeed, and the annotation "sim/behaviour" makes a
// pod misbehave: "crash" (CrashLoopBackOff, or Failed when it is not restarted), "slow"
// (Ready after three seconds) or "never" (Pending for good).
//
// The components keep global state (feature gates, metrics), so a process can run one
// control plane in its life; for a second one start a second process.
//
// Files in the folder that others read: "kubeconfig" (administrator), "audit.log" (one
// JSON event a line).
package localcluster
