package hooks_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
)

func names(all []hooks.Hook) []string {
	list := []string{}
	for _, h := range all {
		list = append(list, h.Name)
	}
	return list
}

func TestFolderFindsHooks(t *testing.T) {
	root := t.TempDir()
	for _, path := range []string{
		"hooks/b.sh", "hooks/a/c.py", "hooks/d", "hooks/.hidden", "hooks/.git/x.sh", "hooks/lib/common.sh", "hooks/a/lib/x.sh",
		"hooks/venv/bin/activate.sh", "outside.sh",
	} {
		scriptAt(t, filepath.Join(root, path), "")
	}
	for _, path := range []string{"hooks/README.md", "hooks/a.yaml", "hooks/b.json", "hooks/c.txt", "hooks/lib/data"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, path), nil, 0o600))
	}
	all, err := hooks.Folder(filepath.Join(root, "hooks"), hooks.ExecOptions{}).Hooks(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"hooks/a/c.py", "hooks/b.sh", "hooks/d"}, names(all))

	all, err = hooks.Folder(filepath.Join(root, "hooks"), hooks.ExecOptions{Global: true}).Hooks(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a/c.py", "b.sh", "d", "venv/bin/activate.sh"}, names(all))

	all, err = hooks.Folder(filepath.Join(root, "none"), hooks.ExecOptions{}).Hooks(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestFolderNamesEveryBadHookAndGivesTheGood(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hooks")
	scriptAt(t, filepath.Join(dir, "good.sh"), "")
	write := func(name, text string, mode os.FileMode) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), mode))
	}
	write("plain.sh", "#!/bin/sh\n", 0o600)
	write("failing.sh", "#!/bin/sh\necho 'cannot do' >&2; exit 3\n", 0o700)
	write("garbage.sh", "#!/bin/sh\necho 'hello: [world'\n", 0o700)
	write("hanging.sh", "#!/bin/sh\nsleep 100\n", 0o700)
	write("unknown.sh", "#!/bin/sh\nprintf 'configVersion: v1\\nonStartUp: 1\\n'\n", 0o700)
	write("shebang.sh", "#!/no/such/interpreter\n", 0o700)
	write("endless.sh", "#!/bin/sh\nyes\n", 0o700)

	begin := time.Now()
	all, err := hooks.Folder(dir, hooks.ExecOptions{ConfigTimeout: 500 * time.Millisecond, Grace: 100 * time.Millisecond}).Hooks(t.Context())
	require.Less(t, time.Since(begin), 10*time.Second)
	require.Equal(t, []string{"hooks/good.sh"}, names(all))
	for _, want := range []string{
		"plain.sh is not executable; remedy: chmod +x " + filepath.Join(dir, "plain.sh"),
		"failing.sh --config: exit status 3: cannot do",
		"garbage.sh --config: the configuration is no YAML or JSON",
		"hanging.sh --config: stopped (deadline of 500ms exceeded)",
		`unknown.sh --config: onStartUp: unknown field; did you mean "onStartup"?`,
		`shebang.sh --config: cannot be started: its interpreter is missing, the first line is "#!/no/such/interpreter"`,
		"endless.sh --config: stopped (deadline of 500ms exceeded)",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestExecutablesAreAskedAgainOnlyWhenTheirFileChanged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hooks")
	path, asked := filepath.Join(dir, "hook.sh"), filepath.Join(t.TempDir(), "asked")
	text := "#!/bin/sh\necho x >>" + asked + "\necho '{configVersion: v1, onStartup: 1}'\n"
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o700))
	s := hooks.Folder(dir, hooks.ExecOptions{})
	times := func() int {
		_, err := s.Hooks(t.Context())
		require.NoError(t, err)
		data, err := os.ReadFile(asked)
		require.NoError(t, err)
		return len(data) / 2
	}
	require.Equal(t, 1, times())
	require.Equal(t, 1, times())
	require.NoError(t, os.WriteFile(path, []byte(text+"# changed\n"), 0o700))
	require.Equal(t, 2, times())
	require.Equal(t, 2, times())
}

func TestPythonHooksUseTheirVirtualEnvironment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hooks")
	scriptAt(t, filepath.Join(dir, "venv", "bin", "python3"), "")
	python := "#!/bin/sh\necho \"{configVersion: v1, schedule: [{name: '$PYTHONHOME $1 $2', crontab: '@hourly'}]}\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "venv", "bin", "python3"), []byte(python), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.py"), []byte("not run by itself"), 0o700))
	all, err := hooks.Folder(dir, hooks.ExecOptions{}).Hooks(t.Context())
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "venv")+" "+filepath.Join(dir, "a.py")+" --config", all[0].Schedule[0].Name)
}
