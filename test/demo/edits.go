package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/addonkit/addonkit/test/demo/checker"
)

// edit changes something and leaves it to the checker to find out what came of it.
type edit func(context.Context, *play) error

// editBefore are the edits that bring about an item, by the item's name. An item without
// one is about what the edits before it, or the start, have brought about.
func editBefore() map[string]edit {
	return map[string]edit{
		checker.ConfigValue:     configure("sysctlTuner", "profile: database\nparams: {vm.dirty_ratio: 5}\n"),
		checker.Upgrade:         configure("sysctlTuner", "profile: database\nparams: {vm.dirty_ratio: 5}\ninterval: 60\n"),
		checker.Unchanged:       touch("{interval: 60, params: {vm.dirty_ratio: 5}, profile: 'database'} # the same\n"),
		checker.HookEvent:       changeSecret,
		checker.RemovalFollowed: deleteSecret,
		checker.PythonHook:      newNamespace(checker.NewTeamNS, "team", checker.TeamName),
		checker.GoHook:          newNode("node-2", ""),
		checker.GlobalValue:     setZone("node-2", "west"),
		checker.EnableByHook:    newNamespace("crowded", "wants", "cleanup"),
		checker.DisableByHook:   unlabelNamespace("crowded", "wants"),
		checker.Uninstall:       configure("sysctlTunerEnabled", "false"),
		checker.EnableByConfig:  configure("sysctlTunerEnabled", "true"),
		checker.FailureShown:    createCause,
		checker.FailureIsolated: newNode("node-3", "east"),
		checker.Recovery:        deleteCause,
		checker.PurgeOrphan:     retire,
	}
}

func configure(key, value string) edit {
	return func(ctx context.Context, p *play) error {
		return p.patchConfigMap(ctx, map[string]any{"data": map[string]any{key: value}})
	}
}

// touch writes the ConfigMap anew: other bytes, an annotation, the same values.
func touch(tuner string) edit {
	return func(ctx context.Context, p *play) error {
		return p.patchConfigMap(ctx, map[string]any{
			"metadata": map[string]any{"annotations": map[string]any{"touched": "yes"}},
			"data":     map[string]any{"sysctlTuner": tuner},
		})
	}
}

func (s *stage) patchConfigMap(ctx context.Context, patch map[string]any) error {
	data, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	_, err = s.kube.CoreV1().ConfigMaps(namespace).Patch(ctx, configMap, types.MergePatchType, data, metav1.PatchOptions{})
	return err
}

func changeSecret(ctx context.Context, p *play) error {
	patch := fmt.Appendf(nil, `{"stringData":{"key":%q}}`, checker.NewKey)
	_, err := p.kube.CoreV1().Secrets(namespace).Patch(ctx, checker.SourceSecret, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

func deleteSecret(ctx context.Context, p *play) error {
	return p.kube.CoreV1().Secrets(namespace).Delete(ctx, checker.SourceSecret, metav1.DeleteOptions{})
}

func newNamespace(name, label, value string) edit {
	return func(ctx context.Context, p *play) error {
		return p.namespace(ctx, name, map[string]string{label: value})
	}
}

func unlabelNamespace(name, label string) edit {
	return func(ctx context.Context, p *play) error {
		patch := fmt.Appendf(nil, `{"metadata":{"labels":{%q:null}}}`, label)
		_, err := p.kube.CoreV1().Namespaces().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	}
}

func newNode(name, zone string) edit {
	return func(ctx context.Context, p *play) error {
		room := corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("32"),
			corev1.ResourceMemory: resource.MustParse("256Gi"),
			corev1.ResourcePods:   resource.MustParse("1000"),
		}
		node := &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}},
			Status:     corev1.NodeStatus{Allocatable: room, Capacity: room},
		}
		if zone != "" {
			node.Labels[corev1.LabelTopologyZone] = zone
		}
		_, err := p.kube.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
		return err
	}
}

func setZone(node, zone string) edit {
	return func(ctx context.Context, p *play) error {
		return p.labelNode(ctx, node, corev1.LabelTopologyZone, zone)
	}
}

func (s *stage) labelNode(ctx context.Context, node, label, value string) error {
	patch := fmt.Appendf(nil, `{"metadata":{"labels":{%q:%q}}}`, label, value)
	_, err := s.kube.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

const cause = "flaky-cause"

func createCause(ctx context.Context, p *play) error {
	made := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: cause}}
	_, err := p.kube.CoreV1().ConfigMaps(namespace).Create(ctx, made, metav1.CreateOptions{})
	return err
}

func deleteCause(ctx context.Context, p *play) error {
	return p.kube.CoreV1().ConfigMaps(namespace).Delete(ctx, cause, metav1.DeleteOptions{})
}

// retire takes a module out of the folder while the operator is down.
func retire(ctx context.Context, p *play) error {
	if err := p.operator.stop(); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(p.dir, retiredFolder)); err != nil {
		return err
	}
	return p.start(ctx)
}
