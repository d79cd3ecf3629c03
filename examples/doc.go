// Package examples holds no code of its own: its tests run the hooks, scripts
// and charts of the folder modules and of global-hooks, without a cluster.
package examples
