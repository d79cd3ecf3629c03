package cluster_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/addonkit/addonkit/test/cluster"
)

// ownerVariable makes the test program behave as an owner of a cluster that is going to be
// killed: it starts one, split if the value says so, prints where, and waits.
const ownerVariable = "ADDONKIT_TEST_CLUSTER_OWNER"

func TestMain(m *testing.M) {
	if mode := os.Getenv(ownerVariable); mode != "" {
		c, err := cluster.Start(context.Background(),
			cluster.Options{Split: mode == "split"})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(c.Dir(), c.REST("").Host)
		select {}
	}
	goleak.VerifyTestMain(m)
}

func needsBinary(t *testing.T) {
	t.Helper()
	if _, ok := cluster.Built(); !ok && testing.Short() {
		t.Skip("skipped: -short, and the control plane is not built (build it with any test run without -short)")
	}
	_, err := cluster.Build(t.Context(), os.Stderr)
	require.NoError(t, err)
}

func start(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	needsBinary(t)
	c, err := cluster.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Stop()) })
	return c
}

func client(t *testing.T, c *cluster.Cluster) kubernetes.Interface {
	t.Helper()
	clients, err := kubernetes.NewForConfig(c.REST("cluster-test"))
	require.NoError(t, err)
	return clients
}

func TestStopLeavesNothing(t *testing.T) {
	for _, split := range []bool{false, true} {
		t.Run(fmt.Sprintf("split=%t", split), func(t *testing.T) {
			needsBinary(t)
			c, err := cluster.Start(t.Context(), cluster.Options{Split: split, Nodes: 3})
			require.NoError(t, err)
			nodes, err := client(t, c).CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
			require.NoError(t, err)
			require.Len(t, nodes.Items, 3)
			version, err := client(t, c).Discovery().ServerVersion()
			require.NoError(t, err)
			require.Equal(t, "v"+cluster.KubernetesVersion, version.GitVersion)
			require.NoError(t, c.Stop())
			requireGone(t, c.Dir(), c.REST("").Host)
		})
	}
}

func TestDeathOfTheOwnerLeavesNothing(t *testing.T) {
	for _, mode := range []string{"whole", "split"} {
		t.Run(mode, func(t *testing.T) {
			needsBinary(t)
			owner := exec.CommandContext(t.Context(), os.Args[0])
			owner.Env = append(os.Environ(), ownerVariable+"="+mode)
			output, err := owner.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, owner.Start())
			var dir, host string
			_, err = fmt.Fscanln(output, &dir, &host)
			require.NoError(t, err)
			require.DirExists(t, dir)
			require.NoError(t, owner.Process.Signal(syscall.SIGKILL))
			_ = owner.Wait()
			requireGone(t, dir, host)
		})
	}
}

func TestAKilledAPIServerComesBack(t *testing.T) {
	c := start(t, cluster.Options{Split: true})
	configMaps := client(t, c).CoreV1().ConfigMaps("default")
	_, err := configMaps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}, metav1.CreateOptions{})
	require.NoError(t, err)

	for _, part := range []cluster.Part{cluster.APIServer, cluster.Etcd, cluster.Rest} {
		before := c.PID(part)
		c.KillPart(part)
		require.Zero(t, c.PID(part))
		if part == cluster.APIServer {
			_, err = configMaps.Get(t.Context(), "kept", metav1.GetOptions{})
			require.ErrorContains(t, err, "connection refused")
		}
		require.NoError(t, c.StartPart(t.Context(), part))
		require.NotEqual(t, before, c.PID(part))
		require.Eventually(t, func() bool {
			_, err := configMaps.Get(t.Context(), "kept", metav1.GetOptions{})
			return err == nil
		}, 20*time.Second, 50*time.Millisecond, "the data must outlive %s", part)
	}
}

func TestAKeptFolderGoesOn(t *testing.T) {
	needsBinary(t)
	o := cluster.Options{Dir: t.TempDir(), Nodes: 1}
	first, err := cluster.Start(t.Context(), o)
	require.NoError(t, err)
	_, err = client(t, first).CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.NoError(t, first.Stop())

	second := start(t, o)
	require.Equal(t, first.REST("").Host, second.REST("").Host)
	_, err = client(t, second).CoreV1().Namespaces().Get(t.Context(), "kept", metav1.GetOptions{})
	require.NoError(t, err)
}

// requireGone waits until no process names the folder on its command line, nothing
// listens, and the folder is no more.
func requireGone(t *testing.T, dir, host string) {
	t.Helper()
	address, err := url.Parse(host)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err) && len(processesOf(dir)) == 0
	}, 30*time.Second, 50*time.Millisecond, "processes %v or folder %s are left", processesOf(dir), dir)
	var dialer net.Dialer
	_, err = dialer.DialContext(t.Context(), "tcp", address.Host)
	require.ErrorContains(t, err, "refused")
}

// processesOf lists the processes whose command line names the folder. Where there is no
// /proc there is nothing to look at.
func processesOf(dir string) []string {
	var found []string
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(line), dir) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
