// Package fault is how the demo loses things on purpose, to prove that its checker
// notices: a proxy before the API server that refuses or swallows chosen requests and
// drops chosen watch events, and changes to the run's own copy of the modules folder. The
// product knows nothing of it.
package fault
