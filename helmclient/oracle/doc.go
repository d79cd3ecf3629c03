// Package oracle holds helmclient against stock Helm: what it renders, that stock Helm works with its
// records, and how long an upgrade takes. It is a module of its own, because helm.sh/helm/v3/pkg/action
// brings hundreds of packages that hosts of the library do not need.
package oracle
