package main

import (
	"bytes"
	"os"
)

// tail returns the last lines of a file.
func tail(path string) string {
	const lines = 15
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
