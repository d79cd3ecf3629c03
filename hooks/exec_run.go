package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/addonkit/addonkit/hooks/internal/process"
	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/values"
)

const (
	maxLine   = 10_000  // bytes of a line of output that are logged
	maxLogged = 1 << 20 // bytes of one stream of one run that are logged
)

// The files of a run: variable and name.
var (
	fileContexts     = [2]string{"BINDING_CONTEXT_PATH", "binding-context.json"}
	fileValues       = [2]string{"VALUES_PATH", "values.json"}
	fileConfigValues = [2]string{"CONFIG_VALUES_PATH", "config-values.json"}
	fileValuesPatch  = [2]string{"VALUES_JSON_PATCH_PATH", "values.json-patch"}
	fileConfigPatch  = [2]string{"CONFIG_VALUES_JSON_PATCH_PATH", "config-values.json-patch"}
	fileMetrics      = [2]string{"METRICS_PATH", "metrics.json"}
	fileChanges      = [2]string{"KUBERNETES_PATCH_PATH", "kubernetes-patch"}
)

// run is the body of the hook made from the executable.
func (x *executable) run(ctx context.Context, in *Input, out *Output) error {
	contexts := in.Contexts
	if contexts == nil {
		contexts = []Context{}
	}
	told, err := json.Marshal(contexts)
	if err != nil {
		return fmt.Errorf("the contexts of the run cannot be written as JSON: %w", err)
	}
	return x.once(ctx, in, told, out)
}

// runOld runs a hook of version 0, which knows one context only, once for each.
func (x *executable) runOld(ctx context.Context, in *Input, out *Output) error {
	for _, c := range in.Contexts {
		told, err := oldContext(c)
		if err != nil {
			return fmt.Errorf("the context of the run cannot be written as JSON: %w", err)
		}
		if err := x.once(ctx, in, told, out); err != nil {
			return err
		}
	}
	return nil
}

// once starts the executable with the contexts as it reads them, and adds what it wrote to out.
func (x *executable) once(ctx context.Context, in *Input, told []byte, out *Output, args ...string) (err error) {
	files, err := proto.NewFiles(x.o.TempDir)
	if err != nil {
		return err
	}
	defer func() {
		if wipe := files.Wipe(); wipe != nil {
			err = errors.Join(err, fmt.Errorf("the files of the run cannot be removed: %w", wipe))
		}
	}()
	if err := give(files, in, told); err != nil {
		return err
	}
	stdout := &stream{tail: process.Tail{Limit: tailSize}, lines: logLines(in.Log, "stdout")}
	stderr := &stream{tail: process.Tail{Limit: tailSize}, lines: logLines(in.Log, "stderr")}
	usage, err := x.start(ctx, process.Spec{Dir: x.o.Dir, Env: files.Env(), Stdout: stdout, Stderr: stderr}, args...)
	stdout.lines.Flush()
	stderr.lines.Flush()
	out.Usage.User += usage.User
	out.Usage.System += usage.System
	out.Usage.MaxRSS = max(out.Usage.MaxRSS, usage.MaxRSS)

	if err != nil {
		// What the failed run wrote counts only as far as Call lets it, and only if it can be understood.
		salvage(files, out)
		tail := stderr.tail.String()
		if tail == "" {
			tail = stdout.tail.String()
		}
		return &ExecError{Path: x.path, ExitCode: exitCode(err), Tail: tail, Err: err}
	}
	if err := take(files, in, out); err != nil {
		return &ExecError{Path: x.path, ExitCode: 0, Err: err}
	}
	return nil
}

// give writes the files that the hook reads and makes those that it writes.
func give(files *proto.Files, in *Input, told []byte) error {
	return errors.Join(
		files.Give(fileContexts[0], fileContexts[1], told),
		files.Give(fileValues[0], fileValues[1], in.sections(in.Global, in.Values)),
		files.Give(fileConfigValues[0], fileConfigValues[1], in.sections(in.GlobalConfig, in.Config)),
		files.Ask(fileValuesPatch[0], fileValuesPatch[1]),
		files.Ask(fileConfigPatch[0], fileConfigPatch[1]),
		files.Ask(fileMetrics[0], fileMetrics[1]),
		files.Ask(fileChanges[0], fileChanges[1]),
	)
}

// sections is the document {"global": …, "<key>": …}; a section that is not there is an empty map.
func (in *Input) sections(global, own values.View) []byte {
	var b bytes.Buffer
	put := func(key string, v values.View) {
		b.WriteString(`"` + key + `":`)
		if v.IsZero() {
			b.WriteString("{}")
		} else {
			b.Write(v.JSON())
		}
	}
	b.WriteByte('{')
	if in.isGlobal() {
		if own.IsZero() {
			own = global
		}
		put(values.Global, own)
	} else {
		put(values.Global, global)
		b.WriteByte(',')
		put(in.Key, own)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// take reads everything the hook wrote. All files are read, so that all errors are told at once.
func take(files *proto.Files, in *Input, out *Output) error {
	return errors.Join(
		takeFile(files, fileValuesPatch, values.ParsePatch, func(p values.Patch) { out.Values.take(p, in.Key) }),
		takeFile(files, fileConfigPatch, values.ParsePatch, func(p values.Patch) { out.Config.take(p, in.Key) }),
		takeFile(files, fileChanges, ParseChanges, func(c []Change) { out.Changes = append(out.Changes, c...) }),
		takeFile(files, fileMetrics, ParseMetrics, func(m []Metric) { out.Metrics = append(out.Metrics, m...) }),
	)
}

func salvage(files *proto.Files, out *Output) {
	_ = takeFile(files, fileChanges, ParseChanges, func(c []Change) { out.Changes = append(out.Changes, c...) })
	_ = takeFile(files, fileMetrics, ParseMetrics, func(m []Metric) { out.Metrics = append(out.Metrics, m...) })
}

func takeFile[T any](files *proto.Files, file [2]string, parse func([]byte) (T, error), use func(T)) error {
	data, err := files.Answer(file[1])
	if err != nil {
		return fmt.Errorf("%s: %w", file[0], err)
	}
	t, err := parse(data)
	if err != nil {
		return fmt.Errorf("%s: %w", file[0], err)
	}
	use(t)
	return nil
}
