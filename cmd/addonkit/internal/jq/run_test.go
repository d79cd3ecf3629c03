package jq_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/cmd/addonkit/internal/jq"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	two := file("two.json", `{"b":1,"a":[]} 2`)
	program := file("program.jq", `.a`)

	for _, test := range []struct {
		name           string
		args           []string
		stdin          string
		stdout, stderr string
		code           int
	}{
		{name: "indented, keys sorted", args: []string{"."}, stdin: `{"b":1,"a":{},"c":[1,"<&>"]}`,
			stdout: "{\n  \"a\": {},\n  \"b\": 1,\n  \"c\": [\n    1,\n    \"<&>\"\n  ]\n}\n"},
		{name: "clustered options", args: []string{"-rc", ".[]"}, stdin: `["a",{"b":1}]`, stdout: "a\n{\"b\":1}\n"},
		{name: "options after the filter", args: []string{".", "-c"}, stdin: `[ 1 ]`, stdout: "[1]\n"},
		{name: "joined", args: []string{"-j", ".[]"}, stdin: `["a",1]`, stdout: "a1"},
		{name: "big numbers", args: []string{"."}, stdin: `12345678901234567890`, stdout: "12345678901234567890\n"},
		{name: "a stream of inputs", args: []string{".+1"}, stdin: "1 2\n3", stdout: "2\n3\n4\n"},
		{name: "slurp", args: []string{"-sc", "."}, stdin: "1 2", stdout: "[1,2]\n"},
		{name: "slurp nothing", args: []string{"-sc", "."}, stdout: "[]\n"},
		{name: "raw lines", args: []string{"-R", "."}, stdin: "a\nb\n", stdout: "\"a\"\n\"b\"\n"},
		{name: "raw slurp", args: []string{"-Rs", "."}, stdin: "a\nb\n", stdout: "\"a\\nb\\n\"\n"},
		{name: "null input", args: []string{"-n", "[inputs]", "-c"}, stdin: "1 2", stdout: "[1,2]\n"},
		{name: "variables", args: []string{"-nc", "--arg", "a", "x", "--argjson", "b", "{}", "--slurpfile", "c", two, "--rawfile", "d", program, "[$a,$b,$c,$d,$ARGS.named.a]"},
			stdout: `["x",{},[{"a":[],"b":1},2],".a","x"]` + "\n"},
		{name: "positional", args: []string{"-nc", "$ARGS.positional", "--args", "a", "--jsonargs", "1"}, stdout: `["a",1]` + "\n"},
		{name: "environment", args: []string{"-nr", "env.HOME, $ENV.HOME"}, stdout: "/home\n/home\n"},
		{name: "files", args: []string{"-c", ".", two, two}, stdout: "{\"a\":[],\"b\":1}\n2\n{\"a\":[],\"b\":1}\n2\n"},
		{name: "filter from a file", args: []string{"-f", program}, stdin: `{"a":1}`, stdout: "1\n"},
		{name: "tab", args: []string{"--tab", "."}, stdin: `[1]`, stdout: "[\n\t1\n]\n"},
		{name: "debug", args: []string{"-c", "debug"}, stdin: `1`, stdout: "1\n", stderr: `["DEBUG:",1]`},
		{name: "status true", args: []string{"-e", "."}, stdin: `0`, stdout: "0\n"},
		{name: "status false", args: []string{"-e", "."}, stdin: `false`, stdout: "false\n", code: 1},
		{name: "status of the last", args: []string{"-e", "."}, stdin: `1 null`, stdout: "1\nnull\n", code: 1},
		{name: "status of nothing", args: []string{"-e", "empty"}, stdin: `1`, code: 4},
		{name: "no filter", stderr: "no filter", code: 2},
		{name: "unknown option", args: []string{"--what", "."}, stderr: "--what", code: 2},
		{name: "missing file", args: []string{".", filepath.Join(dir, "none")}, stderr: "none", code: 2},
		{name: "bad filter", args: []string{"{"}, stderr: "the filter", code: 3},
		{name: "bad input", args: []string{"."}, stdin: "{", stderr: "reading the input", code: 2},
		{name: "an error goes on with the next input", args: []string{".a"}, stdin: `1 {"a":2}`, stdout: "2\n", stderr: "jq: error", code: 5},
		{name: "halt_error", args: []string{`"no\n" | halt_error(7)`}, stdin: "1 2", stderr: "no\n", code: 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := jq.Run(t.Context(), jq.Streams{
				Stdin: strings.NewReader(test.stdin), Stdout: &stdout, Stderr: &stderr,
				Environ: func() []string { return []string{"HOME=/home"} },
			}, test.args)
			require.Equal(t, test.stdout, stdout.String())
			require.Contains(t, stderr.String(), test.stderr)
			require.Equal(t, test.code, code, stderr.String())
		})
	}
}
