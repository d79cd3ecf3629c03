package proto

import (
	"fmt"

	"github.com/addonkit/addonkit/internal/nearest"
)

// DidYouMean is `; did you mean "x"?` with the known name nearest to name, or empty when none is near.
func DidYouMean(name string, known []string) string {
	best := nearest.Name(name, known)
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
