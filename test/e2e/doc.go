// Package e2e is what tests against a real control plane begin with: one cluster for all
// tests of a package, a namespace for each test, and identities with exactly the rights
// that a test grants.
//
//	func TestMain(m *testing.M) { e2e.Main(m) }
//
//	func TestSomething(t *testing.T) {
//		cluster := e2e.Cluster(t)
//		namespace := e2e.Namespace(t)
//		…
//	}
//
// The cluster is started by the first test that asks for it. Tests are skipped, saying so,
// only when -short is given and the control plane has not been built.
package e2e
