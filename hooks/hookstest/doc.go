// Package hookstest runs one hook, a Go function or an executable, on values and objects given as text, without a
// cluster and without mocks: what comes back is data to compare.
package hookstest
