package localcluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// folder is a control plane's place on disk.
type folder struct {
	dir   string
	ports ports
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }
func (f folder) pki(name string) string  { return filepath.Join(f.dir, "pki", name) }
func (f folder) kubeconfig() string      { return f.path("kubeconfig") }
func (f folder) auditLog() string        { return f.path("audit.log") }
func (f folder) server() string          { return fmt.Sprintf("https://127.0.0.1:%d", f.ports.APIServer) }

// open prepares the folder: what is missing is made, what is there is kept. The file with
// the ports is written last, so its presence says that the rest is whole.
func open(dir string) (folder, error) {
	if dir == "" {
		return folder{}, errors.New("localcluster: Options.Dir is empty: name the folder to use")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return folder{}, err
	}
	f := folder{dir: dir}
	data, err := os.ReadFile(f.path("ports.json"))
	if err == nil {
		return f, json.Unmarshal(data, &f.ports)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return folder{}, err
	}
	if err := os.MkdirAll(f.pki(""), 0o700); err != nil {
		return folder{}, err
	}
	if f.ports, err = choosePorts(); err != nil {
		return folder{}, err
	}
	if err := f.makePKI(); err != nil {
		return folder{}, err
	}
	if err := f.writeKubeconfig(); err != nil {
		return folder{}, err
	}
	if err := os.WriteFile(f.path("audit-policy.yaml"), auditPolicy, 0o600); err != nil {
		return folder{}, err
	}
	data, err = json.Marshal(f.ports)
	if err != nil {
		return folder{}, err
	}
	return f, os.WriteFile(f.path("ports.json"), data, 0o600)
}
