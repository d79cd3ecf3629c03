package localcluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// simulatedNodes plays the kubelet of every node, however many are created later, and
// creates the first ones. It is ready when these are and the controllers have given the
// default namespace its service account.
func simulatedNodes(f folder, count int) component {
	return component{
		name: "nodes",
		run:  f.runKubelets,
		ready: func(ctx context.Context) error {
			config, err := f.rest("localcluster-nodes")
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			if err := f.awaitAPIServer(ctx); err != nil {
				return err
			}
			if err := createNodes(ctx, client, count); err != nil {
				return err
			}
			return poll(ctx, func() bool { return settled(ctx, client) })
		},
	}
}

// createNodes makes the nodes of a new cluster. A cluster that has nodes is left alone:
// the user may have deleted some.
func createNodes(ctx context.Context, client kubernetes.Interface, count int) error {
	there, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil || len(there.Items) > 0 {
		return err
	}
	for i := range count {
		node := newNode(fmt.Sprintf("node-%d", i))
		_, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

func newNode(name string) *corev1.Node {
	room := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("32"),
		corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods:   resource.MustParse("1000"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelHostname:   name,
			corev1.LabelOSStable:   "linux",
			corev1.LabelArchStable: "amd64",
		}},
		Status: corev1.NodeStatus{Allocatable: room, Capacity: room},
	}
}

func settled(ctx context.Context, client kubernetes.Interface) bool {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return false
	}
	for _, node := range nodes.Items {
		if !nodeReady(node) {
			return false
		}
	}
	_, err = client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	return err == nil
}

func nodeReady(node corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
