package folder

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/addonkit/addonkit/values"
)

// CRDs reads the files of crds/, at any depth, that end in .yaml and begin with none of the prefixes, by path. No
// such directory means no files. The names are paths within fsys.
func CRDs(fsys fs.FS, skipPrefixes ...string) ([]values.File, error) {
	var files []values.File
	err := fs.WalkDir(fsys, "crds", func(name string, e fs.DirEntry, err error) error {
		switch {
		case name == "crds" && errors.Is(err, fs.ErrNotExist):
			return fs.SkipAll
		case err != nil:
			return err
		case e.IsDir() || path.Ext(name) != ".yaml" || hasPrefix(e.Name(), skipPrefixes):
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		files = append(files, values.File{Name: name, Data: data})
		return nil
	})
	return files, err
}

// DefaultSkipPrefixes are those of files in crds/ that hold no definitions: documentation and parts of others.
func DefaultSkipPrefixes() []string { return []string{"doc-", "_"} }

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
