package record

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strconv"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A release that is too large for a Secret is stored without the chart's loose files, which a loaded chart
// brings again. If that is not enough, its body goes into Secrets of its own, the parts, and the record
// becomes a head: a release that Helm can list, whose manifest it cannot parse, so that Helm's other
// commands stop before they change anything.

const (
	partsKey  = "/release-parts" // annotation of the head, and of the chart in it, which Helm keeps
	partLabel = "/release-part-of"
)

// split returns what goes into the record, and the parts if it has to have any.
func (s *Store) split(rel *release.Release) (head *release.Release, parts [][]byte, err error) {
	data, err := encode(rel)
	if err != nil || len(data) <= maxStored {
		return rel, nil, err
	}
	slim := *rel
	if rel.Chart != nil {
		c := *rel.Chart
		c.Files = nil
		slim.Chart = &c
	}
	if data, err = encode(&slim); err != nil || len(data) <= maxStored {
		return &slim, nil, err
	}
	for len(data) > 0 {
		n := min(len(data), maxStored)
		parts, data = append(parts, data[:n]), data[n:]
	}
	return s.head(rel, len(parts)), parts, nil
}

// head is the release without its body.
func (s *Store) head(rel *release.Release, parts int) *release.Release {
	md := chart.Metadata{}
	if rel.Chart != nil && rel.Chart.Metadata != nil {
		md = *rel.Chart.Metadata
	}
	all := map[string]string{}
	maps.Copy(all, md.Annotations)
	all[s.Domain+partsKey] = strconv.Itoa(parts)
	md.Annotations = all
	return &release.Release{
		Name: rel.Name, Namespace: rel.Namespace, Version: rel.Version, Info: rel.Info, Labels: rel.Labels,
		Chart:    &chart.Chart{Metadata: &md},
		Manifest: fmt.Sprintf("# This release is stored in %d parts by %s. Helm cannot work on it.\nstored in parts: {\n", parts, s.Manager),
	}
}

// partsOf is 0 for a release that is stored whole.
func (s *Store) partsOf(rel *release.Release) int {
	if rel.Chart == nil || rel.Chart.Metadata == nil {
		return 0
	}
	n, _ := strconv.Atoi(rel.Chart.Metadata.Annotations[s.Domain+partsKey])
	return n
}

func (s *Store) createParts(ctx context.Context, head *corev1.Secret, parts [][]byte) error {
	for i, data := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Name: partName(head.Name, i), Namespace: head.Namespace,
				Labels: map[string]string{s.Domain + partLabel: head.Labels["name"]},
				// Whoever deletes the head deletes its parts.
				OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Secret", Name: head.Name, UID: head.UID}},
			},
			Type: corev1.SecretType(s.Domain + "/release-part"),
			Data: map[string][]byte{"release": data},
		}
		if _, err := s.Secrets.Secrets(head.Namespace).Create(ctx, part, metav1.CreateOptions{FieldManager: s.Manager}); err != nil {
			return fmt.Errorf("part %d of %d: %w", i+1, len(parts), err)
		}
	}
	return nil
}

// join reads the parts. A record that was interrupted before they were written has applied nothing, so it
// has an empty body.
func (s *Store) join(ctx context.Context, head *release.Release, m Meta) (*release.Release, error) {
	var data bytes.Buffer
	for i := range m.Parts {
		part, err := s.Secrets.Secrets(m.Namespace).Get(ctx, partName(m.Key, i), metav1.GetOptions{})
		if apierrors.IsNotFound(err) && !m.Good() {
			head.Manifest = ""
			return head, nil
		}
		if err != nil {
			return nil, err
		}
		data.Write(part.Data["release"])
	}
	rel, err := decode(data.Bytes())
	if err != nil {
		return nil, fmt.Errorf("parts of secret %s/%s: %w", m.Namespace, m.Key, err)
	}
	rel.Info = head.Info
	return rel, nil
}

func (s *Store) deleteParts(ctx context.Context, m Meta) error {
	for i := range m.Parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.Secrets.Secrets(m.Namespace).Delete(ctx, partName(m.Key, i), metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

func partName(key string, i int) string { return key + ".part" + strconv.Itoa(i+1) }
