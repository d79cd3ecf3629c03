package helmclient

import (
	"context"
	"errors"

	"helm.sh/helm/v3/pkg/release"

	"github.com/addonkit/addonkit/helmclient/internal/manifest"
)

// Tester is implemented by clients that can run a chart's tests. [Executor] is one.
type Tester interface {
	// Test runs the test hooks of the newest revision, which has to be deployed, one after the other. An
	// error names the first that failed. Records are not changed.
	Test(ctx context.Context, namespace, name string) error
}

var _ Tester = (*Executor)(nil)

// Test implements [Tester].
func (x *Executor) Test(ctx context.Context, namespace, name string) error {
	free, err := x.hold(ctx, namespace, name)
	if err != nil {
		return releaseError(namespace, name, err)
	}
	defer free()
	ctx, cancel := context.WithTimeout(ctx, x.timeout)
	defer cancel()
	return releaseError(namespace, name, x.test(ctx, namespace, name))
}

func (x *Executor) test(ctx context.Context, namespace, name string) error {
	history, err := x.records.History(ctx, namespace, name)
	if err != nil {
		return fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	if len(history) == 0 {
		return ErrNotFound
	}
	last := history[len(history)-1]
	if last.State != "deployed" {
		return fail(PhaseCheck, "", manifest.Ref{}, errors.New("the newest revision is "+last.State+"; only a deployed one can be tested"))
	}
	rel, _, err := x.store.Get(ctx, namespace, name, last.Revision)
	if err != nil {
		return fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	tests := hookRun{Executor: x, rel: rel, again: true}
	_, err = tests.run(ctx, release.HookTest)
	return err
}
