package helmclient

import (
	"context"
	"errors"
	"fmt"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/render"
)

// TemplateOptions describe the cluster and the release that [Template] imagines.
type TemplateOptions struct {
	KubeVersion string   // default "v1.37.0"
	APIVersions []string // group/version and group/version/Kind; default: what Helm knows without a cluster
	Revision    int      // .Release.Revision; default 1
	Upgrade     bool     // .Release.IsUpgrade rather than IsInstall
}

// Template renders a request without a cluster: lookup finds nothing, and namespaces are left as the
// chart has them.
func Template(ctx context.Context, r Request, o TemplateOptions) (Rendering, error) {
	out, err := template(ctx, r, o)
	return out, releaseError(r.Namespace, r.Name, err)
}

func template(ctx context.Context, r Request, o TemplateOptions) (Rendering, error) {
	if err := r.Validate(); err != nil {
		return Rendering{}, err
	}
	caps := chartutil.DefaultCapabilities.Copy()
	version, err := chartutil.ParseKubeVersion(or(o.KubeVersion, "v1.37.0"))
	if err != nil {
		return Rendering{}, fmt.Errorf("TemplateOptions.KubeVersion: %w", err)
	}
	caps.KubeVersion = *version
	if len(o.APIVersions) > 0 {
		caps.APIVersions = o.APIVersions
	}
	if kinds := r.Chart.kinds(); len(kinds) > 0 && r.CRDs != CRDsSkip {
		caps = withKinds(caps, kinds)
	}
	out, err := render.Render(ctx, render.Input{
		Chart: r.Chart.loaded.Helm, Values: r.Values, Name: r.Name, Namespace: r.Namespace,
		Revision: or(o.Revision, 1), Upgrade: o.Upgrade, Capabilities: caps, Labels: r.Labels,
	})
	if err != nil {
		return Rendering{}, fail(PhaseRender, "", manifest.Ref{}, err)
	}
	objects, err := manifest.Parse(out.Manifest)
	if err == nil {
		err = unique(objects)
	}
	if err != nil {
		return Rendering{}, fail(PhasePlan, "", manifest.Ref{}, err)
	}
	return renderingOf(out, objects), nil
}

func unique(objects []manifest.Object) error {
	seen := map[manifest.Ref]bool{}
	var errs []error
	for _, o := range objects {
		ref := manifest.RefOf(o.Unstructured)
		if seen[ref.Key()] {
			errs = append(errs, twice(o, ref))
		}
		seen[ref.Key()] = true
	}
	return errors.Join(errs...)
}

func twice(o manifest.Object, ref manifest.Ref) error {
	return &manifest.InvalidError{Source: o.Source, Err: fmt.Errorf("%s is in the chart more than once", objectOf(ref))}
}
