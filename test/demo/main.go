// Command demo shows the product on a local control plane. It builds and starts the
// control plane, runs the demo operator of examples/ on a copy of the modules folder, and
// shows a live table with things to try; Ctrl-C ends all of it.
//
// With -once it makes the edits itself, prints a line for everything that must hold, and
// exits 0 only if all of it did. With -break=<item> as well it loses that item on purpose:
// the run must then fail and name it. -break=list prints the items.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	flag.BoolVar(&o.once, "once", false, "run unattended and check every outcome")
	flag.StringVar(&o.broken, "break", "", "lose this `item` on purpose, unattended; \"list\" lists them")
	flag.StringVar(&o.charts, "charts", os.Getenv("ADDONKIT_TEST_CHARTS"), "`folder` of public charts to run unchanged, unattended")
	flag.Parse()
	o.out = os.Stdout
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func (o options) run(ctx context.Context) error {
	if o.broken == "list" {
		for _, name := range breakable() {
			fmt.Fprintln(o.out, name)
		}
		return nil
	}
	if err := o.checkBreak(); err != nil {
		return err
	}
	if err := prerequisites(); err != nil {
		return err
	}
	s, err := newStage(ctx, o)
	if err != nil {
		return err
	}
	unattended := o.once || o.broken != ""
	if unattended {
		err = s.once(ctx)
	} else {
		err = s.live(ctx)
	}
	if ctx.Err() != nil {
		err = nil // interrupted, as a demo is ended
		if unattended {
			err = errors.New("interrupted")
		}
	}
	return errors.Join(err, s.strike())
}
