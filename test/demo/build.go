package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// build compiles a program of one of the repository's modules into the cache; the Go
// command itself knows when there is nothing to do.
func (s *stage) build(ctx context.Context, module, pkg, name string) error {
	began := time.Now()
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.say("building %s, %s", name, time.Since(began).Round(time.Second))
			case <-done:
				return
			}
		}
	}()
	defer close(done)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", s.binary(name), pkg)
	cmd.Dir = filepath.Join(s.repository, module)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s in %s: %w\n%s", pkg, cmd.Dir, err, output)
	}
	return nil
}

func (s *stage) binary(name string) string {
	return filepath.Join(s.repository, ".cache", "demo", name)
}
