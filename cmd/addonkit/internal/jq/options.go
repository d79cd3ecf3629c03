package jq

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// options are a parsed command line.
type options struct {
	raw, join, compact, nullInput, exitStatus, slurp, rawInput, fromFile bool
	help, version                                                        bool

	indent string

	named      map[string]any // of --arg and its like
	positional []any          // of --args and --jsonargs
	filter     string
	files      []string
}

// parseOptions takes options and other arguments in any order, as jq does.
func parseOptions(args []string) (*options, error) {
	o := &options{indent: "  ", named: map[string]any{}}
	rest, onlyFiles := []string{}, false
	keep := func(arg string) error { rest = append(rest, arg); return nil }
	take := keep
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case onlyFiles, arg == "-", !strings.HasPrefix(arg, "-"):
			// The first one is the filter, whatever --args says of the others.
			if len(rest) == 0 {
				rest = append(rest, arg)
			} else if err := take(arg); err != nil {
				return nil, err
			}
		case arg == "--":
			onlyFiles = true
		case arg == "--args":
			take = func(arg string) error { o.positional = append(o.positional, arg); return nil }
		case arg == "--jsonargs":
			take = func(arg string) error {
				value, err := decodeOne(arg)
				o.positional = append(o.positional, value)
				return wrap(err, "--jsonargs")
			}
		case strings.HasPrefix(arg, "--"):
			n, err := o.long(arg, args)
			if err != nil {
				return nil, err
			}
			args = args[n:]
		default:
			if err := o.short(arg); err != nil {
				return nil, err
			}
		}
	}
	return o, o.place(rest)
}

// place tells the filter from the files.
func (o *options) place(rest []string) error {
	if o.help || o.version {
		return nil
	}
	if len(rest) == 0 {
		return errors.New(`no filter is given; "." passes everything on`)
	}
	o.filter, o.files = rest[0], rest[1:]
	if o.fromFile {
		text, err := os.ReadFile(o.filter)
		o.filter = string(text)
		return err
	}
	return nil
}

// short sets the options of a cluster like -rc.
func (o *options) short(cluster string) error {
	switches := map[rune]*bool{
		'r': &o.raw, 'j': &o.join, 'c': &o.compact, 'n': &o.nullInput, 'e': &o.exitStatus,
		's': &o.slurp, 'R': &o.rawInput, 'f': &o.fromFile, 'h': &o.help, 'V': &o.version,
	}
	for _, letter := range cluster[1:] {
		set, ok := switches[letter]
		switch {
		case ok:
			*set = true
		case !strings.ContainsRune("SMC", letter): // sorted they are, and never in colour
			return fmt.Errorf("unknown option -%c", letter)
		}
	}
	return nil
}

// long sets one option by its long name and returns how many arguments it took.
func (o *options) long(arg string, args []string) (int, error) {
	switches := map[string]*bool{
		"--raw-output": &o.raw, "--join-output": &o.join, "--compact-output": &o.compact, "--null-input": &o.nullInput,
		"--exit-status": &o.exitStatus, "--slurp": &o.slurp, "--raw-input": &o.rawInput, "--from-file": &o.fromFile,
		"--help": &o.help, "--version": &o.version,
	}
	if set, ok := switches[arg]; ok {
		*set = true
		return 0, nil
	}
	needs := map[string]int{"--arg": 2, "--argjson": 2, "--slurpfile": 2, "--rawfile": 2, "--indent": 1}[arg]
	if len(args) < needs {
		return 0, fmt.Errorf("%s takes %d arguments", arg, needs)
	}
	switch arg {
	case "--sort-keys", "--monochrome-output", "--color-output":
		return 0, nil
	case "--tab":
		o.indent = "\t"
		return 0, nil
	case "--indent":
		width, err := strconv.Atoi(args[0])
		if err != nil || width < 0 || width > 7 {
			return 0, fmt.Errorf("--indent %s: use a number from 0 to 7", args[0])
		}
		o.indent, o.compact = strings.Repeat(" ", width), o.compact || width == 0
		return 1, nil
	case "--arg":
		o.named[args[0]] = args[1]
		return 2, nil
	case "--argjson":
		value, err := decodeOne(args[1])
		o.named[args[0]] = value
		return 2, wrap(err, "--argjson "+args[0])
	case "--slurpfile", "--rawfile":
		text, err := os.ReadFile(args[1])
		if err != nil {
			return 0, err
		}
		o.named[args[0]] = string(text)
		if arg == "--slurpfile" {
			o.named[args[0]], err = decodeAll(string(text))
		}
		return 2, wrap(err, arg+" "+args[1])
	}
	return 0, fmt.Errorf("unknown option %s", arg)
}

// variables returns what the filter finds under which names, $ARGS among them.
func (o *options) variables() (names []string, found []any) {
	for name, value := range o.named {
		names = append(names, "$"+name)
		found = append(found, value)
	}
	args := map[string]any{"named": o.named, "positional": slices.Concat([]any{}, o.positional)}
	return append(names, "$ARGS"), append(found, args)
}

func wrap(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
