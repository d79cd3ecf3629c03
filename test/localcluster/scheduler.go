package localcluster

import (
	"context"

	"k8s.io/kubernetes/cmd/kube-scheduler/app"
	"k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

func scheduler(f folder) component {
	return component{
		name: "kube-scheduler",
		run: func(ctx context.Context) error {
			if err := f.awaitAPIServer(ctx); err != nil {
				return err
			}
			o := options.NewOptions()
			flags := []string{"--kubeconfig=" + f.kubeconfig(), "--secure-port=0", "--leader-elect=false"}
			if err := parse(*o.Flags, flags); err != nil {
				return err
			}
			config, scheduler, err := app.Setup(ctx, o)
			if err != nil {
				return err
			}
			return app.Run(ctx, config, scheduler)
		},
	}
}
