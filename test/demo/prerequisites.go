package main

import (
	"errors"
	"fmt"
	"os/exec"
)

// prerequisites names the programs that are missing, each with what to do about it.
func prerequisites() error {
	var errs []error
	for name, remedy := range map[string]string{
		"go":   "install Go 1.26 or later",
		"bash": "install bash: hooks of the demo are written in it",
	} {
		if _, err := exec.LookPath(name); err != nil {
			errs = append(errs, fmt.Errorf("there is no %s in the PATH: %s", name, remedy))
		}
	}
	return errors.Join(errs...)
}
