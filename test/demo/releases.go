package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/test/demo/checker"
)

// retiredFolder is a module that leaves the folder in the course of the run.
const retiredFolder = "modules/090-retired"

func (s *stage) addRetired() error {
	for file, text := range map[string]string{
		"Chart.yaml":               "apiVersion: v2\nname: retired\nversion: 0.1.0\n",
		"values.yaml":              "retired: {}\nretiredEnabled: true\n",
		"templates/configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + checker.Retired + "}\n",
	} {
		path := filepath.Join(s.dir, retiredFolder, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// addStranger makes a release as stock Helm would, of which the operator knows nothing.
func (s *stage) addStranger(ctx context.Context) error {
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: checker.Stranger, Annotations: map[string]string{
		"meta.helm.sh/release-name": checker.Stranger, "meta.helm.sh/release-namespace": namespace,
	}, Labels: map[string]string{"app.kubernetes.io/managed-by": "Helm"}}}
	if _, err := s.kube.CoreV1().ConfigMaps(namespace).Create(ctx, object, metav1.CreateOptions{}); err != nil {
		return err
	}
	record, err := json.Marshal(map[string]any{
		"name": checker.Stranger, "namespace": namespace, "version": 1,
		"info":     map[string]any{"status": "deployed", "description": "Install complete"},
		"chart":    map[string]any{"metadata": map[string]any{"name": checker.Stranger, "version": "0.1.0", "apiVersion": "v2"}},
		"manifest": "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + checker.Stranger + "\n",
	})
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(record); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_, err = s.kube.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: strangerRecord, Labels: map[string]string{
			"owner": "helm", "name": checker.Stranger, "status": "deployed", "version": "1",
		}},
		Type: "helm.sh/release.v1",
		Data: map[string][]byte{"release": []byte(base64.StdEncoding.EncodeToString(packed.Bytes()))},
	}, metav1.CreateOptions{})
	return err
}

const strangerRecord = "sh.helm.release.v1." + checker.Stranger + ".v1"
