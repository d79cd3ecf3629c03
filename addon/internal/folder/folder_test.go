package folder

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// tree writes files below a new directory: contents by path; a content beginning with "-> " is a link, one with
// "#!" is executable, and a path ending in "/" is a directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		switch {
		case name[len(name)-1] == '/':
			require.NoError(t, os.MkdirAll(path, 0o755))
		case len(content) > 3 && content[:3] == "-> ":
			require.NoError(t, os.Symlink(content[3:], path))
		case len(content) > 2 && content[:2] == "#!":
			require.NoError(t, os.WriteFile(path, []byte(content), 0o755))
		default:
			require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		}
	}
	return dir
}

func names(f Folder) (names []string) {
	for _, m := range f.Modules {
		names = append(names, m.Name)
	}
	return names
}

func TestAWholeModule(t *testing.T) {
	dir := tree(t, map[string]string{
		"values.yaml":                             "global: {}",
		"020-web-shop/values.yaml":                "webShop: {}",
		"020-web-shop/openapi/config-values.yaml": "type: object",
		"020-web-shop/openapi/values.yaml":        "x-extend: {}",
		"020-web-shop/Chart.yaml":                 "name: web-shop",
		"020-web-shop/hooks/start.sh":             "#!/bin/sh",
		"020-web-shop/enabled":                    "#!/bin/sh",
	})
	f, err := Load(dir)
	require.NoError(t, err)
	require.Empty(t, f.Warnings)
	require.Len(t, f.Modules, 1)
	m := f.Modules[0]
	require.NoError(t, m.Err)
	at := filepath.Join(dir, "020-web-shop")
	require.Equal(t, "web-shop", m.Name)
	require.Equal(t, 20, m.Order)
	require.Equal(t, at, m.Dir)
	require.Equal(t, f.Common[0], m.Static[0])
	require.Equal(t, filepath.Join(at, "values.yaml"), m.Static[1].Name)
	require.Equal(t, "webShop: {}", string(m.Static[1].Data))
	require.Equal(t, "type: object", string(m.ConfigSchema.Data))
	require.Equal(t, filepath.Join(at, "openapi/values.yaml"), m.Schema.Name)
	require.Equal(t, filepath.Join(at, "hooks"), m.HooksDir)
	require.Equal(t, filepath.Join(at, "enabled"), m.EnabledScript)
	require.Same(t, m.Files, m.Chart)
}

func TestWhatIsAChart(t *testing.T) {
	f, err := Load(tree(t, map[string]string{
		"a/templates/x.yaml": "", "b/Chart.yaml": "", "c/README.md": "", "d/templates": "a file", "e/": "", "f/enabled": "not executable",
	}))
	require.NoError(t, err)
	charts := map[string]bool{}
	for _, m := range f.Modules {
		require.NoError(t, m.Err)
		require.Empty(t, m.HooksDir)
		require.Empty(t, m.EnabledScript)
		require.Empty(t, m.Static)
		charts[m.Name] = m.Chart != nil
	}
	require.Equal(t, map[string]bool{"a": true, "b": true, "c": false, "d": false, "e": false, "f": false}, charts)
}

func TestOrderAndEntries(t *testing.T) {
	dir := tree(t, map[string]string{
		"100-late/": "", "plain/": "", "001-zoo/": "", "002-bear/": "", "0002-ant/": "",
		".git/HEAD": "", "..data/x": "", "README.md": "text", "link-to-file": "-> README.md", "010-dangling": "-> nowhere",
	})
	f, err := Load(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"plain", "zoo", "ant", "bear", "late"}, names(f))
	require.Equal(t, []string{
		filepath.Join(dir, "010-dangling") + ": passed over: no such file or directory",
		filepath.Join(dir, "README.md") + ": passed over: not a directory",
	}, f.Warnings)
}

func TestABadNameIsTheModulesOwnError(t *testing.T) {
	dir := tree(t, map[string]string{
		"010-good/": "", "my_module/values.yaml": "x: 1", "global/": "", "99999999999-big/": "", "HTTPServer/": "",
	})
	f, err := Load(dir)
	require.NoError(t, err)
	problems := map[string]string{}
	for _, m := range f.Modules {
		if m.Err != nil {
			problems[m.Name] = m.Err.Error()
		}
	}
	require.Len(t, f.Modules, 5)
	require.Len(t, problems, 4)
	require.Contains(t, problems["my_module"], filepath.Join(dir, "my_module")+": rename the directory: ")
	require.Contains(t, problems["my_module"], `"my-module"`)
	require.Contains(t, problems["global"], "reserved")
	require.Contains(t, problems["big"], "too large")
	require.Contains(t, problems["HTTPServer"], "http-server")
}

func TestTheFirstOfANameWins(t *testing.T) {
	one := tree(t, map[string]string{"values.yaml": "one: 1", "010-a/": "", "020-a/": ""})
	two := tree(t, map[string]string{"values.yaml": "two: 2", "001-a/": "", "b/": ""})
	f, err := Load(one, two)
	require.NoError(t, err)
	require.Equal(t, []string{"b", "a"}, names(f))
	require.Equal(t, filepath.Join(one, "010-a"), f.Modules[1].Dir)
	require.Len(t, f.Warnings, 2)
	require.Contains(t, f.Warnings[0], filepath.Join(one, "020-a")+": passed over, since "+filepath.Join(one, "010-a"))
	require.Equal(t, "one: 1", string(f.Common[0].Data))
	require.Equal(t, "two: 2", string(f.Common[1].Data))
	require.Equal(t, "two: 2", string(f.Modules[0].Static[0].Data), "a module has the common values of its own directory")
}

func TestAMissingDirectoryHarmsNoOther(t *testing.T) {
	dir := tree(t, map[string]string{"a/": ""})
	f, err := Load(filepath.Join(dir, "gone"), dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "modules directory "+filepath.Join(dir, "gone")+" cannot be read")
	require.Equal(t, []string{"a"}, names(f))
}

func TestLinks(t *testing.T) {
	elsewhere := tree(t, map[string]string{"secret": "s3cret", "real/templates/x.yaml": "elsewhere", "real/values.yaml": "-> ../secret"})
	dir := tree(t, map[string]string{
		"shared/values.yaml":   "inside",
		"010-inside":           "-> shared",
		"020-file/values.yaml": "-> ../shared/values.yaml",
		"030-out/values.yaml":  "-> " + filepath.Join(elsewhere, "secret"),
		"040-out/openapi":      "-> ../../" + filepath.Base(elsewhere),
		"050-elsewhere":        "-> " + filepath.Join(elsewhere, "real"),
		"060-out/values.yaml":  "-> ../../../../../../../../etc/passwd",
		"070-dangling/enabled": "-> nowhere",
	})
	f, err := Load(dir)
	require.NoError(t, err)
	got := map[string]Module{}
	for _, m := range f.Modules {
		got[filepath.Base(m.Dir)] = m
	}
	require.NoError(t, got["010-inside"].Err)
	require.Equal(t, "inside", got["010-inside"].Name)
	require.Equal(t, 10, got["010-inside"].Order)
	require.Equal(t, "inside", string(got["010-inside"].Static[0].Data))
	require.NoError(t, got["020-file"].Err)
	require.Equal(t, "inside", string(got["020-file"].Static[0].Data))
	require.NoError(t, got["070-dangling"].Err)
	data, err := fs.ReadFile(got["050-elsewhere"].Chart, "templates/x.yaml")
	require.NoError(t, err)
	require.Equal(t, "elsewhere", string(data))
	// The first "out" wins the name; the others are passed over as duplicates.
	for name, file := range map[string]string{"030-out": "values.yaml", "050-elsewhere": "values.yaml"} {
		m := got[name]
		require.ErrorIs(t, m.Err, ErrOutside, name)
		require.ErrorContains(t, m.Err, filepath.Join(m.Dir, file)+": ")
		require.Empty(t, m.Static)
	}
	for name, file := range map[string]string{"040-out": "openapi/values.yaml", "060-out": "values.yaml"} {
		files := &Files{root: dir, sub: name, seen: map[string]*node{}}
		_, err := files.ReadFile(file)
		require.ErrorIs(t, err, ErrOutside, name)
	}
}

func TestUnreadableCommonValuesConcernAllWhoNeedThem(t *testing.T) {
	dir := tree(t, map[string]string{"values.yaml": "-> /etc/passwd", "a/": "", "b/": ""})
	f, err := Load(dir)
	require.NoError(t, err)
	require.Empty(t, f.Common)
	for _, m := range f.Modules {
		require.ErrorIs(t, m.Err, ErrOutside)
		require.ErrorContains(t, m.Err, filepath.Join(dir, "values.yaml"))
	}
}

func TestFilesIsAFileSystem(t *testing.T) {
	dir := tree(t, map[string]string{
		"Chart.yaml": "name: x", "templates/a.yaml": "a", "templates/sub/b.yaml": "b", "linked": "-> templates",
		"templates/c.yaml": "-> ../Chart.yaml", "empty/": "",
	})
	require.NoError(t, fstest.TestFS(Dir(dir), "Chart.yaml", "templates/sub/b.yaml", "linked/sub/b.yaml", "templates/c.yaml"))
	f, err := Load(filepath.Dir(dir))
	require.NoError(t, err)
	require.NoError(t, fstest.TestFS(f.Modules[0].Files, "linked/a.yaml"))
}

func TestFilesAreReadOnce(t *testing.T) {
	dir := tree(t, map[string]string{"a": "before", "d/x": ""})
	f := Dir(dir)
	read := func() string {
		data, err := f.ReadFile("a")
		require.NoError(t, err)
		entries, err := f.ReadDir("d")
		require.NoError(t, err)
		require.Len(t, entries, 1)
		text := string(data)
		data[0] = 'B' // the caller's own
		return text
	}
	require.Equal(t, "before", read())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("after"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "d/y"), nil, 0o644))
	require.Equal(t, "before", read())
}

func TestWalksEndAndPipesDoNotBlock(t *testing.T) {
	dir := tree(t, map[string]string{
		"mods/a/loop": "-> .", "mods/a/up": "-> ../..", "mods/a/sub/back": "-> ..", "mods/a/other": "-> ../b", "mods/b/again": "-> ../a",
		"mods/a/x": "",
	})
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "mods/a/pipe"), 0o644))
	f, err := Load(filepath.Join(dir, "mods"))
	require.NoError(t, err)
	var seen []string
	require.NoError(t, fs.WalkDir(f.Modules[0].Files, ".", func(name string, _ fs.DirEntry, err error) error {
		seen = append(seen, name)
		return err
	}))
	require.Equal(t, []string{".", "loop", "other", "other/again", "pipe", "sub", "sub/back", "up", "x"}, seen)
	_, err = f.Modules[0].Files.ReadFile("pipe")
	require.ErrorIs(t, err, errNoFile)
}
