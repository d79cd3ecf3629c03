package hooks_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/values"
)

// script makes an executable hook of bash lines that runs on startup.
func script(t *testing.T, body string) string {
	t.Helper()
	return scriptAt(t, filepath.Join(t.TempDir(), "hooks", "hook.sh"), body)
}

func scriptAt(t testing.TB, path, body string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	text := "#!/usr/bin/env bash\nif [[ $1 == --config ]]; then echo '{configVersion: v1, onStartup: 1}'; exit; fi\n" + body + "\n"
	syscall.ForkLock.RLock() // a child forked now would hold the file open for writing, and it could not be run
	defer syscall.ForkLock.RUnlock()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o700))
	return path
}

func load(t *testing.T, path string, o hooks.ExecOptions) hooks.Hook {
	t.Helper()
	all, err := hooks.Exec(path, o).Hooks(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.NoError(t, all[0].Validate(o.Global))
	return all[0]
}

func view(t *testing.T, yaml string) values.View {
	t.Helper()
	v, err := values.ParseView(values.File{Name: "test", Data: []byte(yaml)})
	require.NoError(t, err)
	return v
}

func input(t *testing.T) *hooks.Input {
	return &hooks.Input{
		Hook: "hooks/hook.sh", Module: "web-shop", Key: "webShop", Cause: "test",
		Values: view(t, "replicas: 2\nbig: 12345678901234567890"), Global: view(t, "region: north"), GlobalConfig: view(t, "a: 1.0"),
		Contexts: []hooks.Context{{Binding: "onStartup"}},
	}
}

func TestExecutableReadsAndWritesItsFiles(t *testing.T) {
	temp := t.TempDir()
	h := load(t, script(t, `
cat "$BINDING_CONTEXT_PATH" "$VALUES_PATH" "$CONFIG_VALUES_PATH"
for f in "$VALUES_JSON_PATCH_PATH" "$CONFIG_VALUES_JSON_PATCH_PATH" "$METRICS_PATH" "$KUBERNETES_PATCH_PATH"; do [[ -f $f && ! -s $f ]] || exit 3; done
[[ $(stat -c %a "$(dirname "$VALUES_PATH")") == 700 ]] || exit 4
echo '[{"op":"add","path":"/webShop/internal","value":{"port":80}}]{"op":"remove","path":"/webShop/old"}' >"$VALUES_JSON_PATCH_PATH"
echo '{"op":"add","path":"/otherModule/x","value":1}' >"$CONFIG_VALUES_JSON_PATCH_PATH"
echo '{"name":"runs","action":"add","value":1}' >"$METRICS_PATH"
printf 'operation: Delete\nkind: Pod\nname: a\n---\noperation: Delete\nkind: Pod\nname: b\n' >"$KUBERNETES_PATCH_PATH"`),
		hooks.ExecOptions{TempDir: temp})
	in := input(t)
	var lines []string
	in.Log = recorder(&lines)
	out, err := hooks.Call(t.Context(), h, in)
	require.NoError(t, err)
	require.Equal(t, []string{
		`"level"=0 "msg"="[{\"binding\":\"onStartup\"}]{\"global\":{\"region\":\"north\"},\"webShop\":{\"big\":12345678901234567890,\"replicas\":2}}{\"global\":{\"a\":1.0},\"webShop\":{}}" "output"="stdout"`,
	}, lines)
	one := 1.0
	require.Equal(t, []hooks.Metric{{Name: "runs", Action: hooks.MetricAdd, Value: &one}}, out.Metrics)
	require.Equal(t, []hooks.Change{{Operation: hooks.Delete, Kind: "Pod", Name: "a"}, {Operation: hooks.Delete, Kind: "Pod", Name: "b"}}, out.Changes)
	require.Equal(t, values.Change{
		Section: "webShop", Source: "hooks/hook.sh", Cause: "test",
		Memory: values.Patch{
			{Op: "add", Path: "/webShop/internal", Value: map[string]any{"port": int64(80)}},
			{Op: "remove", Path: "/webShop/old"},
		},
		Config: values.Patch{{Op: "add", Path: "/otherModule/x", Value: int64(1)}},
	}, out.ValuesChange(in))
	require.Positive(t, out.Usage.Wall)
	require.Positive(t, out.Usage.MaxRSS)
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left, "the files of the run are wiped")
}

func TestGlobalExecutableSeesTheGlobalSectionOnly(t *testing.T) {
	h := load(t, script(t, `[[ $(cat "$VALUES_PATH") == '{"global":{"region":"north"}}' ]]; exit`), hooks.ExecOptions{Global: true})
	_, err := hooks.Call(t.Context(), h, &hooks.Input{Key: values.Global, Global: view(t, "region: north")})
	require.NoError(t, err)
}

const writeAll = `
echo '{"op":"add","path":"/webShop/x","value":1}' | tee "$VALUES_JSON_PATCH_PATH" >"$CONFIG_VALUES_JSON_PATCH_PATH"
echo '{"name":"runs","action":"add","value":1}' >"$METRICS_PATH"
echo '{"operation":"Delete","kind":"Pod","name":"a"}{"operation":"Delete","kind":"Pod","name":"b","ignoreHookError":true}' >"$KUBERNETES_PATCH_PATH"
`

func TestFailedExecutables(t *testing.T) {
	t.Parallel()
	survivors := []hooks.Change{{Operation: hooks.Delete, Kind: "Pod", Name: "b", IgnoreHookError: true}}
	for name, c := range map[string]struct {
		body    string
		want    string
		changes []hooks.Change
		metrics int
	}{
		"exits non-zero after writing":   {writeAll + `echo "disk on fire" >&2; exit 7`, "exit status 7: disk on fire", survivors, 1},
		"says why on stdout":             {`echo "no luck"; exit 1`, "exit status 1: no luck", nil, 0},
		"is killed":                      {writeAll + `kill -KILL $$`, "ended by signal: killed", survivors, 1},
		"hangs":                          {writeAll + `trap '' TERM; while :; do sleep 100; done`, "deadline of 500ms exceeded", survivors, 1},
		"hangs in a child":               {`sleep 100`, "deadline of 500ms exceeded", nil, 0},
		"writes half a patch":            {writeAll + `echo '{"op":"add","pa' >"$VALUES_JSON_PATCH_PATH"`, "VALUES_JSON_PATCH_PATH: ", survivors, 1},
		"writes an unknown values op":    {writeAll + `echo '{"op":"set","path":"/webShop/x","value":1}' >"$CONFIG_VALUES_JSON_PATCH_PATH"`, "CONFIG_VALUES_JSON_PATCH_PATH: ", survivors, 1},
		"writes half a change":           {writeAll + `echo '{"operation":"Delete",' >"$KUBERNETES_PATCH_PATH"`, "KUBERNETES_PATCH_PATH: ", nil, 1},
		"writes an unknown operation":    {writeAll + `echo '{"operation":"Explode"}' >>"$KUBERNETES_PATCH_PATH"`, `document 3.operation: unknown operation "Explode"`, nil, 1},
		"writes invalid UTF-8":           {writeAll + `printf '\xff' >>"$METRICS_PATH"`, "METRICS_PATH: is not valid UTF-8", survivors, 0},
		"fails and writes half a change": {writeAll + `echo '{' >>"$KUBERNETES_PATCH_PATH"; exit 1`, "exit status 1", nil, 1},
		"replaces a file by a link":      {writeAll + `ln -sf /etc/passwd "$METRICS_PATH"`, "METRICS_PATH: is no regular file", survivors, 0},
		"fills a file":                   {writeAll + `truncate -s 1G "$METRICS_PATH"`, "more than the limit", survivors, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temp := t.TempDir()
			h := load(t, script(t, c.body), hooks.ExecOptions{TempDir: temp, Timeout: 500 * time.Millisecond, Grace: 100 * time.Millisecond})
			if !strings.HasPrefix(name, "hangs") {
				h.Timeout = time.Minute
			}
			in := input(t)
			out, err := hooks.Call(t.Context(), h, in)
			failure, ok := errors.AsType[*hooks.ExecError](err)
			require.True(t, ok, "%v", err)
			require.ErrorContains(t, err, "hook hook.sh: ")
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.changes, out.Changes)
			require.Len(t, out.Metrics, c.metrics)
			require.Equal(t, values.Change{Section: "webShop", Source: in.Hook, Cause: in.Cause}, out.ValuesChange(in))
			require.Equal(t, strings.HasPrefix(name, "hangs"), errors.Is(failure, context.DeadlineExceeded))
			left, err := os.ReadDir(temp)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestTheErrorKeepsTheTailOfALargeOutput(t *testing.T) {
	h := load(t, script(t, `head -c 200000000 /dev/zero | tr '\0' 'x' >&2; echo; echo "the end" >&2; exit 1`), hooks.ExecOptions{})
	_, err := hooks.Call(t.Context(), h, input(t))
	failure, ok := errors.AsType[*hooks.ExecError](err)
	require.True(t, ok)
	require.Less(t, len(failure.Tail), 70_000)
	require.True(t, strings.HasSuffix(failure.Tail, "the end\n"))
	require.Less(t, len(err.Error()), 5_000)
}

func TestOutputIsLogged(t *testing.T) {
	h := load(t, script(t, `
echo plain
echo '{"level":"error","msg":"bad","n":1}'
echo '{"level":"WARN","message":"careful","hook":"forged"}'
echo '{"level":"debug","msg":"detail"}'
echo '{broken'
echo oops >&2`), hooks.ExecOptions{})
	in := input(t)
	var lines []string
	in.Log = recorder(&lines)
	_, err := hooks.Call(t.Context(), h, in)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		`"level"=0 "msg"="plain" "output"="stdout"`,
		`"msg"="bad" "error"=null "output"="stdout" "hook_n"=1`,
		`"level"=0 "msg"="careful" "output"="stdout" "level"="warn" "hook_hook"="forged"`,
		`"level"=1 "msg"="detail" "output"="stdout"`,
		`"level"=0 "msg"="{broken" "output"="stdout"`,
		`"level"=0 "msg"="oops" "output"="stderr"`,
	}, lines)
}

func TestEnvironment(t *testing.T) {
	t.Setenv("OPERATOR_TOKEN", "secret")
	t.Setenv("KUBERNETES_PORT", "443")
	t.Setenv("TZ", "UTC")
	body := `echo "${OPERATOR_TOKEN-none} ${KUBERNETES_PORT-none} $TZ ${OWN-none} $PATH"`
	for name, c := range map[string]struct {
		o    hooks.ExecOptions
		want string
	}{
		"allowed only": {hooks.ExecOptions{}, "none 443 UTC none " + os.Getenv("PATH")},
		"inherited":    {hooks.ExecOptions{InheritEnv: true}, "secret 443 UTC none " + os.Getenv("PATH")},
		"added":        {hooks.ExecOptions{Env: []string{"OWN=1", "TZ=CET"}, PathAppend: []string{"/a", "/b"}}, "none 443 CET 1 " + os.Getenv("PATH") + ":/a:/b"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t)
			var lines []string
			in.Log = recorder(&lines)
			_, err := hooks.Call(t.Context(), load(t, script(t, body), c.o), in)
			require.NoError(t, err)
			require.Equal(t, []string{fmt.Sprintf(`"level"=0 "msg"=%q "output"="stdout"`, c.want)}, lines)
		})
	}
}

func recorder(lines *[]string) logr.Logger {
	got := make(chan struct{}, 1)
	got <- struct{}{}
	return funcr.New(func(_, args string) {
		<-got
		*lines = append(*lines, args)
		got <- struct{}{}
	}, funcr.Options{Verbosity: 1})
}
