// Package dag finds what is wrong with things that need each other.
//
// Building a [Graph] never fails: what is wrong concerns single nodes, and [Graph.Problem] tells it for each. A node
// in a cycle gets the cycle, beginning with itself; a node that needs something unknown gets its name and the nearest
// known one; a node that needs such a node, however far away, gets the way there. The same nodes give the same
// answers, in whatever sequence they are given.
//
// A Graph is immutable and safe for concurrent use.
package dag
