package program

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the test's own binary stand for the program: called by the name
// "jq" it is jq.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == jqName {
		os.Exit(Main())
	}
	goleak.VerifyTestMain(m)
}
