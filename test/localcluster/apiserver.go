package localcluster

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/kubernetes"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

//go:embed audit-policy.yaml
var auditPolicy []byte

func apiServer(f folder) component {
	return component{
		name: "kube-apiserver",
		run: func(ctx context.Context) error {
			o := options.NewServerRunOptions()
			if err := parse(o.Flags(), f.apiServerFlags()); err != nil {
				return err
			}
			if err := o.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
				return err
			}
			complete, err := o.Complete(ctx)
			if err != nil {
				return err
			}
			if errs := complete.Validate(); len(errs) > 0 {
				return errors.NewAggregate(errs)
			}
			return app.Run(ctx, complete)
		},
		ready: f.awaitAPIServer,
	}
}

func (f folder) apiServerFlags() []string {
	return []string{
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", f.ports.EtcdClient),
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", f.ports.APIServer),
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none", // a loopback address is no valid endpoint
		"--tls-cert-file=" + f.pki("apiserver.crt"),
		"--tls-private-key-file=" + f.pki("apiserver.key"),
		"--client-ca-file=" + f.pki("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + f.pki("sa.pub"),
		"--service-account-signing-key-file=" + f.pki("sa.key"),
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--allow-privileged=true",
		"--audit-policy-file=" + f.path("audit-policy.yaml"),
		"--audit-log-path=" + f.auditLog(),
		"--audit-log-mode=blocking", // an answered request is already in the log
		"--audit-log-maxsize=0",     // never rotated: counts need the whole log
	}
}

func (f folder) awaitAPIServer(ctx context.Context) error {
	config, err := f.rest("localcluster-ready")
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	return poll(ctx, func() bool {
		answer, err := client.RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil && string(answer) == "ok"
	})
}

// parse sets a component's options as its command line would. The components' own commands
// are not used: each installs signal handlers, which can be done once in a process.
func parse(sets cliflag.NamedFlagSets, args []string) error {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		all.AddFlagSet(set)
	}
	return all.Parse(args)
}
