package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
)

// Files is a directory as fs.FS, with ReadDir, ReadFile and Stat. Each file is read from disk when first asked for,
// and then kept. Links are shown as what they lead to, within the root. A link that leads out of it or to nothing is
// shown as a link and cannot be opened; one that leads to a directory it lies in is shown as a link, so that a walk
// ends. Safe for concurrent use; it holds no file open.
type Files struct {
	root string // on disk; nothing outside is read
	sub  string // the directory within root, slash-separated

	mu   sync.Mutex
	seen map[string]*node
}

// Dir is the directory at path, which may be a link, confined to itself. It reads nothing yet; a path that is no
// directory is an error of every access.
func Dir(path string) *Files { return &Files{root: path, sub: ".", seen: map[string]*node{}} }

var (
	_ fs.ReadFileFS = (*Files)(nil)
	_ fs.ReadDirFS  = (*Files)(nil)
	_ fs.StatFS     = (*Files)(nil)
)

// ErrOutside is in the error of a link that leads out of the root.
var ErrOutside = errors.New("the link leads out of the folder, or is absolute; put the file into the folder")

var errNoFile = errors.New("neither a file nor a directory")

// confine makes the Files of a module's directory: within the modules directory, or, when the entry is a link that
// leads out of that, within the place it leads to.
func confine(dir string, e fs.DirEntry) (*Files, error) {
	within := &Files{root: dir, sub: e.Name(), seen: map[string]*node{}}
	if e.Type()&fs.ModeSymlink == 0 {
		return within, nil
	}
	if _, err := within.Stat("."); err == nil {
		return within, nil
	}
	target, err := filepath.EvalSymlinks(filepath.Join(dir, e.Name()))
	if err != nil {
		return nil, err
	}
	return Dir(target), nil
}

// Open implements [fs.FS].
func (f *Files) Open(name string) (fs.File, error) {
	n, err := f.node("open", name)
	if err != nil {
		return nil, err
	}
	return n.open(), nil
}

// Stat implements [fs.StatFS].
func (f *Files) Stat(name string) (fs.FileInfo, error) {
	n, err := f.node("stat", name)
	if err != nil {
		return nil, err
	}
	return n.info, nil
}

// ReadFile implements [fs.ReadFileFS]. The caller owns the result.
func (f *Files) ReadFile(name string) ([]byte, error) {
	n, err := f.node("read", name)
	if err != nil {
		return nil, err
	}
	if n.info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	return append([]byte{}, n.data...), nil
}

// ReadDir implements [fs.ReadDirFS].
func (f *Files) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := f.node("readdir", name)
	if err != nil {
		return nil, err
	}
	if !n.info.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	return append([]fs.DirEntry{}, n.entries...), nil
}

// node reads a file or directory, or remembers it. Errors are not remembered.
func (f *Files) node(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.seen[name]; n != nil {
		return n, nil
	}
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("folder %s: %w", f.root, plain(err))}
	}
	defer func() { _ = root.Close() }()
	n, err := f.read(root, name)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: reason(err)}
	}
	f.seen[name] = n
	return n, nil
}

func (f *Files) read(root *os.Root, name string) (*node, error) {
	at := filepath.FromSlash(path.Join(f.sub, name))
	// Looked at first, since opening a pipe would wait for its other end.
	info, err := root.Stat(at)
	if err != nil {
		return nil, err
	}
	n := &node{info: renamed{info, path.Base(name)}}
	switch {
	case info.Mode().IsRegular():
		n.data, err = root.ReadFile(at)
	case info.IsDir():
		n.entries, err = f.list(root, name)
	default:
		err = errNoFile
	}
	return n, err
}

// list reads a directory and shows links as what they lead to. Those that lead nowhere are shown as they are.
func (f *Files) list(root *os.Root, name string) ([]fs.DirEntry, error) {
	sub := path.Join(f.sub, name)
	entries, err := fs.ReadDir(root.FS(), sub)
	if err != nil {
		return nil, err
	}
	for i, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		info, err := root.Stat(filepath.FromSlash(path.Join(sub, e.Name())))
		if err == nil && !f.isAbove(root, name, info) {
			entries[i] = fs.FileInfoToDirEntry(renamed{info, e.Name()})
		}
	}
	return entries, nil
}

// isAbove tells whether a link in the directory leads to it or to one above it: following that would never end.
func (f *Files) isAbove(root *os.Root, name string, target fs.FileInfo) bool {
	if !target.IsDir() {
		return false
	}
	for at := path.Join(f.sub, name); ; at = path.Dir(at) {
		above, err := root.Stat(filepath.FromSlash(at))
		if err == nil && os.SameFile(above, target) {
			return true
		}
		if at == "." {
			return false
		}
	}
}

// reason is why a file cannot be read, without the path on disk. The package os does not export its error for links
// that leave a root, so it is told apart by what it is not.
func reason(err error) error {
	err = plain(err)
	if err.Error() == "path escapes from parent" {
		return ErrOutside
	}
	return err
}
