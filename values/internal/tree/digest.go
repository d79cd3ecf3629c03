package tree

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Digest identifies content.
type Digest [sha256.Size]byte

// String returns the digest in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Digest returns the digest of the value's content.
func (v Value) Digest() Digest {
	if v.IsContainer() {
		return v.box.sum()
	}
	var room [256]byte
	return sha256.Sum256(v.appendIdentity(room[:0]))
}

// sum hashes kinds, keys and scalars, and the digests of the containers below.
func (b *box) sum() Digest {
	if d := b.digest.Load(); d != nil {
		return *d
	}
	var room [1024]byte
	buf := append(room[:0], byte(b.kind))
	buf = binary.AppendUvarint(buf, uint64(b.n))
	for _, s := range b.segs {
		d := s.sum()
		buf = append(buf, d[:]...)
	}
	for i := range b.entries {
		e := &b.entries[i]
		buf = binary.AppendUvarint(buf, uint64(len(e.Key)))
		buf = append(buf, e.Key...)
		buf = e.Value.appendIdentity(buf)
	}
	d := Digest(sha256.Sum256(buf))
	b.digest.Store(&d)
	return d
}

func (v Value) appendIdentity(buf []byte) []byte {
	buf = append(buf, byte(v.kind))
	switch {
	case v.IsContainer():
		d := v.box.sum()
		return append(buf, d[:]...)
	case v.box != nil: // long text
		d := v.box.digest.Load()
		if d == nil {
			sum := Digest(sha256.Sum256([]byte(v.text)))
			d = &sum
			v.box.digest.Store(d)
		}
		buf = append(buf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) // no length is written so
		return append(buf, d[:]...)
	default:
		buf = binary.AppendUvarint(buf, uint64(len(v.text)))
		return append(buf, v.text...)
	}
}
