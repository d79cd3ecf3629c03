// Package dag orders things that need each other.
//
// A [Graph] has hard edges, a node's Needs, and a soft order, its Order. Promises:
//
//   - Building it never fails: what is wrong concerns single nodes, and [Graph.Problem] tells it for each. A node in
//     a cycle gets the cycle, beginning with itself; a node that needs something unknown gets its name and the
//     nearest known one; a node that needs such a node, however far away, gets the way there.
//   - [Graph.Waves] holds every node without a problem exactly once, after all it needs. Where needs leave a choice,
//     lower orders come first and equal orders stand in one wave. A need beats the order.
//   - The same nodes give the same answers, in whatever sequence they are given.
//
// A Graph is immutable and safe for concurrent use.
package dag
