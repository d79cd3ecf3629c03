// Command demo shows the product on a local control plane. It builds and starts the
// control plane, runs the demo operator of examples/ on a copy of the modules folder, and
// shows a live table with things to try; Ctrl-C ends all of it.
//
// With ONCE=1 in the environment it makes the edits itself, prints a line for everything
// that must hold, and exits 0 only if all of it did. With BREAK=<item> as well it loses
// that item on purpose: the run must then fail and name it. BREAK=list prints the items.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	once, broken := os.Getenv("ONCE") != "", os.Getenv("BREAK")
	if broken == "list" {
		for _, name := range breakable() {
			fmt.Println(name)
		}
		return nil
	}
	if err := checkBreak(broken); err != nil {
		return err
	}
	if err := prerequisites(); err != nil {
		return err
	}
	s, err := newStage(ctx)
	if err != nil {
		return err
	}
	if once || broken != "" {
		err = s.once(ctx, broken)
	} else {
		err = s.live(ctx)
	}
	if ctx.Err() != nil {
		err = nil // interrupted, as one ends a demo
		if once {
			err = errors.New("interrupted")
		}
	}
	return errors.Join(err, s.strike())
}
