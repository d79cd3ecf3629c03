package record

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"helm.sh/helm/v3/pkg/release"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

const (
	secretType = "helm.sh/release.v1"
	maxStored  = 900 << 10  // bytes of release data beyond which a new record gets parts
	maxSecret  = 1000 << 10 // bytes in one Secret, with room for a longer description; the API server takes 1 MiB
	maxDecoded = 256 << 20  // bytes of a release, against records that blow up
)

// ErrTooLarge means that a release does not fit into its Secret.
var ErrTooLarge = errors.New("the release record is too large for a Secret")

// Store reads and writes records. A record that does not fit into one Secret has parts, see parts.go; every
// method is one request, and one more for each part. None is sent after ctx has ended.
type Store struct {
	Secrets corev1client.SecretsGetter
	Domain  string            // of labels and annotations
	Labels  map[string]string // added to every record
	Manager string            // field manager
}

// Annotation is where the mark stands.
func (s *Store) Annotation() string { return s.Domain + "/release-mark" }

// Get reads one revision whole.
func (s *Store) Get(ctx context.Context, namespace, name string, revision int) (*release.Release, Meta, error) {
	secret, err := s.Secrets.Secrets(namespace).Get(ctx, Key(name, revision), metav1.GetOptions{})
	if err != nil {
		return nil, Meta{}, err
	}
	rel, err := decode(secret.Data["release"])
	if err != nil {
		return nil, Meta{}, fmt.Errorf("secret %s/%s: %w", namespace, secret.Name, err)
	}
	m, _ := metaOf(&secret.ObjectMeta, s.Domain)
	if m.Parts = s.partsOf(rel); m.Parts > 0 {
		rel, err = s.join(ctx, rel, m)
	}
	return rel, m, err
}

// Create writes a new revision. It fails with AlreadyExists when somebody else was first.
func (s *Store) Create(ctx context.Context, rel *release.Release, mark Mark) (Meta, error) {
	if err := ctx.Err(); err != nil {
		return Meta{}, err
	}
	head, parts, err := s.split(rel)
	if err != nil {
		return Meta{}, err
	}
	secret, err := s.secret(head, mark, "createdAt")
	if err != nil {
		return Meta{}, err
	}
	secret, err = s.Secrets.Secrets(rel.Namespace).Create(ctx, secret, metav1.CreateOptions{FieldManager: s.Manager})
	m, err := s.written(secret, err)
	if err != nil {
		return m, err
	}
	return m, s.createParts(ctx, secret, parts)
}

// Update writes a revision again. It fails with Conflict when the record is no longer the one in was.
// Of a record in parts it writes what Info tells.
func (s *Store) Update(ctx context.Context, rel *release.Release, mark Mark, was Meta) (Meta, error) {
	if err := ctx.Err(); err != nil {
		return Meta{}, err
	}
	if was.Parts > 0 {
		rel = s.head(rel, was.Parts)
	}
	secret, err := s.secret(rel, mark, "modifiedAt")
	if err != nil {
		return Meta{}, err
	}
	secret.ResourceVersion, secret.UID = was.ResourceVersion, was.UID
	return s.written(s.Secrets.Secrets(rel.Namespace).Update(ctx, secret, metav1.UpdateOptions{FieldManager: s.Manager}))
}

// Delete removes a revision; it may be gone already.
func (s *Store) Delete(ctx context.Context, m Meta) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o := metav1.DeleteOptions{}
	if m.UID != "" {
		o.Preconditions = &metav1.Preconditions{UID: &m.UID}
	}
	err := s.Secrets.Secrets(m.Namespace).Delete(ctx, m.Key, o)
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return s.deleteParts(ctx, m)
}

func (s *Store) written(secret *corev1.Secret, err error) (Meta, error) {
	if err != nil {
		return Meta{}, err
	}
	m, _ := metaOf(&secret.ObjectMeta, s.Domain)
	return m, nil
}

func (s *Store) secret(rel *release.Release, mark Mark, timeLabel string) (*corev1.Secret, error) {
	data, err := encode(rel)
	if err != nil {
		return nil, err
	}
	if len(data) > maxSecret {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), maxSecret)
	}
	state := rel.Info.Status.String()
	mark.Manager = s.Manager
	labels := maps.Clone(s.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, rel.Labels)
	maps.Copy(labels, map[string]string{
		"name": rel.Name, "owner": "helm", "status": state, "version": strconv.Itoa(rel.Version),
		timeLabel: strconv.FormatInt(time.Now().Unix(), 10),
	})
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: Key(rel.Name, rel.Version), Namespace: rel.Namespace, Labels: labels,
			Annotations: s.annotations(rel, mark.sign(rel.Namespace, rel.Name, rel.Version, state)),
		},
		Type: secretType,
		Data: map[string][]byte{"release": data},
	}, nil
}

func (s *Store) annotations(rel *release.Release, mark Mark) map[string]string {
	out := map[string]string{s.Annotation(): mark.encode()}
	if n := s.partsOf(rel); n > 0 {
		out[s.Domain+partsKey] = strconv.Itoa(n)
	}
	return out
}

func encode(rel *release.Release) ([]byte, error) {
	var b bytes.Buffer
	b64 := base64.NewEncoder(base64.StdEncoding, &b)
	zip := gzip.NewWriter(b64)
	if err := json.NewEncoder(zip).Encode(rel); err != nil {
		return nil, errors.New("the release cannot be encoded as JSON")
	}
	if err := errors.Join(zip.Close(), b64.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func decode(data []byte) (*release.Release, error) {
	raw, err := base64.StdEncoding.DecodeString(string(data))
	if err != nil {
		return nil, errors.New("release data is not base64")
	}
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b, 0x08}) {
		zip, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, errors.New("release data is not gzip")
		}
		if raw, err = io.ReadAll(io.LimitReader(zip, maxDecoded+1)); err != nil || len(raw) > maxDecoded {
			return nil, errors.New("release data is damaged or too large")
		}
	}
	var rel release.Release
	if err := json.Unmarshal(raw, &rel); err != nil || rel.Info == nil {
		return nil, errors.New("release data is no release")
	}
	return &rel, nil
}
