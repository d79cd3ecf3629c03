package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Log is an audit log file. The file may still be written to. All methods may be called at
// the same time.
type Log struct {
	path string
	ask  func(ctx context.Context, path string) error
}

// Open returns the log at path; the file is read on demand. ask, which may be nil, sends
// the API server a GET of a path, whatever the answer: [Log.Mark] needs it.
func Open(path string, ask func(ctx context.Context, path string) error) *Log {
	return &Log{path: path, ask: ask}
}

// Mark is a place in the log. The zero Mark is its beginning.
type Mark struct{ offset int64 }

// Here is the present end of the log. A request that was answered a moment ago may still
// come after it; [Log.Mark] is exact.
func (l *Log) Here() (Mark, error) {
	info, err := os.Stat(l.path)
	if err != nil {
		return Mark{}, err
	}
	return Mark{offset: info.Size()}, nil
}

// Mark is a place that comes after every request answered before the call. It sends a
// request of its own, which the log never shows, and waits until that is written.
func (l *Log) Mark(ctx context.Context) (Mark, error) {
	if l.ask == nil {
		return Mark{}, errors.New("audit: this log was opened without a way to ask the API server")
	}
	from, err := l.Here()
	if err != nil {
		return Mark{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, markLimit)
	defer cancel()
	path := fmt.Sprintf("%s%d", markPath, time.Now().UnixNano())
	if err := l.ask(ctx, path); err != nil {
		return Mark{}, err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var found bool
		end, err := l.scan(from, func(e Event) { found = found || strings.HasPrefix(e.URI, path) })
		if found || err != nil {
			return end, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return Mark{}, fmt.Errorf("audit: the mark did not appear in %s: %w", l.path, ctx.Err())
		}
	}
}

// markPath begins the path of the requests that Mark sends.
const markPath = "/audit-mark/"

// markLimit is how long a mark may take to appear; the log is written while the request is
// answered, so more than a moment means that something is wrong.
const markLimit = 20 * time.Second

// Since returns the requests after a mark, in the order in which they were written.
func (l *Log) Since(from Mark) (Events, error) {
	var events Events
	_, err := l.scan(from, events.add)
	return events, err
}

// Until is Since(from) up to a new exact mark, and that mark.
func (l *Log) Until(ctx context.Context, from Mark) (Events, Mark, error) {
	to, err := l.Mark(ctx)
	if err != nil {
		return nil, Mark{}, err
	}
	var events Events
	_, err = l.scanUntil(from, to, events.add)
	return events, to, err
}

// Follow calls fn for each request after a mark as it is written, until ctx ends, and
// returns ctx's error, or why it cannot go on.
func (l *Log) Follow(ctx context.Context, from Mark, fn func(Event)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		next, err := l.scan(from, func(e Event) {
			if !e.isMark() {
				fn(e)
			}
		})
		if err != nil {
			return err
		}
		from = next
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *Log) scan(from Mark, fn func(Event)) (Mark, error) {
	return l.scanUntil(from, Mark{offset: -1}, fn)
}

// scanUntil reads whole lines and returns the place after the last one; a line that is
// still being written is left for the next time.
func (l *Log) scanUntil(from, to Mark, fn func(Event)) (Mark, error) {
	file, err := os.Open(l.path)
	if err != nil {
		return from, err
	}
	defer file.Close()
	if _, err := file.Seek(from.offset, io.SeekStart); err != nil {
		return from, err
	}
	reader := bufio.NewReaderSize(file, 1<<16)
	for to.offset < 0 || from.offset < to.offset {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return from, nil
		}
		if err != nil {
			return from, err
		}
		event, ok, err := parse(line)
		if err != nil {
			return from, fmt.Errorf("%s at byte %d: %w", l.path, from.offset, err)
		}
		from.offset += int64(len(line))
		if ok {
			fn(event)
		}
	}
	return from, nil
}
