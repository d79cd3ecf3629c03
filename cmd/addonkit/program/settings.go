package program

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// settings are what `run` can be told, by flag or by environment.
type settings struct {
	modulesDirs, globalHooksDir string
	tempDir                     string
	hookTimeout                 time.Duration

	namespace, configMap, instance string
	kubeConfig, kubeContext        string
	kubeQPS                        float32
	kubeBurst                      int

	helmHistory int
	helmTimeout time.Duration
	labels      map[string]string

	listenAddress string
	listenPort    int
	socket        string
	metricsPrefix string

	logLevel, logType string
	logNoTime         bool
}

const envPrefix = "ADDON_OPERATOR_"

const defaultSocket = "/var/run/addon-operator/debug.socket"

// settingFlags are the flags of settings. Each remembers the names that it has
// in the environment, the strongest first.
type settingFlags struct {
	*pflag.FlagSet
	env map[string][]string
}

func (s *settings) flags() settingFlags {
	f := settingFlags{pflag.NewFlagSet("run", pflag.ContinueOnError), map[string][]string{}}

	f.StringVar(&s.modulesDirs, "modules-dir", "modules", "folders of modules, separated by colons")
	f.prefixed("modules-dir", "MODULES_DIR")
	f.StringVar(&s.globalHooksDir, "global-hooks-dir", "global-hooks", "folder of the global hooks")
	f.prefixed("global-hooks-dir", "GLOBAL_HOOKS_DIR")
	f.StringVar(&s.tempDir, "tmp-dir", "/tmp/addon-operator", "where hooks get their files; created if missing")
	f.prefixed("tmp-dir", "TMP_DIR")
	f.DurationVar(&s.hookTimeout, "hook-timeout", 30*time.Minute, "how long one hook may run")

	f.StringVar(&s.namespace, "namespace", "", "namespace of the ConfigMap and of the releases (required)")
	f.prefixed("namespace", "NAMESPACE")
	f.StringVar(&s.configMap, "config-map", "addon-operator", "name of the ConfigMap that users edit; it need not exist")
	f.prefixed("config-map", "CONFIG_MAP")
	f.StringVar(&s.instance, "instance", "addon-operator", "name of this operator; only releases that carry it are ever removed")
	f.StringVar(&s.kubeConfig, "kubeconfig", "", "kubeconfig file; without it the pod's service account")
	f.also("kubeconfig", "KUBE_CONFIG", "KUBECONFIG")
	f.StringVar(&s.kubeContext, "kube-context", "", "context of the kubeconfig")
	f.also("kube-context", "KUBE_CONTEXT")
	f.Float32Var(&s.kubeQPS, "kube-client-qps", 50, "requests per second to the API server")
	f.also("kube-client-qps", "KUBE_CLIENT_QPS")
	f.IntVar(&s.kubeBurst, "kube-client-burst", 100, "burst of requests to the API server")
	f.also("kube-client-burst", "KUBE_CLIENT_BURST")

	f.IntVar(&s.helmHistory, "helm-history-max", 10, "revisions kept for each release")
	f.also("helm-history-max", "HELM_HISTORY_MAX")
	f.DurationVar(&s.helmTimeout, "helm-timeout", 20*time.Minute, "how long an install, upgrade or uninstall may take")
	f.also("helm-timeout", "HELM_TIMEOUT")
	f.StringToStringVar(&s.labels, "crd-extra-labels", map[string]string{"heritage": "addon-operator"}, "labels of every object of every release")
	f.prefixed("crd-extra-labels", "CRD_EXTRA_LABELS")

	f.StringVar(&s.listenAddress, "listen-address", "0.0.0.0", "address of /metrics, /healthz, /readyz and /status, as host or host:port")
	f.prefixed("listen-address", "LISTEN_ADDRESS")
	f.IntVar(&s.listenPort, "listen-port", 9650, "port, where the address names none")
	f.prefixed("listen-port", "LISTEN_PORT")
	f.StringVar(&s.socket, "debug-unix-socket", defaultSocket, `socket that serves the same; "" for none`)
	f.also("debug-unix-socket", "DEBUG_UNIX_SOCKET")
	f.StringVar(&s.metricsPrefix, "prometheus-metrics-prefix", "addon_operator_", "what the names of the metrics begin with")
	f.prefixed("prometheus-metrics-prefix", "PROMETHEUS_METRICS_PREFIX")

	f.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	f.also("log-level", "LOG_LEVEL")
	f.StringVar(&s.logType, "log-type", "text", "text or json")
	f.also("log-type", "LOG_TYPE")
	f.BoolVar(&s.logNoTime, "log-no-time", false, "leave the time out of the log")
	f.also("log-no-time", "LOG_NO_TIME")

	f.alias("kube-config", "kubeconfig")
	f.alias("prometheus-listen-address", "listen-address")
	f.alias("prometheus-listen-port", "listen-port")
	return f
}

// prefixed lets the environment set a flag, by names with the prefix of
// addon-operator and, weaker, without it.
func (f settingFlags) prefixed(flag string, names ...string) {
	var all []string
	for _, name := range names {
		all = append(all, envPrefix+name)
	}
	f.also(flag, append(all, names...)...)
}

// also lets the environment set a flag.
func (f settingFlags) also(flag string, names ...string) {
	f.env[flag] = names
	f.Lookup(flag).Usage += " ($" + names[0] + ")"
}

// alias accepts addon-operator's name of a flag beside ours.
func (f settingFlags) alias(name, of string) {
	f.Var(f.Lookup(of).Value, name, "same as --"+of)
	f.Lookup(name).Hidden = true
}

// fill takes from the environment what no flag has set.
func (f settingFlags) fill(lookup func(string) (string, bool)) error {
	set := map[pflag.Value]bool{} // by value, for an alias sets the flag that it stands for
	f.VisitAll(func(flag *pflag.Flag) { set[flag.Value] = set[flag.Value] || flag.Changed })
	var err error
	f.VisitAll(func(flag *pflag.Flag) {
		if set[flag.Value] || err != nil {
			return
		}
		for _, name := range f.env[flag.Name] {
			value, found := lookup(name)
			if !found || value == "" {
				continue
			}
			if bad := f.Set(flag.Name, value); bad != nil {
				err = usagef("the variable %s of the environment: %w", name, bad)
			}
			return
		}
	})
	return err
}

// check refuses settings that cannot work, with the remedy.
func (s *settings) check() error {
	if s.namespace == "" {
		return usagef("no namespace is given; name the one of the ConfigMap and of the releases with --namespace or $%sNAMESPACE", envPrefix)
	}
	if _, err := s.level(); err != nil {
		return usagef("--log-level %q is unknown; use debug, info, warn or error", s.logLevel)
	}
	if !slices.Contains([]string{"text", "color", "json"}, s.logType) {
		return usagef("--log-type %q is unknown; use text or json", s.logType)
	}
	return nil
}

func (s *settings) level() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.logLevel)); err != nil {
		return 0, fmt.Errorf("log level %q: %w", s.logLevel, err)
	}
	return level, nil
}

// withoutEffect returns the settings of addon-operator that are set and that
// this program does not have, so that nobody counts on them.
func withoutEffect(lookup func(string) (string, bool)) []string {
	names := []string{
		envPrefix + "SHELL_CHROOT_DIR", envPrefix + "STRICT_CHECK_VALUES_MODE_ENABLED", envPrefix + "APPLIED_MODULE_EXTENDERS",
		envPrefix + "UNNUMBERED_MODULES_ORDER", envPrefix + "CRD_FILTER_PREFIXES", envPrefix + "ADMISSION_SERVER_ENABLED", envPrefix + "HA",
		"HELM_IGNORE_RELEASE", "HELM_MONITOR_KUBE_CLIENT_QPS", "HELM_MONITOR_KUBE_CLIENT_BURST", "HELM_DRIVER", "USE_NELM",
		"KUBE_SERVER", "OBJECT_PATCHER_KUBE_CLIENT_QPS", "OBJECT_PATCHER_KUBE_CLIENT_BURST", "OBJECT_PATCHER_KUBE_CLIENT_TIMEOUT",
		"DEBUG_HTTP_SERVER_ADDR", "DEBUG_KEEP_TMP_FILES", "DEBUG_KUBERNETES_API", "LOG_PROXY_HOOK_JSON",
	}
	return slices.DeleteFunc(names, func(name string) bool {
		value, _ := lookup(name)
		return value == "" || strings.EqualFold(value, "false")
	})
}
