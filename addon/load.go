package addon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/addonkit/addonkit/addon/internal/folder"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/values"
)

// LoadOptions say how modules folders are read. The zero value works.
type LoadOptions struct {
	// Exec says how the executables in the folders are run. Its Log is told about
	// files that are passed over.
	Exec hooks.ExecOptions
}

// LoadModules reads modules folders in addon-operator's layout. It reads files
// only and returns every module, by order and name. One that is broken has its
// Err set; so has the one that stands for a folder that cannot be read. Of
// modules with one name the first counts, folder by folder.
func LoadModules(o LoadOptions, folders ...string) []Module {
	loaded, err := folder.Load(folders...)
	for _, warning := range loaded.Warnings {
		o.Exec.Log.Info("modules folder: " + warning)
	}
	var modules []Module
	if err != nil {
		modules = append(modules, Module{Name: "modules-folder", Err: err})
	}
	for _, f := range loaded.Modules {
		m := Module{Name: f.Name, Order: f.Order, Chart: f.Chart, OffByDefault: true, Err: f.Err, IgnoreCRDs: []string{"doc-", "_"},
			Values: values.Spec{Static: f.Static, ConfigSchema: f.ConfigSchema, Schema: f.Schema}}
		if f.HooksDir != "" {
			m.Hooks = hooks.Folder(f.HooksDir, o.Exec)
		}
		if f.EnabledScript != "" {
			m.Enabled = enabledScript(f.EnabledScript, o.Exec)
		}
		modules = append(modules, m)
	}
	return modules
}

// LoadGlobal reads what all modules share: the global hooks below a folder (or
// below its hooks/, if it has one), the schemas in its openapi/, and the global
// values of the modules folders. With "" for the folder there are no hooks.
func LoadGlobal(o LoadOptions, hooksFolder string, modulesFolders ...string) (Global, error) {
	loaded, err := folder.Load(modulesFolders...)
	if err != nil {
		return Global{}, err
	}
	g := Global{Values: values.Spec{Static: loaded.Common}}
	if hooksFolder == "" {
		return g, nil
	}
	if _, err := os.Stat(hooksFolder); err != nil {
		return Global{}, fmt.Errorf("global hooks: %w", err)
	}
	if err := schemas(&g.Values, hooksFolder); err != nil {
		return Global{}, err
	}
	dir := hooksFolder
	if info, err := os.Stat(filepath.Join(hooksFolder, "hooks")); err == nil && info.IsDir() {
		dir = filepath.Join(hooksFolder, "hooks")
	}
	exec := o.Exec
	exec.Global = true
	g.Hooks = hooks.Folder(dir, exec)
	return g, nil
}

// schemas reads openapi/ beside the global hooks.
func schemas(spec *values.Spec, hooksFolder string) error {
	files := folder.Dir(hooksFolder)
	for name, file := range map[string]*values.File{
		"openapi/config-values.yaml": &spec.ConfigSchema,
		"openapi/values.yaml":        &spec.Schema,
	} {
		data, err := files.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("global schema: %w", err)
		}
		*file = values.File{Name: filepath.Join(hooksFolder, name), Data: data}
	}
	return nil
}

// Dir is the files below a directory of the operating system, for
// Module.Chart. Nothing outside of it is read through it, whatever links say,
// and what was read once is not read again.
func Dir(path string) fs.FS { return folder.Dir(path) }
