// The addonkit command is an operator for a folder of modules: Helm charts
// with values and hooks. It needs no Go of its own; `addonkit help` teaches it.
package main

import (
	"os"

	"github.com/addonkit/addonkit/cmd/addonkit/program"
)

func main() {
	os.Exit(program.Main())
}
