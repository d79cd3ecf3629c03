//go:build !race

package kubeevents_test

const interleavings = 10_000
