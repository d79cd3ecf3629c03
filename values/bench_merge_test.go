package values

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	stockyaml "sigs.k8s.io/yaml"
)

const benchModules = 200

// benchFiles returns what 200 modules start from: common static values, their own, and
// the configuration, about 4 KiB for each.
func benchFiles() (common []byte, static map[string][]byte, config map[string]string) {
	static, config = map[string][]byte{}, map[string]string{}
	var all strings.Builder
	for i := range benchModules {
		key := fmt.Sprintf("module%d", i)
		fmt.Fprintf(&all, "%s:\n  replicas: %d\n  labels: {team: t%d}\n", key, i, i%9)
		var own strings.Builder
		fmt.Fprintf(&own, "%s:\n  replicas: 1\n  components:\n", key)
		for c := range 24 {
			fmt.Fprintf(&own, "    part%d:\n      image: registry/part%d:%d.%d\n      enabled: true\n      resources: {cpu: %dm, memory: %dMi}\n      args: [--a=%d, --b, text]\n", c, c, i, c, c*10, c*16, c)
		}
		static[key] = []byte(own.String())
		config[key] = fmt.Sprintf("replicas: 3\ncomponents:\n  part3: {enabled: false}\n  part7: {args: [--c]}\n  extra: {image: x%d}\n", i)
	}
	return []byte(all.String()), static, config
}

// BenchmarkFirstMerge reads and merges everything at start, to digests.
func BenchmarkFirstMerge(b *testing.B) {
	common, static, config := benchFiles()
	b.Run("addonkit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = mergedStore(b, common, static, config).View().Digest()
		}
	})
	b.Run("stock", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for key, own := range static {
				var base, second, third map[string]any
				require.NoError(b, stockyaml.Unmarshal(common, &base))
				require.NoError(b, stockyaml.Unmarshal(own, &second))
				require.NoError(b, stockyaml.Unmarshal([]byte(config[key]), &third))
				section, _ := base[key].(map[string]any)
				merged := stockMerge(stockMerge(section, second[key].(map[string]any)), third)
				encoded, err := json.Marshal(merged)
				require.NoError(b, err)
				_ = md5.Sum(encoded)
			}
		}
	})
	b.Run("stock, common file once", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var base map[string]any
			require.NoError(b, stockyaml.Unmarshal(common, &base))
			for key, own := range static {
				var second, third map[string]any
				require.NoError(b, stockyaml.Unmarshal(own, &second))
				require.NoError(b, stockyaml.Unmarshal([]byte(config[key]), &third))
				section, _ := base[key].(map[string]any)
				encoded, err := json.Marshal(stockMerge(stockMerge(section, second[key].(map[string]any)), third))
				require.NoError(b, err)
				_ = md5.Sum(encoded)
			}
		}
	})
}

// BenchmarkExplain explains every leaf of what BenchmarkFirstMerge merges.
func BenchmarkExplain(b *testing.B) {
	common, static, config := benchFiles()
	s := mergedStore(b, common, static, config)
	b.ReportAllocs()
	for b.Loop() {
		all, err := s.Explain("")
		require.NoError(b, err)
		require.Greater(b, len(all), benchModules*100)
	}
}

func mergedStore(b testing.TB, common []byte, static map[string][]byte, config map[string]string) *Store {
	s := NewStore(Options{})
	for key, own := range static {
		require.NoError(b, s.SetSection(key, Spec{Static: []File{{Name: "values.yaml", Data: common}, {Name: key, Data: own}}}))
	}
	require.Empty(b, s.SetConfig(ParseConfig("CM", "1", config)).Errors)
	return s
}

func stockMerge(a, b map[string]any) map[string]any {
	out := make(map[string]any, len(a)+len(b))
	maps.Copy(out, a)
	for k, v := range b {
		if below, ok := out[k].(map[string]any); ok {
			if over, ok := v.(map[string]any); ok {
				out[k] = stockMerge(below, over)
				continue
			}
		}
		out[k] = v
	}
	return out
}
