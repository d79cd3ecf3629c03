package main

import (
	"context"
	"os"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/addonkit/addonkit/test/demo/checker"
)

// account is the operator's service account, by which the audit log knows it.
const account = "operator"

// setScene makes what is there before the operator starts: its namespace and account, the
// zones of the nodes, a Secret with a namespace to copy it to, what users configured, a
// release of somebody else, and the run's own copy of the modules.
func (s *stage) setScene(ctx context.Context) error {
	for _, name := range []string{"modules", "global-hooks"} {
		if err := os.CopyFS(s.path(name), os.DirFS(filepath.Join(s.repository, "examples", name))); err != nil {
			return err
		}
	}
	if err := s.addRetired(); err != nil {
		return err
	}
	if err := s.namespace(ctx, namespace, nil); err != nil {
		return err
	}
	if err := s.namespace(ctx, checker.TargetNamespace, map[string]string{"secret-copier": "target"}); err != nil {
		return err
	}
	for node, zone := range map[string]string{"node-0": "north", "node-1": "south"} {
		if err := s.labelNode(ctx, node, corev1.LabelTopologyZone, zone); err != nil {
			return err
		}
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: checker.SourceSecret, Labels: map[string]string{"secret-copier": "source"}},
		StringData: map[string]string{"key": "first"},
	}
	if _, err := s.kube.CoreV1().Secrets(namespace).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
		return err
	}
	config := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: configMap},
		Data:       map[string]string{"sysctlTuner": "profile: web\n"},
	}
	if _, err := s.kube.CoreV1().ConfigMaps(namespace).Create(ctx, config, metav1.CreateOptions{}); err != nil {
		return err
	}
	return s.addStranger(ctx)
}

// operatorAccess makes the operator's account and returns its client configuration.
func (s *stage) operatorAccess(ctx context.Context) (*rest.Config, error) {
	accounts := s.kube.CoreV1().ServiceAccounts(namespace)
	if _, err := accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account}}, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "addonkit-demo"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
	}
	if _, err := s.kube.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	day := int64(24 * 60 * 60)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &day}}
	token, err := accounts.CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	config := rest.AnonymousClientConfig(s.admin(""))
	config.BearerToken = token.Status.Token
	return config, nil
}

func (s *stage) namespace(ctx context.Context, name string, labels map[string]string) error {
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	_, err := s.kube.CoreV1().Namespaces().Create(ctx, made, metav1.CreateOptions{})
	return err
}
