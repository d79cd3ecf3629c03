package proto

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// MaxFile is the size in bytes up to which a file written by a hook is read.
const MaxFile = 64 << 20

// Files are the files of one run, in a directory that only this user can read.
type Files struct {
	dir string
	env []string
}

// memory is where files need no disk.
const (
	memory    = "/dev/shm"
	maxMemory = 8 << 20 // bytes given to a run that may live there
)

// NewFiles makes the directory below parent. "": in memory, where the system has a place for that and size, the bytes
// that will be given, is small; else the system's place for temporary files.
func NewFiles(parent string, size int) (*Files, error) {
	if parent == "" && size <= maxMemory {
		if dir, err := os.MkdirTemp(memory, "hook-*"); err == nil {
			return &Files{dir: dir}, nil
		}
	}
	dir, err := os.MkdirTemp(parent, "hook-*")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the files of a run: %w", err)
	}
	return &Files{dir: dir}, nil
}

// Give writes a file for the hook to read and names it in the environment.
func (f *Files) Give(variable, name string, data []byte) error {
	path := filepath.Join(f.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write %s for the hook: %w", variable, err)
	}
	f.env = append(f.env, variable+"="+path)
	return nil
}

// Ask makes an empty file for the hook to write and names it in the environment.
func (f *Files) Ask(variable, name string) error { return f.Give(variable, name, nil) }

// Env names all files by their variables.
func (f *Files) Env() []string { return f.env }

// Answer reads what the hook has written. A file that the hook removed is empty; a link is not followed.
func (f *Files) Answer(name string) ([]byte, error) {
	path := filepath.Join(f.dir, name)
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is no regular file any more")
	}
	if info.Size() > MaxFile {
		return nil, fmt.Errorf("holds %d bytes, more than the limit of %d", info.Size(), MaxFile)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, MaxFile))
}

// Wipe removes the directory and all in it, also what the hook made unwritable.
func (f *Files) Wipe() error {
	err := os.RemoveAll(f.dir)
	if err == nil {
		return nil
	}
	_ = filepath.WalkDir(f.dir, func(path string, d os.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o700) //nolint:gosec // a directory about to be removed
		}
		return nil
	})
	return os.RemoveAll(f.dir)
}
