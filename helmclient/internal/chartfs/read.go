package chartfs

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"

	"helm.sh/helm/v3/pkg/chart/loader"
)

// read returns all regular files below fsys that skip does not leave out, in the order of their names.
// Links are followed as far as fsys allows.
func read(fsys fs.FS, skip func(name string, info fs.FileInfo) bool) ([]*loader.BufferedFile, error) {
	w := walk{fsys: fsys, skip: skip}
	if err := w.folder(".", 0); err != nil {
		return nil, err
	}
	return w.files, nil
}

type walk struct {
	fsys  fs.FS
	skip  func(string, fs.FileInfo) bool
	files []*loader.BufferedFile
	total int64
}

func (w *walk) folder(dir string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: folders nested deeper than %d", dir, maxDepth)
	}
	entries, err := fs.ReadDir(w.fsys, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		info, err := fs.Stat(w.fsys, name) // follows links, which entries do not
		if err != nil {
			return err
		}
		switch {
		case w.skip(name, info):
		case info.IsDir():
			err = w.folder(name, depth+1)
		case info.Mode().IsRegular():
			err = w.file(name)
		default:
			err = fmt.Errorf("%s: neither file nor folder", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) file(name string) error {
	if len(w.files) == maxFiles {
		return fmt.Errorf("more than %d files", maxFiles)
	}
	f, err := w.fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > maxFile {
		return fmt.Errorf("%s: larger than %d bytes; list it in .helmignore", name, maxFile)
	}
	if w.total += int64(len(data)); w.total > maxTotal {
		return fmt.Errorf("%s: the chart is larger than %d bytes", name, maxTotal)
	}
	data = bytes.TrimPrefix(data, []byte{0xEF, 0xBB, 0xBF})
	w.files = append(w.files, &loader.BufferedFile{Name: name, Data: data})
	return nil
}
