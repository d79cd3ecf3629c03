package folder

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/addonkit/addonkit/values"
)

// Folder is what a list of modules directories holds.
type Folder struct {
	Modules  []Module      // by order, then name; one of each name
	Common   []values.File // the values.yaml of each directory, weakest first: the static values of "global"
	Warnings []string      // what was passed over, and why
}

// Module is one module as its files describe it.
type Module struct {
	Name  string // as written, even when Err says that it is no name
	Order int
	Dir   string // on disk, as given

	Static               []values.File // weakest first: the directory's common file, the module's own
	ConfigSchema, Schema values.File   // zero: none
	Files                *Files        // everything in Dir
	Chart                fs.FS         // Files; nil when there is neither Chart.yaml nor templates/
	HooksDir             string        // on disk; "": none
	EnabledScript        string        // on disk; "": none that can be executed

	Err error // why the module cannot be used; the other fields hold what could be read
}

// unnumbered is the order of a module whose directory has no numeric prefix.
const unnumbered = 1

const commonValues = "values.yaml"

var entryName = regexp.MustCompile(`^(?:([0-9]+)-)?(.+)$`)

// Load reads the directories. Of modules of one name the first counts: directories in the given sequence, entries by
// name. The error joins what kept whole directories from being read; the Folder is usable beside it.
func Load(dirs ...string) (Folder, error) {
	var all Folder
	var problems []error
	owner := map[string]string{} // module name → directory
	for _, dir := range dirs {
		one, err := load(dir)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all.Common = append(all.Common, one.Common...)
		all.Warnings = append(all.Warnings, one.Warnings...)
		for _, m := range one.Modules {
			if first, taken := owner[m.Name]; taken {
				all.Warnings = append(all.Warnings, fmt.Sprintf(
					"%s: passed over, since %s is a module of the same name; rename or remove one of them", m.Dir, first))
				continue
			}
			owner[m.Name] = m.Dir
			all.Modules = append(all.Modules, m)
		}
	}
	slices.SortFunc(all.Modules, func(a, b Module) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name))
	})
	return all, errors.Join(problems...)
}

func load(dir string) (Folder, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("modules directory %s cannot be read: %w", dir, plain(err))
	}
	var f Folder
	common, commonErr := readCommon(dir)
	if common.Data != nil {
		f.Common = []values.File{common}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == commonValues {
			continue
		}
		path := filepath.Join(dir, e.Name())
		target, err := os.Stat(path)
		switch {
		case err != nil:
			f.Warnings = append(f.Warnings, fmt.Sprintf("%s: passed over: %v", path, plain(err)))
		case target.IsDir():
			f.Modules = append(f.Modules, readModule(dir, e, common, commonErr))
		case e.Type().IsRegular():
			f.Warnings = append(f.Warnings, path+": passed over: not a directory")
		}
	}
	return f, nil
}

// readCommon reads the values.yaml that all modules of a directory share. When it cannot be read, none of them can
// know its values.
func readCommon(dir string) (values.File, error) {
	return optional(Dir(dir), dir, commonValues)
}

func readModule(dir string, e fs.DirEntry, common values.File, commonErr error) Module {
	m := Module{Dir: filepath.Join(dir, e.Name())}
	problems := []error{commonErr}
	note := func(err error) { problems = append(problems, err) }
	var err error
	m.Name, m.Order, err = parseName(e.Name())
	note(wrap(m.Dir, err))
	m.Files, err = confine(dir, e)
	note(wrap(m.Dir, err))
	if err == nil {
		m.read(common, note)
	}
	m.Err = errors.Join(problems...)
	return m
}

// read fills in what the module's files tell.
func (m *Module) read(common values.File, note func(error)) {
	own, err := optional(m.Files, m.Dir, commonValues)
	note(err)
	for _, file := range []values.File{common, own} {
		if file.Data != nil {
			m.Static = append(m.Static, file)
		}
	}
	m.ConfigSchema, err = optional(m.Files, m.Dir, "openapi/config-values.yaml")
	note(err)
	m.Schema, err = optional(m.Files, m.Dir, "openapi/values.yaml")
	note(err)
	chart := m.exists("Chart.yaml", fs.FileMode.IsRegular, note) || m.exists("templates", fs.FileMode.IsDir, note)
	if chart {
		m.Chart = m.Files
	}
	if m.exists("hooks", fs.FileMode.IsDir, note) {
		m.HooksDir = filepath.Join(m.Dir, "hooks")
	}
	executable := func(mode fs.FileMode) bool { return mode.IsRegular() && mode&0o111 != 0 }
	if m.exists("enabled", executable, note) {
		m.EnabledScript = filepath.Join(m.Dir, "enabled")
	}
}

func (m *Module) exists(name string, is func(fs.FileMode) bool, note func(error)) bool {
	info, err := m.Files.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	note(wrap(filepath.Join(m.Dir, name), err))
	return err == nil && is(info.Mode())
}

func parseName(entry string) (name string, order int, err error) {
	parts := entryName.FindStringSubmatch(entry)
	if parts == nil { // a line break in the name
		return entry, unnumbered, errors.New("the name of the directory is no name of a module")
	}
	name, order = parts[2], unnumbered
	if parts[1] != "" {
		n, err := strconv.ParseUint(parts[1], 10, 31)
		if err != nil {
			return name, unnumbered, fmt.Errorf("the number %s is too large; at most 2147483647", parts[1])
		}
		order = int(n)
	}
	if _, err = values.Key(name); err != nil {
		err = fmt.Errorf("rename the directory: %w", err)
	}
	return name, order, err
}

// optional reads a file that need not be there. Data is not nil when it is.
func optional(f *Files, dir, name string) (values.File, error) {
	path := filepath.Join(dir, name)
	data, err := f.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return values.File{}, nil
	}
	if err != nil {
		return values.File{}, wrap(path, err)
	}
	return values.File{Name: path, Data: data}, nil
}

// wrap puts the place before an error that tells its path in another way.
func wrap(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, plain(err))
}

// plain is the reason within a path error.
func plain(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
