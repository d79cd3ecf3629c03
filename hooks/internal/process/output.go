package process

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Tail is a writer that keeps the last bytes written to it. The zero value keeps none.
type Tail struct {
	Limit   int // bytes kept
	buf     []byte
	dropped int64
}

func (t *Tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.Limit; over > t.Limit || cap(t.buf) > 4*t.Limit+64<<10 {
		t.trim()
	}
	return len(p), nil
}

// String is the kept output; a first line says how much came before it.
func (t *Tail) String() string {
	t.trim()
	text := strings.ToValidUTF8(string(t.buf), "\uFFFD")
	if t.dropped > 0 {
		return fmt.Sprintf("[%d bytes before this are left out]\n%s", t.dropped, text)
	}
	return text
}

func (t *Tail) trim() {
	over := len(t.buf) - t.Limit
	if over <= 0 {
		return
	}
	t.dropped += int64(over)
	t.buf = append(make([]byte, 0, 2*t.Limit), t.buf[over:]...)
}

// Head is a writer that keeps the first bytes written to it and remembers whether there were more.
type Head struct {
	Limit int
	Over  bool
	buf   bytes.Buffer
}

func (h *Head) Write(p []byte) (int, error) {
	if room := h.Limit - h.buf.Len(); len(p) > room {
		h.Over = true
		h.buf.Write(p[:room])
		return len(p), nil
	}
	return h.buf.Write(p)
}

// Bytes is what was kept.
func (h *Head) Bytes() []byte { return h.buf.Bytes() }

// Lines is a writer that calls Line for every line. A longer line than MaxLine bytes is cut; after MaxTotal bytes no
// line is passed on and Flush says how many bytes were left out.
type Lines struct {
	Line              func(string)
	MaxLine, MaxTotal int
	line              []byte
	cut               bool
	total             int
	left              int64
}

func (l *Lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		part, rest, whole := bytes.Cut(p, []byte{'\n'})
		l.add(part)
		if whole {
			l.pass()
		}
		p = rest
	}
	return n, nil
}

// Flush passes on a last line without an end.
func (l *Lines) Flush() {
	if len(l.line) > 0 {
		l.pass()
	}
	if l.left > 0 {
		l.Line(fmt.Sprintf("[%d more bytes of output are left out]", l.left))
		l.left = 0
	}
}

func (l *Lines) add(part []byte) {
	room := l.MaxLine - len(l.line)
	if len(part) > room {
		part, l.cut = part[:max(room, 0)], true
	}
	l.line = append(l.line, part...)
}

func (l *Lines) pass() {
	defer func() { l.line, l.cut = l.line[:0], false }()
	if l.total += len(l.line) + 1; l.total > l.MaxTotal {
		l.left += int64(len(l.line) + 1)
		return
	}
	text := strings.TrimRight(string(l.line), "\r")
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if l.cut {
		text += "…"
	}
	if text != "" {
		l.Line(text)
	}
}
