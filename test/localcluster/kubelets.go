package localcluster

import (
	"context"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	kwokclient "sigs.k8s.io/kwok/pkg/utils/client"
)

// runKubelets plays the kubelets of all nodes until ctx ends.
func (f folder) runKubelets(ctx context.Context) error {
	if err := f.awaitAPIServer(ctx); err != nil {
		return err
	}
	config, err := f.kubeletConfig()
	if err != nil {
		return err
	}
	controller, err := controllers.NewController(config)
	if err != nil {
		return err
	}
	if err := controller.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (f folder) kubeletConfig() (controllers.Config, error) {
	clients, err := kwokclient.NewClientset("", f.kubeconfig())
	if err != nil {
		return controllers.Config{}, err
	}
	config, err := clients.ToRESTConfig()
	if err != nil {
		return controllers.Config{}, err
	}
	config.UserAgent = "kwok"
	c := controllers.Config{
		ID:                              "kwok",
		Clock:                           clock.RealClock{},
		ManageAllNodes:                  true,
		CIDR:                            "10.244.0.1/24",
		NodeIP:                          "127.0.0.1",
		NodeLeaseDurationSeconds:        40,
		NodeLeaseParallelism:            4,
		NodePlayStageParallelism:        4,
		PodPlayStageParallelism:         8,
		PodsOnNodeSyncParallelism:       4,
		EnablePodsOnNodeSyncStreamWatch: true,
		LocalStages:                     stages(),
		ImpersonatingDynamicClient:      clients.ToImpersonatingDynamicClient(),
		ImpersonatingTypedClient:        clients.ToImpersonatingTypedClient(),
	}
	if c.TypedClient, err = kubernetes.NewForConfig(config); err != nil {
		return c, err
	}
	if c.RESTClient, err = rest.RESTClientFor(config); err != nil {
		return c, err
	}
	if c.DynamicClient, err = clients.ToDynamicClient(); err != nil {
		return c, err
	}
	c.RESTMapper, err = clients.ToRESTMapper()
	return c, err
}
