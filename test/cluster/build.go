package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Built returns the path of the binary if it is there for the present sources.
func Built() (binary string, ok bool) {
	root, err := Repository()
	if err != nil {
		return "", false
	}
	binary, err = binaryPath(root)
	if err != nil {
		return "", false
	}
	_, err = os.Stat(binary)
	return binary, err == nil
}

// Build returns the path of the control plane's binary, building it first unless it is
// there. A first build takes five to nine minutes on two cores; progress, which may be
// nil, gets a line every few seconds.
func Build(ctx context.Context, progress io.Writer) (binary string, err error) {
	if binary, ok := Built(); ok {
		return binary, nil
	}
	if progress == nil {
		progress = io.Discard
	}
	root, err := Repository()
	if err != nil {
		return "", err
	}
	if binary, err = binaryPath(root); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(ctx, filepath.Join(filepath.Dir(binary), "build.lock"), func() {
		fmt.Fprintln(progress, "localcluster: another process is building the control plane; waiting for it")
	})
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, ok := Built(); ok {
		return binary, nil
	}
	return binary, compile(ctx, root, binary, progress)
}

// compile builds beside the final place and renames, so that a binary that is there is whole.
func compile(ctx context.Context, root, binary string, progress io.Writer) error {
	fmt.Fprintf(progress, "localcluster: building Kubernetes %s; the first time takes 5 to 9 minutes on two cores\n", KubernetesVersion)
	removeOld(binary)
	whole := binary + ".new"
	build := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath", "-gcflags=all=-dwarf=false",
		"-ldflags", stamps(), "-o", whole, "./cmd/localcluster")
	build.Dir = filepath.Join(root, "test", "localcluster")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOGC=400", "GOWORK=off")
	report := newReport(progress)
	build.Stderr = report
	err := build.Run()
	report.end()
	if err != nil {
		return fmt.Errorf("building the control plane in %s: %w\n%s", build.Dir, err, report.tail())
	}
	return os.Rename(whole, binary)
}

// binaryPath names the binary after what it is made of: sources, flags and compiler.
func binaryPath(root string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), stamps())
	source := filepath.Join(root, "test", "localcluster")
	err := filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n", strings.TrimPrefix(path, source), len(data))
		sum.Write(data)
		return err
	})
	if err != nil {
		return "", err
	}
	return filepath.Join(root, ".cache", "localcluster", fmt.Sprintf("localcluster-%x", sum.Sum(nil)[:6])), nil
}

// removeOld deletes binaries of other sources that nothing has used for a day: each is
// large, and more than one is wanted only while somebody works on the control plane.
func removeOld(binary string) {
	others, _ := filepath.Glob(filepath.Join(filepath.Dir(binary), "localcluster-*"))
	for _, other := range others {
		if info, err := os.Stat(other); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.Remove(other)
		}
	}
}

// Repository finds the repository from the working directory upward.
func Repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		mod, err := os.ReadFile(filepath.Join(dir, "test", "localcluster", "go.mod"))
		if err == nil && bytes.Contains(mod, []byte("addonkit/test/localcluster")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the folder test/localcluster is nowhere above the working directory: run from inside the repository")
		}
	}
}
