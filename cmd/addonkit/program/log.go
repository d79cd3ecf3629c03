package program

import (
	"io"
	"log/slog"

	"github.com/go-logr/logr"
)

// logger writes one line per event, as text or as JSON.
func (s *settings) logger(w io.Writer) (logr.Logger, error) {
	level, err := s.level()
	if err != nil {
		return logr.Discard(), err
	}
	options := &slog.HandlerOptions{Level: level}
	if s.logNoTime {
		options.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return a
		}
	}
	if s.logType == "json" {
		return logr.FromSlogHandler(slog.NewJSONHandler(w, options)), nil
	}
	return logr.FromSlogHandler(slog.NewTextHandler(w, options)), nil
}
