package folder

import (
	"bytes"
	"io"
	"io/fs"
)

// node is a file or directory as it was when first read.
type node struct {
	info    fs.FileInfo
	data    []byte
	entries []fs.DirEntry
}

func (n *node) open() fs.File {
	if n.info.IsDir() {
		return &openDir{node: n}
	}
	return &openFile{Reader: bytes.NewReader(n.data), info: n.info}
}

// openFile reads a node's data.
type openFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (o *openFile) Stat() (fs.FileInfo, error) { return o.info, nil }
func (o *openFile) Close() error               { return nil }

// openDir reads a node's entries.
type openDir struct {
	*node
	next int
}

func (o *openDir) Stat() (fs.FileInfo, error) { return o.info, nil }
func (o *openDir) Close() error               { return nil }

func (o *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: o.info.Name(), Err: fs.ErrInvalid}
}

func (o *openDir) ReadDir(most int) ([]fs.DirEntry, error) {
	rest := o.entries[o.next:]
	if most > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(most, len(rest))]
	}
	o.next += len(rest)
	return append([]fs.DirEntry{}, rest...), nil
}

// renamed is the info of a link's target under the name of the link.
type renamed struct {
	fs.FileInfo
	name string
}

func (r renamed) Name() string { return r.name }
