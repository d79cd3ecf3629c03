package program

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const statusHelp = `Show the modules of a running operator: phase, revision, last change, who enabled it, what it waits for.

It asks through the operator's socket, or at an address:

    %[1]s status --watch
    %[1]s status --address 127.0.0.1:9650 --output json`

type statusQuery struct {
	socket, address, output string
	watch                   bool
	interval                time.Duration
}

func (p Program) statusCommand() *cobra.Command {
	var q statusQuery
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the modules of a running operator",
		Long:  fmt.Sprintf(statusHelp, p.Name),
		Args:  noArguments,
	}
	c.Flags().StringVar(&q.socket, "socket", p.environment("DEBUG_UNIX_SOCKET", defaultSocket), "socket of the operator ($DEBUG_UNIX_SOCKET)")
	c.Flags().StringVar(&q.address, "address", "", "host:port of the operator, in place of its socket")
	c.Flags().StringVarP(&q.output, "output", "o", "table", "table or json")
	c.Flags().BoolVarP(&q.watch, "watch", "w", false, "show it again and again, until interrupted")
	c.Flags().DurationVar(&q.interval, "interval", time.Second, "time between two looks")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if q.output != "table" && q.output != "json" {
			return usagef("--output %q is unknown; use table or json", q.output)
		}
		if q.interval <= 0 {
			return usagef("--interval must be more than 0")
		}
		return q.show(c.Context(), p.Stdout)
	}
	return c
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%q takes no arguments, and %q is one; see '%s --help'", c.CommandPath(), args[0], c.CommandPath())
	}
	return nil
}

func (p Program) environment(name, otherwise string) string {
	if value, found := p.LookupEnv(name); found {
		return value
	}
	return otherwise
}

func (q statusQuery) show(ctx context.Context, w io.Writer) error {
	client := q.client()
	defer client.CloseIdleConnections()
	if !q.watch {
		text, err := q.ask(ctx, client)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	}
	tick := time.NewTicker(q.interval)
	defer tick.Stop()
	for {
		text, err := q.ask(ctx, client)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			text = fmt.Appendln(nil, err)
		}
		if err := q.draw(w, text); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// draw replaces what a terminal shows; into a file it appends.
func (q statusQuery) draw(w io.Writer, text []byte) error {
	const home, clearLine, clearBelow = "\x1b[H", "\x1b[K\n", "\x1b[J"
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		text = []byte(home + strings.ReplaceAll(string(text), "\n", clearLine) + clearBelow)
	}
	_, err := w.Write(text)
	return err
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (q statusQuery) client() *http.Client {
	if q.address != "" {
		return &http.Client{Transport: &http.Transport{}}
	}
	var dialer net.Dialer
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", q.socket)
		},
	}}
}

func (q statusQuery) ask(ctx context.Context, client *http.Client) ([]byte, error) {
	host, remedy := q.address, "is the operator running there?"
	if host == "" {
		host, remedy = "operator", "is the operator running? Name its socket with --socket, or its address with --address"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/status?output="+q.output, nil)
	if err != nil {
		return nil, usagef("--address %q: %w", q.address, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w; %s", err, remedy)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the operator answered %s: %s", response.Status, strings.TrimSpace(string(text)))
	}
	return text, nil
}
