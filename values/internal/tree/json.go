package tree

import "unicode/utf8"

// keepFrom is the length of an encoding from which it is worth keeping.
const keepFrom = 1 << 10

// JSON returns the canonical encoding: keys in ascending order, no blanks, no
// HTML escapes. The bytes are shared and must not be changed.
func (v Value) JSON() []byte {
	if v.box != nil {
		if b := v.box.json.Load(); b != nil {
			return *b
		}
	}
	buf := v.appendJSON(make([]byte, 0, v.Weight()+v.Weight()/16))
	if v.box != nil {
		v.box.json.Store(&buf)
	}
	return buf
}

// AppendJSON appends the canonical encoding to buf.
func (v Value) AppendJSON(buf []byte) []byte { return v.appendJSON(buf) }

func (v Value) appendJSON(buf []byte) []byte {
	if v.box != nil {
		if b := v.box.json.Load(); b != nil {
			return append(buf, *b...)
		}
	}
	switch v.kind {
	case String:
		return appendQuoted(buf, v.text)
	case List:
		return append(v.box.appendEntries(append(buf, '[')), ']')
	case Map, Overlay:
		return append(v.box.appendEntries(append(buf, '{')), '}')
	case Absent, Removed:
		return append(buf, "null"...)
	default:
		return append(buf, v.text...)
	}
}

// appendEntries appends the entries with commas between them. The encodings of
// entries that are long, yet at most half of what is around them, are kept for
// the next time: so a byte is kept a few times at most, and after an edit of one
// entry its neighbours are copied and not encoded again.
func (b *box) appendEntries(buf []byte) []byte {
	start := len(buf)
	for i, s := range b.segs {
		if i > 0 {
			buf = append(buf, ',')
		}
		if kept := s.json.Load(); kept != nil {
			buf = append(buf, *kept...)
			continue
		}
		from := len(buf)
		buf = s.appendEntries(buf)
		s.keep(buf[from:])
	}
	var spans [8]struct{ i, from, to int }
	long := spans[:0]
	for i := range b.entries {
		if i > 0 {
			buf = append(buf, ',')
		}
		if b.kind != List {
			buf = append(appendQuoted(buf, b.entries[i].Key), ':')
		}
		from := len(buf)
		buf = b.entries[i].Value.appendJSON(buf)
		if len(buf)-from >= keepFrom && b.entries[i].Value.box != nil {
			long = append(long, struct{ i, from, to int }{i, from, len(buf)})
		}
	}
	for _, l := range long {
		if (l.to-l.from)*2 <= len(buf)-start {
			b.entries[l.i].Value.box.keep(buf[l.from:l.to])
		}
	}
	return buf
}

func (b *box) keep(encoded []byte) {
	if len(encoded) >= keepFrom && b.json.Load() == nil {
		own := append(make([]byte, 0, len(encoded)), encoded...)
		b.json.Store(&own)
	}
}

func appendQuoted(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf || c >= utf8.RuneSelf {
			continue
		}
		buf = append(buf, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			buf = append(buf, '\\', c)
		case '\n':
			buf = append(buf, '\\', 'n')
		case '\r':
			buf = append(buf, '\\', 'r')
		case '\t':
			buf = append(buf, '\\', 't')
		default:
			buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(buf, s[from:]...), '"')
}
