// Package helmclienttest helps to test what uses a [helmclient.Client].
//
// [New] returns a client that renders charts for real and keeps releases and their objects in memory. It
// needs no API server, starts no goroutine and works in a testing/synctest bubble.
//
// [TestClient] is the suite that every implementation of helmclient.Client has to pass.
package helmclienttest
