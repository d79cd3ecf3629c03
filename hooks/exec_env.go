package hooks

import (
	"os"
	"slices"
	"strings"
)

// inherited are the variables passed on to hooks by default.
var inherited = map[string]bool{
	"PATH": true, "HOME": true, "LANG": true, "TZ": true, "KUBECONFIG": true,
	"HTTP_PROXY": true, "HTTPS_PROXY": true, "NO_PROXY": true, "ALL_PROXY": true,
	"http_proxy": true, "https_proxy": true, "no_proxy": true, "all_proxy": true,
}

// environment is what a hook gets to see: what is inherited, then what options and the run add. A later setting of a
// variable replaces an earlier one.
func environment(host []string, o *ExecOptions, run []string) []string {
	var env []string
	at := map[string]int{}
	set := func(setting string) {
		name, _, ok := strings.Cut(setting, "=")
		if !ok || name == "" {
			return
		}
		if i, there := at[name]; there {
			env[i] = setting
			return
		}
		at[name] = len(env)
		env = append(env, setting)
	}
	for _, setting := range host {
		name, _, _ := strings.Cut(setting, "=")
		if o.InheritEnv || inherited[name] || strings.HasPrefix(name, "KUBERNETES_") {
			set(setting)
		}
	}
	for _, setting := range slices.Concat(o.Env, run) {
		set(setting)
	}
	if len(o.PathAppend) > 0 {
		path := "PATH="
		if i, there := at["PATH"]; there {
			path = env[i]
		}
		set(appendPath(path, o.PathAppend))
	}
	return env
}

func appendPath(setting string, dirs []string) string {
	for _, dir := range dirs {
		if !strings.HasSuffix(setting, "=") {
			setting += string(os.PathListSeparator)
		}
		setting += dir
	}
	return setting
}
