package program

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/addonkit/addonkit/cmd/addonkit/internal/jq"
)

// jqName is what the program must be called by to be jq.
const jqName = "jq"

func (p Program) jqCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "jq [options] <filter> [file...]",
		Short:              "Run the jq that is built in",
		Long:               "Run the jq that is built in. Hooks find it as \"jq\" in their PATH where the machine has none.",
		DisableFlagParsing: true, // they are jq's
		RunE: func(c *cobra.Command, args []string) error {
			if code := p.jq(c.Context(), args); code != ExitOK {
				return exitCode(code)
			}
			return nil
		},
	}
}

func (p Program) jq(ctx context.Context, args []string) int {
	return jq.Run(ctx, jq.Streams{Stdin: p.Stdin, Stdout: p.Stdout, Stderr: p.Stderr, Environ: os.Environ}, args)
}

// offerJQ makes sure that hooks find a jq: it returns a folder for
// their PATH, "" where the machine has one, and how to remove it.
func offerJQ(tempDir string) (dir string, remove func(), err error) {
	if _, err := exec.LookPath(jqName); err == nil {
		return "", func() {}, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", nil, fmt.Errorf("finding this program, to offer its jq to hooks: %w", err)
	}
	dir, err = os.MkdirTemp(tempDir, "bin-")
	if err != nil {
		return "", nil, fmt.Errorf("a folder for jq: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) } // what is left over is empty but for a link
	if err := os.Symlink(self, filepath.Join(dir, jqName)); err != nil {
		remove()
		return "", nil, fmt.Errorf("offering jq to hooks: %w", err)
	}
	return dir, remove, nil
}
