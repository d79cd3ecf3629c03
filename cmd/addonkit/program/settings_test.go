package program

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSettings(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		env  map[string]string
		want func(*settings)
	}{
		{name: "defaults are addon-operator's", want: func(*settings) {}},
		{name: "environment", env: map[string]string{
			"ADDON_OPERATOR_MODULES_DIR": "/a:/b", "ADDON_OPERATOR_NAMESPACE": "addons", "ADDON_OPERATOR_LISTEN_PORT": "80",
			"ADDON_OPERATOR_CRD_EXTRA_LABELS": "a=b,c=d", "HELM_TIMEOUT": "5m", "KUBE_CONFIG": "/k", "LOG_NO_TIME": "true",
		}, want: func(s *settings) {
			s.modulesDirs, s.namespace, s.listenPort = "/a:/b", "addons", 80
			s.labels = map[string]string{"a": "b", "c": "d"}
			s.helmTimeout, s.kubeConfig, s.logNoTime = 5*time.Minute, "/k", true
		}},
		{name: "names without the prefix", env: map[string]string{"MODULES_DIR": "/a", "GLOBAL_HOOKS_DIR": "/g"},
			want: func(s *settings) { s.modulesDirs, s.globalHooksDir = "/a", "/g" }},
		{name: "the prefix wins", env: map[string]string{"MODULES_DIR": "/a", "ADDON_OPERATOR_MODULES_DIR": "/b"},
			want: func(s *settings) { s.modulesDirs = "/b" }},
		{name: "a flag wins", args: []string{"--modules-dir", "/c"}, env: map[string]string{"ADDON_OPERATOR_MODULES_DIR": "/b"},
			want: func(s *settings) { s.modulesDirs = "/c" }},
		{name: "empty is not set", env: map[string]string{"ADDON_OPERATOR_CONFIG_MAP": ""}, want: func(*settings) {}},
		{name: "addon-operator's flags", args: []string{"--kube-config", "/k", "--prometheus-listen-port", "1"},
			env:  map[string]string{"KUBECONFIG": "/weaker", "ADDON_OPERATOR_LISTEN_PORT": "2"},
			want: func(s *settings) { s.kubeConfig, s.listenPort = "/k", 1 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := settings{
				modulesDirs: "modules", globalHooksDir: "global-hooks", tempDir: "/tmp/addon-operator", hookTimeout: 30 * time.Minute,
				configMap: "addon-operator", instance: "addon-operator", kubeQPS: 50, kubeBurst: 100,
				helmHistory: 10, helmTimeout: 20 * time.Minute, labels: map[string]string{"heritage": "addon-operator"},
				listenAddress: "0.0.0.0", listenPort: 9650, socket: "/var/run/addon-operator/debug.socket", metricsPrefix: "addon_operator_",
				logLevel: "info", logType: "text",
			}
			test.want(&want)

			var got settings
			flags := got.flags()
			require.NoError(t, flags.Parse(test.args))
			require.NoError(t, flags.fill(lookup(test.env)))
			require.Equal(t, want, got)
		})
	}
}

func TestSettingsWithoutEffectAreNamed(t *testing.T) {
	require.Equal(t, []string{"HELM_DRIVER"}, withoutEffect(lookup(map[string]string{"HELM_DRIVER": "sql", "USE_NELM": "false", "HOME": "/"})))
}
