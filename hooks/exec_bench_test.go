package hooks_test

import (
	"os/exec"
	"testing"

	"github.com/addonkit/addonkit/hooks"
)

// Compare the two: what a run costs above starting the same program.
func BenchmarkCallExecutable(b *testing.B) {
	path := scriptAt(b, b.TempDir()+"/hook.sh", "exit")
	all, err := hooks.Exec(path, hooks.ExecOptions{}).Hooks(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := hooks.Call(b.Context(), all[0], &hooks.Input{Key: "m"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareExecutable(b *testing.B) {
	path := scriptAt(b, b.TempDir()+"/hook.sh", "exit")
	for b.Loop() {
		if err := exec.CommandContext(b.Context(), path, "run").Run(); err != nil {
			b.Fatal(err)
		}
	}
}
