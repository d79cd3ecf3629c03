package record

import (
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func TestRecordRoundTrip(t *testing.T) {
	s := &Store{Secrets: fake.NewClientset().CoreV1(), Annotation: "x.test/mark", Labels: map[string]string{"x.test/instance": "i"}, Manager: "i"}
	rel := &release.Release{Name: "web", Namespace: "ns", Version: 7, Manifest: "m", Config: map[string]any{"a": "b"},
		Chart: &chart.Chart{Metadata: &chart.Metadata{Name: "c"}}, Info: &release.Info{Status: release.StatusPendingUpgrade}}
	m, err := s.Create(t.Context(), rel, Mark{Instance: "i", Inputs: "d"})
	require.NoError(t, err)
	require.True(t, m.Verified)
	require.True(t, m.Pending())
	require.Equal(t, "sh.helm.release.v1.web.v7", m.Key)

	rel.Info.Status = release.StatusDeployed
	m, err = s.Update(t.Context(), rel, m.Mark, m)
	require.NoError(t, err)
	got, m, err := s.Get(t.Context(), "ns", "web", 7)
	require.NoError(t, err)
	require.Equal(t, rel, got)
	require.True(t, m.Verified)
	require.True(t, m.Good())

	secret, err := s.Secrets.Secrets("ns").Get(t.Context(), m.Key, metav1.GetOptions{})
	require.NoError(t, err)
	require.EqualValues(t, "helm.sh/release.v1", secret.Type)
	for k, v := range map[string]string{"owner": "helm", "name": "web", "status": "deployed", "version": "7", "x.test/instance": "i"} {
		require.Equal(t, v, secret.Labels[k], k)
	}
}

func TestAMarkVerifiesForOneRevisionInOneState(t *testing.T) {
	text := Mark{Instance: "i", Inputs: "d"}.sign("ns", "web", 7, "deployed").encode()
	_, ok := parseMark(text, "ns", "web", "7", "deployed")
	require.True(t, ok)
	for _, other := range [][4]string{
		{"other", "web", "7", "deployed"}, {"ns", "other", "7", "deployed"}, {"ns", "web", "8", "deployed"},
		{"ns", "web", "7", "failed"}, {"ns", "web", "x", "deployed"},
	} {
		_, ok := parseMark(text, other[0], other[1], other[2], other[3])
		require.False(t, ok, other)
	}
	for _, odd := range []string{"", "{", "{}", `{"v":99}`} {
		_, ok := parseMark(odd, "ns", "web", "7", "deployed")
		require.False(t, ok, odd)
	}
}

func TestDamagedRecords(t *testing.T) {
	for _, data := range []string{"", "!", "bm90IGpzb24=", "H4sIAAAA", "e30="} {
		_, err := decode([]byte(data))
		require.Error(t, err, data)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("H4sIAAAA"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = decode(data) })
}
