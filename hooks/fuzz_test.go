package hooks_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
)

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(fullConfig), false)
	f.Add([]byte("onKubernetesEvent: [{kind: Pod, event: [add]}]"), true)
	f.Fuzz(func(_ *testing.T, data []byte, global bool) {
		h, err := hooks.ParseConfig(data, global)
		if err == nil {
			h.Name, h.Run = "x", hooks.Hook{}.Run
			_ = h.Validate(global)
			_ = h.Contexts([]hooks.Context{{Binding: "kubernetes", Type: hooks.TypeSynchronization}}, nil)
		}
	})
}

// What is taken can be written and is then taken for the same.
func FuzzParseChanges(f *testing.F) {
	f.Add([]byte(changeStream))
	f.Add([]byte(`[{"operation":"JSONPatch","kind":"P","name":"a","jsonPatch":[{"op":"add","path":"","value":null}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		changes, err := hooks.ParseChanges(data)
		if err != nil {
			return
		}
		text, err := json.Marshal(changes)
		require.NoError(t, err)
		again, err := hooks.ParseChanges(text)
		require.NoError(t, err, "%s", text)
		if len(changes) > 0 {
			once, err := json.Marshal(again)
			require.NoError(t, err)
			require.Equal(t, string(text), string(once))
		}
	})
}

func FuzzParseMetrics(f *testing.F) {
	f.Add([]byte(`{"name":"a","action":"observe","value":0.4,"buckets":[0.1,1,5],"labels":{"x":"y"},"group":"g"}{"name":"b","add":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		metrics, err := hooks.ParseMetrics(data)
		if err != nil {
			return
		}
		text, err := json.Marshal(metrics)
		require.NoError(t, err)
		again, err := hooks.ParseMetrics(text)
		require.NoError(t, err, "%s", text)
		if len(metrics) > 0 {
			require.Len(t, again, len(metrics))
		}
	})
}

func FuzzParseCron(f *testing.F) {
	for _, spec := range []string{"*/5 * * * *", "15 30 2 * * *", "@every 1h", "CRON_TZ=UTC @daily", "TZ=", "@every 0s"} {
		f.Add(spec)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, spec string) {
		if c, err := hooks.ParseCron(spec); err == nil {
			next := c.Next(now)
			require.True(t, next.IsZero() || next.After(now))
		}
	})
}
