package audit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/test/audit"
)

const (
	get        = `{"stage":"ResponseComplete","verb":"get","requestURI":"/api/v1/namespaces/a/pods/x","userAgent":"demo/v1 (linux/amd64) kubernetes/unknown","objectRef":{"resource":"pods","namespace":"a","name":"x"},"responseStatus":{"code":200}}` + "\n"
	patch      = `{"stage":"ResponseComplete","verb":"patch","requestURI":"/apis/apps/v1/…","userAgent":"all/v1 (linux/amd64) kubernetes/unknown/node-controller","objectRef":{"resource":"deployments","apiGroup":"apps","subresource":"status","namespace":"a","name":"x"},"responseStatus":{"code":409}}` + "\n"
	watchBegan = `{"stage":"ResponseStarted","verb":"watch","requestURI":"/api/v1/pods?watch=1","userAgent":"demo/v1","objectRef":{"resource":"pods"},"responseStatus":{"code":200}}` + "\n"
	watchEnded = `{"stage":"ResponseComplete","verb":"watch","requestURI":"/api/v1/pods?watch=1","userAgent":"demo/v1","objectRef":{"resource":"pods"},"responseStatus":{"code":200}}` + "\n"
	refused    = `{"stage":"ResponseComplete","verb":"watch","requestURI":"/api/v1/pods?watch=1","userAgent":"demo/v1","objectRef":{"resource":"pods"},"responseStatus":{"code":403}}` + "\n"
	review     = `{"stage":"ResponseComplete","verb":"create","requestURI":"/apis/…","userAgent":"demo/v1","objectRef":{"resource":"subjectaccessreviews","apiGroup":"authorization.k8s.io"},"responseStatus":{"code":201}}` + "\n"
	health     = `{"stage":"ResponseComplete","verb":"get","requestURI":"/healthz?verbose","userAgent":"probe/1","responseStatus":{"code":200}}` + "\n"
)

func open(t *testing.T, content string) (*audit.Log, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return audit.Open(path, nil), path
}

func TestTable(t *testing.T) {
	log, _ := open(t, get+get+patch+watchBegan+watchEnded+refused+review+health)
	events, err := log.Since(audit.Mark{})
	require.NoError(t, err)
	require.Equal(t, `COUNT  CLIENT           VERB    KIND
2      demo             get     pods
2      demo             watch   pods
1      demo             create  subjectaccessreviews.authorization.k8s.io
1      node-controller  patch   deployments.apps/status
1      probe            get     /healthz
7      in all
`, events.Table().String())
	require.Len(t, events.Where(audit.Mutating), 1)
	require.Len(t, events.Where(audit.Failed), 2)
	require.Len(t, events.Where(audit.Agent("demo/"), audit.Not(audit.Verb("watch"))), 3)
	require.Len(t, events.Where(audit.Object("a", "x"), audit.Kind("pods", "deployments.apps/status")), 3)
	require.Len(t, events.Where(audit.Object("a", "")), 3)
}

func TestALineThatIsStillBeingWrittenIsLeftForLater(t *testing.T) {
	log, path := open(t, get+patch[:40])
	events, err := log.Since(audit.Mark{})
	require.NoError(t, err)
	require.Len(t, events, 1)
	mark, err := log.Here()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(get+patch), 0o600))
	events, err = log.Since(audit.Mark{})
	require.NoError(t, err)
	require.Len(t, events, 2)
	_, err = log.Since(mark)
	require.ErrorContains(t, err, path, "half a line is no event")
}

func TestMarkComesAfterWhatWasAnswered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	require.NoError(t, os.WriteFile(path, []byte(get), 0o600))
	log := audit.Open(path, func(_ context.Context, asked string) error {
		return appendTo(path, patch+`{"stage":"ResponseComplete","verb":"get","requestURI":"`+asked+`"}`+"\n"+get)
	})
	mark, err := log.Mark(t.Context())
	require.NoError(t, err)
	events, err := log.Since(mark)
	require.NoError(t, err)
	require.Empty(t, events, "what was read while waiting is before the mark")
	events, err = log.Since(audit.Mark{})
	require.NoError(t, err)
	require.Len(t, events, 3, "the mark itself is no request")
}

func TestFollow(t *testing.T) {
	log, path := open(t, get)
	ctx, cancel := context.WithCancel(t.Context())
	var verbs []string
	err := log.Follow(ctx, audit.Mark{}, func(e audit.Event) {
		verbs = append(verbs, e.Verb)
		switch len(verbs) {
		case 1:
			require.NoError(t, appendTo(path, patch))
		case 2:
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"get", "patch"}, verbs)
}

func TestMarkNeedsAWayToAsk(t *testing.T) {
	log, _ := open(t, get)
	_, err := log.Mark(t.Context())
	require.ErrorContains(t, err, "without a way to ask")
}

func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
