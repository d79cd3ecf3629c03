// Package record keeps release records: Helm's own Secrets, and the mark that tells whose a revision is.
package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/render"
)

// Mark says who wrote a revision and from what. It stands in an annotation of the record, which Helm does
// not copy forward, and verifies for one revision in one state only.
type Mark struct {
	Version   int            `json:"v"`
	Instance  string         `json:"instance"`
	Epoch     string         `json:"epoch"`
	Manager   string         `json:"manager"`            // field manager of the writer
	Inputs    string         `json:"inputs"`             // digest of chart, values, labels
	Cluster   string         `json:"cluster,omitempty"`  // digest of the capabilities that the chart looks at
	Lookups   []render.Seen  `json:"lookups,omitempty"`  // what the chart looked up
	Rendering string         `json:"rendering"`          // digest of manifest and hooks
	Leftovers []manifest.Ref `json:"leftover,omitempty"` // objects of attempts since the last good revision, to be pruned
	Done      []string       `json:"done,omitempty"`     // of an uninstall: events whose hooks have run
	Sum       string         `json:"sum"`
}

const markVersion = 1

// sign fills in Sum for one revision and state.
func (m Mark) sign(namespace, name string, revision int, state string) Mark {
	m.Version, m.Sum = markVersion, ""
	data, _ := json.Marshal(m) // strings only
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%s\x00%s", namespace, name, revision, state, data))
	m.Sum = hex.EncodeToString(sum[:])
	return m
}

// encode returns the annotation's text.
func (m Mark) encode() string {
	data, _ := json.Marshal(m)
	return string(data)
}

// parseMark returns the mark if it verifies.
func parseMark(text, namespace, name, revision, state string) (Mark, bool) {
	var m Mark
	n, err := strconv.Atoi(revision)
	if text == "" || err != nil || json.Unmarshal([]byte(text), &m) != nil || m.Version != markVersion {
		return Mark{}, false
	}
	return m, m.sign(namespace, name, n, state).Sum == m.Sum
}
