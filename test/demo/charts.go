package main

import (
	"context"
	"fmt"
	maps0 "maps"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/addonkit/addonkit/test/demo/checker"
	"github.com/addonkit/addonkit/values"
)

// chartsConfig is what users of the charts' operator edit: the library's default.
const chartsConfig = "addonkit"

// onCharts runs the public charts of a folder as modules on a control plane of their own:
// one of them may leave an API group behind that nobody serves.
func (s *stage) onCharts(ctx context.Context) error {
	names, err := chartNames(s.charts)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		s.line("skipped", checker.Item{Outcome: 9, Name: "charts"}, "no folder of public charts is given: set ADDONKIT_TEST_CHARTS or -charts")
		return nil
	}
	p, err := s.chartsPlay(ctx, names)
	if err != nil {
		return err
	}
	upgrade, uninstall := map[string]string{}, map[string]string{}
	for _, name := range names {
		key, err := values.Key(name)
		if err != nil {
			return err
		}
		upgrade[key] = fmt.Sprintf("podAnnotations: {%s: '1'}\n", checker.Mark)
		uninstall[key+"Enabled"] = "false"
	}
	edits := map[string]edit{
		checker.ChartInstall:   nothing,
		checker.ChartUpgrade:   configureCharts(upgrade),
		checker.ChartUninstall: configureCharts(uninstall),
	}
	for _, item := range checker.ChartItems(names...) {
		if err := p.reach(ctx, item, edits[item.Name]); err != nil {
			return err
		}
	}
	return nil
}

func chartNames(folder string) ([]string, error) {
	if folder == "" {
		return nil, nil
	}
	found, err := filepath.Glob(filepath.Join(folder, "*", "Chart.yaml"))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("the folder %s holds no chart", folder)
	}
	var names []string
	for _, file := range found {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	return names, err
}

// chartsPlay starts the other control plane and the charts' operator.
func (s *stage) chartsPlay(ctx context.Context, names []string) (*play, error) {
	if err := s.build(ctx, "test", "./demo/charts", "charts-operator"); err != nil {
		return nil, err
	}
	c, err := s.startCluster(ctx, "charts-cluster")
	if err != nil {
		return nil, err
	}
	own := &stage{options: s.options, repository: s.repository, dir: s.dir, cluster: c}
	if own.kube, err = kubernetes.NewForConfig(own.admin(edits)); err != nil {
		return nil, err
	}
	if err := own.namespace(ctx, namespace, nil); err != nil {
		return nil, err
	}
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: chartsConfig}, Data: map[string]string{}}
	if s.broken == checker.ChartInstall {
		key, err := values.Key(names[0])
		if err != nil {
			return nil, err
		}
		config.Data[key+"Enabled"] = "false"
	}
	if _, err := own.kube.CoreV1().ConfigMaps(namespace).Create(ctx, config, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	checkerKube, err := kubernetes.NewForConfig(own.admin("demo-checker"))
	if err != nil {
		return nil, err
	}
	p := &play{stage: own, lost: losses()[s.broken], world: &checker.World{
		Kube: checkerKube, Audit: c.Audit(), Namespace: namespace, ConfigMap: chartsConfig,
	}}
	access := own.admin("")
	kubeconfig := s.path("charts.kubeconfig")
	if err := writeKubeconfig(kubeconfig, access); err != nil {
		return nil, err
	}
	o, err := launch(own.binary("charts-operator"), s.path("charts-operator.log"),
		"-kubeconfig", kubeconfig, "-namespace", namespace, "-charts", s.charts)
	if err != nil {
		return nil, err
	}
	own.operator = o
	s.closers = append(s.closers, o.stop)
	return p, nil
}

func configureCharts(data map[string]string) edit {
	return func(ctx context.Context, p *play) error {
		maps := p.kube.CoreV1().ConfigMaps(namespace)
		config, err := maps.Get(ctx, chartsConfig, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if config.Data == nil {
			config.Data = map[string]string{}
		}
		maps0.Copy(config.Data, data)
		_, err = maps.Update(ctx, config, metav1.UpdateOptions{})
		return err
	}
}
