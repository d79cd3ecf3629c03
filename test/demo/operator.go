package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// operator is a running demo operator.
type operator struct {
	cmd      *exec.Cmd
	endpoint string
	log      string
	ended    chan struct{}
}

// startOperator runs the demo operator; more arguments win over the usual ones.
func (s *stage) startOperator(ctx context.Context, kubeconfig string, more ...string) error {
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	s.operator, err = launch(s.binary("demo-operator"), s.path("operator.log"), slices.Concat([]string{"run",
		"--namespace", namespace, "--config-map", configMap, "--kubeconfig", kubeconfig,
		"--modules-dir", s.path("modules"), "--global-hooks-dir", s.path("global-hooks"), "--tmp-dir", s.path("tmp"),
		"--listen-address", address, "--debug-unix-socket", "", "--log-type", "json",
	}, more)...)
	if err != nil {
		return err
	}
	s.operator.endpoint = "http://" + address
	return nil
}

// launch starts a program that writes its log to a file.
func launch(binary, logFile string, args ...string) (*operator, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(binary, args...) //nolint:noctx // it is told to stop in order, not killed
	cmd.Stderr = log
	cmd.SysProcAttr = ownGroup()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	o := &operator{cmd: cmd, log: logFile, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in ProcessState
		close(o.ended)
	}()
	return o, nil
}

// stop ends the operator as a pod is ended.
func (o *operator) stop() error {
	select {
	case <-o.ended:
		if o.cmd.ProcessState.Success() {
			return nil
		}
		return fmt.Errorf("the operator ended by itself: %s; the end of its log:\n%s", o.cmd.ProcessState, tail(o.log))
	default:
	}
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-o.ended:
	case <-time.After(40 * time.Second):
		_ = o.cmd.Process.Kill()
		<-o.ended
		return errors.New("the operator was killed: it still ran 40s after it was told to stop")
	}
	if !o.cmd.ProcessState.Success() {
		return fmt.Errorf("the operator ended with %s; the end of its log:\n%s", o.cmd.ProcessState, tail(o.log))
	}
	return nil
}

// ready waits until the operator says that it is.
func (o *operator) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.endpoint+"/readyz", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-o.ended:
			return o.stop()
		case <-ctx.Done():
			return fmt.Errorf("the operator did not get ready: %w; the end of its log:\n%s", ctx.Err(), tail(o.log))
		}
	}
}

func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// writeKubeconfig writes the file that a client configuration amounts to.
func writeKubeconfig(path string, config *rest.Config) error {
	const name = "demo"
	c := clientcmdapi.NewConfig()
	c.Clusters[name] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	c.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: config.BearerToken, ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}
	c.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: namespace}
	c.CurrentContext = name
	return clientcmd.WriteToFile(*c, path)
}
