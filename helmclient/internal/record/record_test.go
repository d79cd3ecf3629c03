package record

import (
	"encoding/base64"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func TestRecordRoundTrip(t *testing.T) {
	s := &Store{Secrets: fake.NewClientset().CoreV1(), Domain: "x.test", Labels: map[string]string{"x.test/instance": "i"}, Manager: "i"}
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

func TestLargeReleases(t *testing.T) {
	random := func(n int) string { // does not compress
		b := make([]byte, n*3/4)
		_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
		return base64.StdEncoding.EncodeToString(b)
	}
	secrets := fake.NewClientset().CoreV1()
	s := &Store{Secrets: secrets, Domain: "x.test", Manager: "i"}
	count := func() int {
		list, err := secrets.Secrets("ns").List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		return len(list.Items)
	}
	rel := func(version, manifest, files int) *release.Release {
		return &release.Release{Name: "web", Namespace: "ns", Version: version, Manifest: random(manifest), Config: map[string]any{"a": "b"},
			Chart: &chart.Chart{Metadata: &chart.Metadata{Name: "c"}, Files: []*chart.File{{Name: "f", Data: []byte(random(files))}}},
			Info:  &release.Info{Status: release.StatusPendingUpgrade}}
	}
	slim := rel(1, 100, 2<<20)
	_, err := s.Create(t.Context(), slim, Mark{})
	require.NoError(t, err)
	require.Equal(t, 1, count())
	got, _, err := s.Get(t.Context(), "ns", "web", 1)
	require.NoError(t, err)
	require.Equal(t, slim.Manifest, got.Manifest)
	require.Empty(t, got.Chart.Files)

	large := rel(2, 5<<20, 0)
	m, err := s.Create(t.Context(), large, Mark{Instance: "i"})
	require.NoError(t, err)
	require.Greater(t, m.Parts, 4)
	require.Equal(t, 2+m.Parts, count())
	large.Info.Status = release.StatusDeployed
	m, err = s.Update(t.Context(), large, m.Mark, m)
	require.NoError(t, err)
	require.True(t, m.Verified)
	got, m, err = s.Get(t.Context(), "ns", "web", 2)
	require.NoError(t, err)
	require.Equal(t, large.Manifest, got.Manifest)
	require.Equal(t, release.StatusDeployed, got.Info.Status)

	require.NoError(t, secrets.Secrets("ns").Delete(t.Context(), m.Key+".part2", metav1.DeleteOptions{}))
	_, _, err = s.Get(t.Context(), "ns", "web", 2)
	require.Error(t, err, "a good revision with a lost part is damaged")
	large.Info.Status = release.StatusPendingUpgrade
	m, err = s.Update(t.Context(), large, m.Mark, m)
	require.NoError(t, err)
	got, m, err = s.Get(t.Context(), "ns", "web", 2)
	require.NoError(t, err)
	require.Empty(t, got.Manifest, "an interrupted one had applied nothing")

	require.NoError(t, s.Delete(t.Context(), m))
	require.Equal(t, 1, count())
}
