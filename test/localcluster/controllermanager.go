package localcluster

import (
	"context"

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
)

func controllerManager(f folder) component {
	return component{
		name: "kube-controller-manager",
		run: func(ctx context.Context) error {
			if err := f.awaitAPIServer(ctx); err != nil {
				return err
			}
			o, err := options.NewKubeControllerManagerOptions()
			if err != nil {
				return err
			}
			all, disabled, aliases := app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()
			if err := parse(o.Flags(all, disabled, aliases), f.controllerManagerFlags()); err != nil {
				return err
			}
			config, err := o.Config(ctx, all, disabled, aliases)
			if err != nil {
				return err
			}
			return app.Run(ctx, config.Complete())
		},
	}
}

func (f folder) controllerManagerFlags() []string {
	return []string{
		"--kubeconfig=" + f.kubeconfig(),
		"--secure-port=0",
		"--leader-elect=false",
		"--service-account-private-key-file=" + f.pki("sa.key"),
		"--root-ca-file=" + f.pki("ca.crt"),
		"--cluster-signing-cert-file=" + f.pki("ca.crt"),
		"--cluster-signing-key-file=" + f.pki("ca.key"),
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	}
}
