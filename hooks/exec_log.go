package hooks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-logr/logr"

	"github.com/addonkit/addonkit/hooks/internal/process"
)

const (
	keyOutput = "output"
	keyLevel  = "level"
	keyPrefix = "hook_"
)

// stream is one output of a run: its end is kept, its lines are logged.
type stream struct {
	tail  process.Tail
	lines *process.Lines
}

func (s *stream) Write(p []byte) (int, error) {
	_, _ = s.tail.Write(p)
	return s.lines.Write(p)
}

func logLines(log logr.Logger, output string) *process.Lines {
	log = log.WithValues(keyOutput, output)
	return &process.Lines{MaxLine: maxLine, MaxTotal: maxLogged, Line: func(line string) { logLine(log, line) }}
}

// logLine logs a line. A line that is a JSON object is logged as the structured record it is: its level and message,
// and its other fields with a prefix, so that they cannot pass for fields of the operator.
func logLine(log logr.Logger, line string) {
	var record map[string]any
	if !strings.HasPrefix(strings.TrimSpace(line), "{") || json.Unmarshal([]byte(line), &record) != nil {
		log.Info(line)
		return
	}
	level := strings.ToLower(text(record, "level"))
	msg := text(record, "msg")
	if msg == "" {
		msg = text(record, "message")
	}
	for _, key := range []string{"level", "msg", "message"} {
		delete(record, key)
	}
	var fields []any
	for _, key := range slices.Sorted(maps.Keys(record)) {
		fields = append(fields, keyPrefix+key, record[key])
	}
	switch level {
	case "error", "fatal", "panic":
		log.Error(nil, msg, fields...)
	case "debug", "trace":
		log.V(1).Info(msg, fields...)
	case "", "info":
		log.Info(msg, fields...)
	default:
		log.Info(msg, append([]any{keyLevel, level}, fields...)...)
	}
}

func text(record map[string]any, key string) string {
	switch v := record[key].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}
