package localcluster

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
)

func TestAFolderIsOpenedAsItWasLeft(t *testing.T) {
	dir := t.TempDir()
	first, err := open(dir)
	require.NoError(t, err)
	kubeconfig, err := os.ReadFile(first.kubeconfig())
	require.NoError(t, err)
	second, err := open(dir)
	require.NoError(t, err)
	require.Equal(t, first, second)
	again, err := os.ReadFile(second.kubeconfig())
	require.NoError(t, err)
	require.Equal(t, kubeconfig, again)

	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	require.NoError(t, err)
	require.Equal(t, first.server(), config.Host)
	_, err = tls.LoadX509KeyPair(first.pki("apiserver.crt"), first.pki("apiserver.key"))
	require.NoError(t, err)
	info, err := os.Stat(first.pki("ca.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestAnEmptyFolderNameIsRefused(t *testing.T) {
	_, err := open("")
	require.ErrorContains(t, err, "Options.Dir is empty")
}

func TestPortsAreFreeAndDiffer(t *testing.T) {
	p, err := choosePorts()
	require.NoError(t, err)
	require.NotEqual(t, p.APIServer, p.EtcdClient)
	require.NotEqual(t, p.EtcdClient, p.EtcdPeer)
	for _, port := range []int{p.APIServer, p.EtcdClient, p.EtcdPeer} {
		require.Less(t, port, 32000, "an outgoing connection could take the port while a part is down")
	}
}

func TestAwaitNoAPIServer(t *testing.T) {
	dir := t.TempDir()
	f, err := open(dir)
	require.NoError(t, err)
	require.NoError(t, AwaitNoAPIServer(t.Context(), dir, time.Minute))
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", f.server()[len("https://"):])
	require.NoError(t, err)
	require.ErrorIs(t, AwaitNoAPIServer(t.Context(), dir, 50*time.Millisecond), context.DeadlineExceeded)
	require.NoError(t, l.Close())
}

func TestParsePart(t *testing.T) {
	part, err := ParsePart("etcd")
	require.NoError(t, err)
	require.Equal(t, Etcd, part)
	_, err = ParsePart("kubelet")
	require.ErrorContains(t, err, "use all, etcd, apiserver or rest")
}
