package operator_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/queue"
)

// childEnv makes this test's binary an operator that can be killed: it holds
// "KUBECONFIG SERVER NAMESPACE".
const childEnv = "ADDONKIT_TEST_OPERATOR"

const killedModules = 10

// child runs the operator until it is told to stop.
func child() int {
	args := strings.Fields(os.Getenv(childEnv))
	config, err := clientcmd.BuildConfigFromFlags("", args[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	config.Host = args[1]
	if strings.HasPrefix(config.Host, "http://") {
		config.TLSClientConfig.CAData, config.TLSClientConfig.CertData, config.TLSClientConfig.KeyData = nil, nil, nil
		config.TLSClientConfig.CAFile, config.TLSClientConfig.CertFile, config.TLSClientConfig.KeyFile = "", "", ""
	}
	config.QPS = -1
	config.UserAgent = "operator-killed"
	op, err := addon.New(addon.Options{REST: config, Namespace: args[2], Instance: args[2], Modules: configMapModules(killedModules),
		Backoff: queue.Backoff{Initial: 100 * time.Millisecond, Max: time.Second}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := op.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// startChild starts an operator as a process of its own, which dies with this
// one.
func startChild(kubeconfig, server, namespace string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{kubeconfig, server, namespace}, " "))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, cmd.Start()
}
