// Package jq makes filters of jq programs.
//
// A program is compiled once. It works on the decoded object; nothing is turned into JSON and back. No output is
// null, one output is the result, several outputs are an array of them. A program gets no files, no environment and
// no input but the object, and an object may cost it a bounded number of steps.
package jq

import (
	"errors"
	"fmt"
	"strings"

	"github.com/itchyny/gojq"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/kubeevents"
)

// Compile makes a filter of a program. The error tells what is wrong with it and where. Filters of equal programs are
// taken for the same by a kubeevents.Watcher.
func Compile(program string) (kubeevents.Filter, error) {
	query, err := gojq.Parse(program)
	if err != nil {
		return nil, refuse(program, err)
	}
	code, err := gojq.Compile(query, gojq.WithEnvironLoader(func() []string { return nil }))
	if err != nil {
		return nil, refuse(program, err)
	}
	return &filter{program: program, code: code, plain: plainSteps(query)}, nil
}

// ErrTooLong is what an object gets for which the program takes too many steps: ten million, about a second.
var ErrTooLong = errors.New("jq: the program takes too many steps")

type filter struct {
	program string
	code    *gojq.Code
	plain   step // nil: the interpreter alone
}

// Apply runs the program on the object. The result may share parts with it. Integers are int64, those beyond
// json.Number.
func (f *filter) Apply(object *unstructured.Unstructured) (any, error) {
	if f.plain != nil {
		if result, plain := f.plain(object.Object); plain {
			return result, nil
		}
	}
	return f.interpret(object.Object)
}

func (f *filter) interpret(object map[string]any) (any, error) {
	return f.interpretWithin(object, mostSteps)
}

func (f *filter) interpretWithin(object map[string]any, most int) (any, error) {
	input, _ := translate(object, toJQ)
	outputs := f.code.RunWithContext(&steps{left: most}, input)
	var results []any
	for {
		output, more := outputs.Next()
		if !more {
			break
		}
		if err, failed := output.(error); failed {
			var halt *gojq.HaltError
			if errors.As(err, &halt) && halt.Value() == nil {
				break
			}
			return nil, conceal(err)
		}
		output, _ = translate(output, fromJQ)
		results = append(results, output)
	}
	switch len(results) {
	case 0:
		return nil, nil
	case 1:
		return results[0], nil
	}
	return results, nil
}

// FilterKey makes filters of equal programs the same.
func (f *filter) FilterKey() string { return "jq:" + f.program }

// String returns the program.
func (f *filter) String() string { return f.program }

func refuse(program string, err error) error {
	if parse, ok := errors.AsType[*gojq.ParseError](err); ok {
		line := 1 + strings.Count(program[:min(parse.Offset, len(program))], "\n")
		return fmt.Errorf("jq program: line %d: %w", line, err)
	}
	return fmt.Errorf("jq program: %w", err)
}

// conceal reduces an error of a run to what holds no value of the object: gojq's texts quote the values after the
// types, in parentheses or behind the operation.
func conceal(err error) error {
	if errors.Is(err, ErrTooLong) {
		return ErrTooLong
	}
	if _, ok := errors.AsType[gojq.ValueError](err); ok {
		return errors.New("jq: the program raised an error")
	}
	text := err.Error()
	for _, end := range []string{": ", "(", "\"", " to "} {
		text, _, _ = strings.Cut(text, end)
	}
	return errors.New("jq: " + strings.TrimSpace(text))
}
