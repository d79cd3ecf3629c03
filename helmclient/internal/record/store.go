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
	maxStored  = 900 << 10 // bytes of release data in one Secret; etcd takes 1.5 MiB, the API server 1 MiB
)

// ErrTooLarge means that a release does not fit into its Secret.
var ErrTooLarge = errors.New("the release record is too large for a Secret")

// Store reads and writes records. Every method is one request, none after ctx has ended.
type Store struct {
	Secrets    corev1client.SecretsGetter
	Annotation string            // where the mark stands
	Labels     map[string]string // added to every record
	Manager    string            // field manager
}

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
	m, _ := metaOf(&secret.ObjectMeta, s.Annotation)
	return rel, m, nil
}

// Create writes a new revision. It fails with AlreadyExists when somebody else was first.
func (s *Store) Create(ctx context.Context, rel *release.Release, mark Mark) (Meta, error) {
	if err := ctx.Err(); err != nil {
		return Meta{}, err
	}
	secret, err := s.secret(rel, mark, "createdAt")
	if err != nil {
		return Meta{}, err
	}
	return s.written(s.Secrets.Secrets(rel.Namespace).Create(ctx, secret, metav1.CreateOptions{FieldManager: s.Manager}))
}

// Update writes a revision again. It fails with Conflict when the record is no longer the one in was.
func (s *Store) Update(ctx context.Context, rel *release.Release, mark Mark, was Meta) (Meta, error) {
	if err := ctx.Err(); err != nil {
		return Meta{}, err
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
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func (s *Store) written(secret *corev1.Secret, err error) (Meta, error) {
	if err != nil {
		return Meta{}, err
	}
	m, _ := metaOf(&secret.ObjectMeta, s.Annotation)
	return m, nil
}

func (s *Store) secret(rel *release.Release, mark Mark, timeLabel string) (*corev1.Secret, error) {
	data, err := encode(rel)
	if err != nil {
		return nil, err
	}
	if len(data) > maxStored {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), maxStored)
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
			Annotations: map[string]string{s.Annotation: mark.sign(rel.Namespace, rel.Name, rel.Version, state).encode()},
		},
		Type: secretType,
		Data: map[string][]byte{"release": data},
	}, nil
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
		if raw, err = io.ReadAll(zip); err != nil {
			return nil, errors.New("release data is damaged")
		}
	}
	var rel release.Release
	if err := json.Unmarshal(raw, &rel); err != nil || rel.Info == nil {
		return nil, errors.New("release data is no release")
	}
	return &rel, nil
}
