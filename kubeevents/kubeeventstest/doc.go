// Package kubeeventstest tests code that takes a kubeevents.Watcher, without a cluster.
//
// A [Cluster] is the part of an API server that watches need, in memory: versions with a history, pages, streaming
// lists, bookmarks, label and field selectors, and failures on demand. Everything works inside testing/synctest.
//
//	c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
//	watcher := kubeeventstest.Start(t, c)
//	subscription, err := watcher.Subscribe(kubeevents.Query{Kind: "ConfigMap"}, nil)
//	c.Apply(`{apiVersion: v1, kind: ConfigMap, metadata: {namespace: default, name: settings}}`)
package kubeeventstest
