package kubeeventstest

// ConfigMaps is a kind that every cluster serves.
func ConfigMaps() Kind {
	return Kind{APIVersion: "v1", Kind: "ConfigMap", Plural: "configmaps", ShortNames: []string{"cm"}}
}

// Secrets is a kind that every cluster serves.
func Secrets() Kind {
	return Kind{APIVersion: "v1", Kind: "Secret", Plural: "secrets"}
}

// Pods is a kind that every cluster serves.
func Pods() Kind {
	return Kind{APIVersion: "v1", Kind: "Pod", Plural: "pods", ShortNames: []string{"po"}}
}

// Nodes is a kind that every cluster serves.
func Nodes() Kind {
	return Kind{APIVersion: "v1", Kind: "Node", Plural: "nodes", ShortNames: []string{"no"}, ClusterScoped: true}
}

// Namespaces is a kind that every cluster serves.
func Namespaces() Kind {
	return Kind{APIVersion: "v1", Kind: "Namespace", Plural: "namespaces", ShortNames: []string{"ns"}, ClusterScoped: true}
}

// CRDs is a kind that every cluster serves.
func CRDs() Kind {
	return Kind{APIVersion: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition", Plural: "customresourcedefinitions", ShortNames: []string{"crd"}, ClusterScoped: true}
}
