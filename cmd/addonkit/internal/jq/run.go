package jq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/itchyny/gojq"
)

// Exit codes, as jq has them.
const (
	exitOK       = 0
	exitFalse    = 1 // with -e: the last result was false or null
	exitUsage    = 2
	exitCompile  = 3
	exitNoOutput = 4 // with -e: there was no result
	exitRuntime  = 5
)

// Streams are what one call reads and writes.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Environ returns what the filter sees as env, "NAME=value".
	Environ func() []string
}

const usage = `Usage: jq [options] <filter> [file...]

  -n, --null-input        run the filter once, on null      -r, --raw-output      strings without quotes
  -s, --slurp             all inputs as one array           -j, --join-output     like -r, without newlines
  -R, --raw-input         lines as strings                  -c, --compact-output  one line per result
  -f, --from-file         the filter is in a file           --tab, --indent N     how results are indented
  -e, --exit-status       1 if the last result is false or null, 4 if there is none
  --arg NAME TEXT, --argjson NAME JSON, --slurpfile NAME FILE, --rawfile NAME FILE    set $NAME
  --args, --jsonargs      further arguments are $ARGS.positional
`

// Run is one call of jq with args, the name of the program left out. It returns
// the exit code.
func Run(ctx context.Context, s Streams, args []string) int {
	o, err := parseOptions(args)
	switch {
	case err != nil:
		return s.fail(exitUsage, err)
	case o.help:
		say(s.Stdout, usage)
		return exitOK
	case o.version:
		say(s.Stdout, "jq-1.7 (gojq)\n")
		return exitOK
	}
	in := o.inputs(s.Stdin)
	names, values := o.variables()
	code, err := s.compile(o.filter, names, in)
	if err != nil {
		return s.fail(exitCompile, fmt.Errorf("the filter: %w", err))
	}
	p := printer{options: o, w: s.Stdout, last: exitNoOutput}
	if o.nullInput {
		return s.apply(ctx, code, values, nil, &p).code(o)
	}
	outcome := outcome{exit: exitNoOutput}
	for !outcome.halted {
		value, ok := in.Next()
		if !ok {
			break
		}
		if err, ok := value.(error); ok {
			return s.fail(exitUsage, err)
		}
		failed := outcome.failed
		outcome = s.apply(ctx, code, values, value, &p)
		outcome.failed = outcome.failed || failed
	}
	return outcome.code(o)
}

func (s Streams) compile(filter string, names []string, in gojq.Iter) (*gojq.Code, error) {
	query, err := gojq.Parse(filter)
	if err != nil {
		return nil, err
	}
	tell := func(before, after string) func(any, []any) any {
		return func(value any, _ []any) any {
			text, err := gojq.Marshal(value)
			if err != nil {
				return err
			}
			say(s.Stderr, before+string(text)+after)
			return value
		}
	}
	return gojq.Compile(query,
		gojq.WithVariables(names),
		gojq.WithEnvironLoader(s.Environ),
		gojq.WithInputIter(in),
		gojq.WithFunction("debug", 0, 0, tell(`["DEBUG:",`, "]\n")),
		gojq.WithFunction("stderr", 0, 0, tell("", "")),
		gojq.WithFunction("input_filename", 0, 0, func(any, []any) any { return nil }),
	)
}

// outcome is what became of one input.
type outcome struct {
	exit           int // what -e asks for
	failed, halted bool
}

func (c outcome) code(o *options) int {
	switch {
	case c.halted:
		return c.exit
	case c.failed:
		return exitRuntime
	case o.exitStatus:
		return c.exit
	}
	return exitOK
}

// apply runs the filter on one value and prints the results.
func (s Streams) apply(ctx context.Context, code *gojq.Code, variables []any, value any, p *printer) outcome {
	results := code.RunWithContext(ctx, value, variables...)
	for {
		result, ok := results.Next()
		if !ok {
			return outcome{exit: p.last}
		}
		err, failed := result.(error)
		var halt *gojq.HaltError
		switch {
		case errors.As(err, &halt):
			if halt.Value() != nil {
				p.halt(s.Stderr, halt.Value())
			}
			return outcome{exit: halt.ExitCode(), halted: true}
		case failed:
			s.fail(exitRuntime, err)
			return outcome{exit: p.last, failed: true}
		}
		if err := p.print(result); err != nil {
			s.fail(exitUsage, err)
			return outcome{exit: exitUsage, halted: true}
		}
	}
}

func (s Streams) fail(code int, err error) int {
	say(s.Stderr, fmt.Sprintf("jq: error: %v\n", err))
	return code
}

// printer writes results and remembers what -e asks for.
type printer struct {
	*options
	w    io.Writer
	last int
}

func (p *printer) print(result any) error {
	p.last = exitOK
	if result == nil || result == false {
		p.last = exitFalse
	}
	end := "\n"
	if p.join {
		end = ""
	}
	if text, ok := result.(string); ok && (p.raw || p.join) {
		_, err := io.WriteString(p.w, text+end)
		return err
	}
	text, err := gojq.Marshal(result)
	if err != nil {
		return err
	}
	if !p.compact {
		var indented bytes.Buffer
		if err := json.Indent(&indented, text, "", p.indent); err != nil {
			return err
		}
		text = indented.Bytes()
	}
	_, err = p.w.Write(append(text, end...))
	return err
}

// halt prints the message of halt_error: text as it is, the rest as JSON.
func (p *printer) halt(w io.Writer, message any) {
	if text, ok := message.(string); ok {
		say(w, text)
		return
	}
	if text, err := gojq.Marshal(message); err == nil {
		say(w, string(text)+"\n")
	}
}

// say tells people something; if nobody can hear it there is nobody to tell.
func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }
