package record

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Meta is what a record's metadata tells, without decoding the release.
type Meta struct {
	Namespace, Name string // the release
	Revision        int
	State           string // Helm's status
	Mark            Mark
	Verified        bool   // the mark is good for this very revision and nobody else wrote the record
	Writer          string // the last field manager that wrote the release data; "" when not known
	Updated         time.Time
	Parts           int // Secrets that hold the body; 0: it is in the record

	Key             string // the Secret's name
	UID             types.UID
	ResourceVersion string
}

// Pending tells whether an operation is, or was, in flight.
func (m Meta) Pending() bool {
	switch m.State {
	case "pending-install", "pending-upgrade", "pending-rollback", "uninstalling":
		return true
	}
	return false
}

// Good tells whether the revision was once wholly applied.
func (m Meta) Good() bool { return m.State == "deployed" || m.State == "superseded" }

// Key is the name of the Secret of a revision.
func Key(name string, revision int) string {
	return "sh.helm.release.v1." + name + ".v" + strconv.Itoa(revision)
}

func metaOf(o *metav1.ObjectMeta, domain string) (Meta, bool) {
	revision, err := strconv.Atoi(o.Labels["version"])
	if err != nil || o.Labels["owner"] != "helm" || o.Labels["name"] == "" {
		return Meta{}, false
	}
	m := Meta{
		Namespace: o.Namespace, Name: o.Labels["name"], Revision: revision, State: o.Labels["status"],
		Key: o.Name, UID: o.UID, ResourceVersion: o.ResourceVersion,
		Updated: updated(o), Writer: writer(o.ManagedFields),
	}
	m.Mark, m.Verified = parseMark(o.Annotations[domain+"/release-mark"], m.Namespace, m.Name, o.Labels["version"], m.State)
	m.Parts, _ = strconv.Atoi(o.Annotations[domain+partsKey])
	if m.Verified && m.Writer != "" && m.Writer != m.Mark.Manager {
		m.Verified = false
	}
	return m, true
}

func updated(o *metav1.ObjectMeta) time.Time {
	for _, label := range []string{"modifiedAt", "createdAt"} {
		if sec, err := strconv.ParseInt(o.Labels[label], 10, 64); err == nil {
			return time.Unix(sec, 0)
		}
	}
	return o.CreationTimestamp.Time
}

// writer finds who wrote the release data last.
func writer(fields []metav1.ManagedFieldsEntry) string {
	var who string
	var when time.Time
	for _, f := range fields {
		if f.FieldsV1 == nil || f.Subresource != "" || !bytes.Contains(f.FieldsV1.GetRawBytes(), []byte(`"f:release"`)) {
			continue
		}
		if f.Time == nil || !f.Time.Time.Before(when) {
			who = f.Manager
			if f.Time != nil {
				when = f.Time.Time
			}
		}
	}
	return who
}

// byRevision sorts oldest first.
func byRevision(metas []Meta) []Meta {
	slices.SortFunc(metas, func(a, b Meta) int { return a.Revision - b.Revision })
	return metas
}
