//go:build race

package kubeevents_test

// interleavings under the race detector are ten times as dear.
const interleavings = 1000
