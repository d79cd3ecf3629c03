package chartfs

import (
	"bytes"
	"path"

	"helm.sh/helm/v3/pkg/chart"
)

// Uses tells what of the cluster's capabilities a chart may look at. It is found by reading the text of
// templates, values and files, so it may say yes where the template never gets there.
type Uses struct {
	KubeVersion bool
	APIVersions bool
}

// In adds what text, for instance values that a template evaluates, may look at.
func (u Uses) In(text []byte) Uses {
	if !bytes.Contains(text, []byte("Capabilities")) {
		return u
	}
	kube := bytes.Contains(text, []byte("KubeVersion"))
	apis := bytes.Contains(text, []byte("APIVersions"))
	none := !kube && !apis // taken whole, for instance in a variable
	return Uses{KubeVersion: u.KubeVersion || kube || none, APIVersions: u.APIVersions || apis || none}
}

func usesOf(c *chart.Chart) Uses {
	u := Uses{KubeVersion: c.Metadata.KubeVersion != ""}
	for _, f := range c.Templates {
		u = u.In(f.Data)
	}
	for _, f := range c.Raw {
		if f.Name == "values.yaml" {
			u = u.In(f.Data)
		}
	}
	for _, f := range c.Files {
		if path.Ext(f.Name) != ".md" {
			u = u.In(f.Data)
		}
	}
	for _, sub := range c.Dependencies() {
		s := usesOf(sub)
		u = Uses{KubeVersion: u.KubeVersion || s.KubeVersion, APIVersions: u.APIVersions || s.APIVersions}
	}
	return u
}
