package operator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/hooks"
)

const goodChart = `
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {size: "1"}
`

// Each case is one module with a fault, beside a good one that must not be
// harmed. The status must name the file or place and say what to do.
func TestBadModuleHarmsItselfOnly(t *testing.T) {
	config := func(text string) string {
		return "#!/usr/bin/env bash\n" + `if [[ "${1:-}" == --config ]]; then` + "\n" + text + "\nexit; fi\n"
	}
	for _, test := range []struct {
		name  string
		files map[string]string // an x: before the name makes it executable
		says  []string          // each in the message
	}{
		{"malformed values", map[string]string{"values.yaml": "bad: [1, 2\n"}, []string{"values.yaml", "line"}},
		{"broken template", map[string]string{"templates/broken.yaml": "{{ if }}"}, []string{"broken.yaml"}},
		{"hook is not executable", map[string]string{"hooks/run.sh": "#!/usr/bin/env bash\n"}, []string{"hooks/run.sh", "chmod +x"}},
		{"hook config fails", map[string]string{"x:hooks/run.sh": "#!/usr/bin/env bash\necho no config here >&2; exit 3\n"}, []string{"hooks/run.sh", "--config", "no config here"}},
		{"hook config is garbage", map[string]string{"x:hooks/run.sh": config("echo '}{ what'")}, []string{"hooks/run.sh", "--config"}},
		{"hook config hangs", map[string]string{"x:hooks/run.sh": config("sleep 1000")}, []string{"hooks/run.sh", "--config"}},
		{"hook config has an unknown key", map[string]string{"x:hooks/run.sh": config("echo 'configVersion: v1\nonStartup: 1\nonStartupp: 2'")}, []string{"hooks/run.sh", "onStartupp"}},
		{"hook patches another section", map[string]string{"x:hooks/run.sh": config("echo 'configVersion: v1\nbeforeHelm: 1'") +
			`echo '{"op":"add","path":"/good/size","value":1}' > $VALUES_JSON_PATCH_PATH`}, []string{"hooks/run.sh", "/good/size"}},
		{"hook changes an unknown operation", map[string]string{"x:hooks/run.sh": config("echo 'configVersion: v1\nbeforeHelm: 1'") +
			`echo 'operation: Destroy' > $KUBERNETES_PATCH_PATH`}, []string{"hooks/run.sh", "Destroy"}},
		{"hook watches a kind that does not exist", map[string]string{"x:hooks/run.sh": config("echo 'configVersion: v1\nkubernetes: [{name: teapots, kind: Teapot}]'")}, []string{"teapots", "Teapot", "not served"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			folder := t.TempDir()
			write(t, folder, "values.yaml", "badEnabled: true\ngoodEnabled: true\n")
			write(t, folder, "020-good/templates/cm.yaml", goodChart)
			write(t, folder, "010-bad/templates/cm.yaml", goodChart)
			for name, text := range test.files {
				write(t, filepath.Join(folder, "010-bad"), name, text)
			}
			modules := addon.LoadModules(addon.LoadOptions{Exec: hooks.ExecOptions{ConfigTimeout: time.Second}}, folder)
			op, stop := w.start(w.options(modules...))
			w.phase(op, "good", addon.Ready)
			w.eventually(func() error {
				s, _ := op.Module("bad").Status()
				said := s.Message + " " + strings.Join(s.WaitingFor, " ")
				if s.Phase == addon.Ready {
					return fmt.Errorf("the bad module is ready")
				}
				for _, want := range test.says {
					if !strings.Contains(said, want) {
						return fmt.Errorf("%s: %q does not say %q", s.Phase, said, want)
					}
				}
				return nil
			})
			require.Equal(t, "deployed", w.releases()["good"])
			require.NotContains(t, w.releases(), "bad")
			stop()
		})
	}
}

func TestBadConfigurationKeepsTheLastGoodOne(t *testing.T) {
	for _, test := range []struct{ name, section, says string }{
		{"malformed YAML", "size: [1", "line 1"},
		{"a scalar section", "false", `unit0Enabled: "false"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.configure(map[string]string{"unit0": "size: 5"})
			op, _ := w.start(w.options(configMapModules(2)...))
			w.ready(op)
			w.configure(map[string]string{"unit0": test.section, "unit1": "size: 6"})
			w.eventually(func() error {
				data, err := w.configMap("unit1")
				if err == nil && !strings.Contains(data["values"], `"size":6`) {
					err = fmt.Errorf("unit1 was not upgraded: %v", data)
				}
				return err
			})
			s, _ := op.Module("unit0").Status()
			require.Equal(t, addon.Ready, s.Phase)
			require.Contains(t, s.ConfigError, test.says)
			require.Contains(t, s.ConfigError, "unit0")
			data, err := w.configMap("unit0")
			require.NoError(t, err)
			require.Contains(t, data["values"], `"size":5`)
		})
	}
}

func TestCyclicNeedsStallThoseInThem(t *testing.T) {
	w := newWorld(t)
	modules := configMapModules(3)
	modules[0].Needs = []addon.Need{{Module: "unit1"}}
	modules[1].Needs = []addon.Need{{Module: "unit0"}}
	op, _ := w.start(w.options(modules...))
	w.phase(op, "unit2", addon.Ready)
	for _, name := range []string{"unit0", "unit1"} {
		s, _ := op.Module(name).Status()
		require.Equal(t, addon.Stalled, s.Phase)
		require.Contains(t, s.Message, "needs go round in a cycle")
		require.Contains(t, s.Message, name+" needs unit")
	}
}

// Of two directories with one module's name the first counts; the log names
// both.
func TestTwoModulesOfOneName(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "values.yaml", "goodEnabled: true\ntwiceEnabled: true\n")
	for _, dir := range []string{"010-twice", "020-twice", "030-good"} {
		write(t, folder, dir+"/templates/cm.yaml", strings.Replace(goodChart, `"1"`, `"`+dir+`"`, 1))
	}
	var said strings.Builder
	log := funcr.New(func(_, args string) { said.WriteString(args + "\n") }, funcr.Options{})
	w := newWorld(t)
	op, _ := w.start(w.options(addon.LoadModules(addon.LoadOptions{Exec: hooks.ExecOptions{Log: log}}, folder)...))
	w.phase(op, "good", addon.Ready)
	w.phase(op, "twice", addon.Ready)
	data, err := w.configMap("twice")
	require.NoError(t, err)
	require.Equal(t, "010-twice", data["size"])
	require.Contains(t, said.String(), filepath.Join(folder, "010-twice"))
	require.Contains(t, said.String(), filepath.Join(folder, "020-twice"))
}

// A watch that RBAC refuses is named with verb and resource; the module goes
// on as soon as the permission is there.
func TestForbiddenWatch(t *testing.T) {
	w := newWorld(t)
	w.rest = rest.CopyConfig(w.rest)
	w.rest.Impersonate = rest.ImpersonationConfig{UserName: "limited-" + w.namespace}
	w.bind("admin-here", "cluster-admin", w.rest.Impersonate.UserName)
	modules := configMapModules(2)
	modules[0].Hooks = hooks.Static(hooks.Hook{Name: "nodes", Watch: []hooks.Watch{watchOf("v1", "Node")}, Run: noop})
	op, _ := w.start(w.options(modules...))
	w.phase(op, "unit1", addon.Ready)
	w.eventually(func() error {
		s, _ := op.Module("unit0").Status()
		said := strings.Join(s.WaitingFor, " ")
		if s.Phase != addon.Waiting || !strings.Contains(said, "no permission to watch nodes") {
			return fmt.Errorf("%s: %s", s.Phase, said)
		}
		return nil
	})
	_, err := w.kube.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: w.rest.Impersonate.UserName}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	w.phase(op, "unit0", addon.Ready)
}

// bind gives a user a role in the namespace of this world.
func (w *world) bind(name, role, user string) {
	_, err := w.kube.RbacV1().RoleBindings(w.namespace).Create(w.t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}, metav1.CreateOptions{})
	require.NoError(w.t, err)
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	mode := os.FileMode(0o644)
	if rest, ok := strings.CutPrefix(name, "x:"); ok {
		name, mode = rest, 0o755
	}
	path := filepath.Join(folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
}
