package fault

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// Replace changes a file of the run's copy: each before becomes after. That before is not
// there is an error, so that a fault cannot come to nothing unseen.
func Replace(root, file, before, after string) error {
	path := filepath.Join(root, file)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(data, []byte(before)) {
		return fmt.Errorf("%s does not hold %q", path, before)
	}
	return os.WriteFile(path, bytes.ReplaceAll(data, []byte(before), []byte(after)), info.Mode())
}
