package nearest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/internal/nearest"
)

func TestName(t *testing.T) {
	known := []string{"host", "replicas", "y", "crontab", "zoo", "boo"}
	for name, want := range map[string]string{
		"hots": "host", "replica": "replicas", "REPLICAS": "replicas", "cron": "", "crontabs": "crontab",
		"x": "", "": "", "moo": "boo", "entirely-different": "",
	} {
		require.Equal(t, want, nearest.Name(name, known), name)
	}
	long := strings.Repeat("a", 1000)
	require.Empty(t, nearest.Name(long, []string{long}))
}
