// Demo-operator is the ready program with one more module, written in Go. It
// takes the same commands and flags:
//
//	go run ./demo-operator run --namespace default --modules-dir modules --global-hooks-dir global-hooks
package main

import (
	"os"

	"github.com/addonkit/addonkit/cmd/addonkit/program"
	nodescale "github.com/addonkit/addonkit/examples/gomodule"
)

func main() {
	os.Exit(program.Main(nodescale.Module()))
}
