// Package process runs one foreign program and gives everything back that it took.
//
// Promises of [Run]:
//
//   - The program runs in its own process group, with stdin from the null device, and dies with this process, however
//     that ends. So do its descendants, once the run is older than some milliseconds and where there is a /bin/sh.
//   - It returns soon after the context ends: the group gets SIGTERM, after the grace SIGKILL.
//     A descendant that holds the output open delays the return by [HoldDelay] at most.
//   - When it returns, no process of the group lives, nor any descendant that left the group and still has the
//     run's token in its environment (found through /proc where there is one).
//   - Output is streamed to the given writers and never collected by this package.
package process
