package jq

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// inputs delivers the values that the filter is run on. A value that is an
// error ends it: what follows a syntax error cannot be told apart.
type inputs struct {
	next func() (any, error) // io.EOF at the end
	done bool
}

func (o *options) inputs(stdin io.Reader) *inputs {
	text := stdin
	if len(o.files) > 0 {
		text = &files{names: o.files}
	}
	if o.rawInput {
		return &inputs{next: rawLines(text, o.slurp)}
	}
	decoder := json.NewDecoder(text)
	decoder.UseNumber()
	decode := func() (value any, err error) {
		err = decoder.Decode(&value)
		return value, err
	}
	if o.slurp {
		return &inputs{next: once(func() (any, error) { return gather(decode) })}
	}
	return &inputs{next: decode}
}

// Next is the iterator that the filter's input and inputs read from.
func (i *inputs) Next() (any, bool) {
	if i.done {
		return nil, false
	}
	value, err := i.next()
	switch {
	case errors.Is(err, io.EOF):
		i.done = true
		return nil, false
	case err != nil:
		i.done = true
		return fmt.Errorf("reading the input: %w", err), true
	}
	return value, true
}

func rawLines(text io.Reader, slurp bool) func() (any, error) {
	all := once(func() (any, error) {
		content, err := io.ReadAll(text)
		return string(content), err
	})
	if slurp {
		return all
	}
	var rest string
	return func() (any, error) {
		if content, err := all(); err == nil {
			rest, _ = content.(string)
		} else if !errors.Is(err, io.EOF) {
			return nil, err
		}
		if rest == "" {
			return nil, io.EOF
		}
		line, after, _ := strings.Cut(rest, "\n")
		rest = after
		return line, nil
	}
}

func once(read func() (any, error)) func() (any, error) {
	done := false
	return func() (any, error) {
		if done {
			return nil, io.EOF
		}
		done = true
		return read()
	}
}

func gather(next func() (any, error)) (any, error) {
	all := []any{}
	for {
		value, err := next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
}

func decodeAll(text string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return gather(func() (value any, err error) {
		err = decoder.Decode(&value)
		return value, err
	})
}

func decodeOne(text string) (any, error) {
	all, err := decodeAll(text)
	if err != nil {
		return nil, err
	}
	if list, ok := all.([]any); ok && len(list) == 1 {
		return list[0], nil
	}
	return nil, errors.New("it takes exactly one JSON value")
}

// files reads files one after the other.
type files struct {
	names []string
	open  *os.File
}

func (f *files) Read(p []byte) (int, error) {
	for {
		if f.open == nil {
			if len(f.names) == 0 {
				return 0, io.EOF
			}
			var err error
			if f.open, err = os.Open(f.names[0]); err != nil {
				return 0, err
			}
			f.names = f.names[1:]
		}
		n, err := f.open.Read(p)
		if errors.Is(err, io.EOF) {
			err = f.open.Close()
			f.open = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}
