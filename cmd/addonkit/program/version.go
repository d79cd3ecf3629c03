package program

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (p Program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			version, goVersion := "unknown", "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				version, goVersion = info.Main.Version, info.GoVersion
			}
			_, err := fmt.Fprintf(p.Stdout, "%s %s (%s)\n", p.Name, version, goVersion)
			return err
		},
	}
}
