package hooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Folder is a source of the executables below a directory, at any depth. Left out are hidden files and directories,
// directories named lib and, for modules, venv, and files ending in .yaml, .json, .md and .txt. Any other file that is
// not executable is an error. A directory that does not exist holds no hooks.
//
// Each executable is asked for its configuration once, and again when the file has changed.
func Folder(dir string, o ExecOptions) Source {
	if o.Root == "" {
		o.Root = dir
		if !o.Global {
			o.Root = filepath.Dir(filepath.Clean(dir))
		}
	}
	return &executables{root: dir, o: o, known: map[string]asked{}, list: walkHooks}
}

// Exec is a source of one executable. It is asked for its configuration once, and again when the file has changed.
func Exec(path string, o ExecOptions) Source {
	if o.Root == "" {
		o.Root = filepath.Dir(path)
	}
	list := func(path string, _ *ExecOptions) ([]string, []error) {
		if err := runnable(path); err != nil {
			return nil, []error{err}
		}
		return []string{path}, nil
	}
	return &executables{root: path, o: o, known: map[string]asked{}, list: list}
}

type executables struct {
	root string
	o    ExecOptions
	list func(root string, o *ExecOptions) (paths []string, bad []error)

	mu    sync.Mutex
	known map[string]asked // by path
}

// asked is the answer of a file as it was.
type asked struct {
	file  os.FileInfo
	hooks []Hook
}

func (e *executables) Hooks(ctx context.Context) ([]Hook, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	root, err := filepath.Abs(e.root)
	if err != nil {
		return nil, err
	}
	paths, bad := e.list(root, &e.o)
	var hooks []Hook
	for _, path := range paths {
		found, err := e.ask(ctx, path)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		hooks = append(hooks, found...)
	}
	slices.SortFunc(hooks, func(a, b Hook) int { return cmp.Compare(a.Name, b.Name) })
	return hooks, errors.Join(bad...)
}

// ask gives the configuration of a file: the known one unless the file has changed.
func (e *executables) ask(ctx context.Context, path string) ([]Hook, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if a, ok := e.known[path]; ok && os.SameFile(a.file, info) && a.file.ModTime().Equal(info.ModTime()) && a.file.Size() == info.Size() {
		return a.hooks, nil
	}
	x, err := newExecutable(path, &e.o)
	if err != nil {
		return nil, err
	}
	found, err := x.config(ctx)
	if err != nil {
		return nil, err
	}
	e.known[path] = asked{info, found}
	return found, nil
}

func newExecutable(path string, o *ExecOptions) (*executable, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	x := &executable{path: path, name: filepath.ToSlash(name), program: path, o: o}
	if filepath.Ext(path) == ".py" {
		x.useVenv(root)
	}
	return x, nil
}

// useVenv starts a python hook by the interpreter of the hooks' own virtual environment, if there is one.
func (x *executable) useVenv(root string) {
	for _, dir := range []string{filepath.Join(root, "hooks", "venv"), filepath.Join(root, "venv")} {
		python := filepath.Join(dir, "bin", "python3")
		if runnable(python) == nil {
			x.program, x.args, x.env = python, []string{x.path}, []string{"PYTHONHOME=" + dir}
			return
		}
	}
}

func walkHooks(root string, o *ExecOptions) (paths []string, bad []error) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case path == root && errors.Is(err, fs.ErrNotExist):
			return fs.SkipAll
		case err != nil:
			bad = append(bad, err)
			return nil
		case path == root:
			return nil
		case d.IsDir():
			if skippedDir(d.Name(), o.Global) {
				return fs.SkipDir
			}
			return nil
		case strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{".yaml", ".json", ".md", ".txt"}, filepath.Ext(path)):
			return nil
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			o.Log.Info("a link to a directory is not followed in search of hooks", "file", path)
			return nil
		}
		if err := runnable(path); err != nil {
			bad = append(bad, err)
			return nil
		}
		paths = append(paths, path)
		return nil
	})
	if err != nil {
		bad = append(bad, err)
	}
	return paths, bad
}

func skippedDir(name string, global bool) bool {
	return strings.HasPrefix(name, ".") || name == "lib" || name == "venv" && !global
}

// runnable tells why a file cannot be run, with the remedy.
func runnable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file; remove it from the hooks", path)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is not executable; remedy: chmod +x %s, or move it to a directory named lib if it is no hook", path, path)
	}
	return nil
}
