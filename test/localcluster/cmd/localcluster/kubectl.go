package main

import (
	"os"
	"path/filepath"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

// kubectl runs kubectl and returns its exit code. The program is kubectl when it is called
// by that name, as through a link: whoever has the control plane has its client too.
func kubectl() (code int, called bool) {
	if filepath.Base(os.Args[0]) != "kubectl" {
		return 0, false
	}
	return cli.Run(cmd.NewDefaultKubectlCommand()), true
}
