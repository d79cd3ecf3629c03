package cluster

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheModuleOfTheControlPlaneHasTheVersion(t *testing.T) {
	root, err := Repository()
	require.NoError(t, err)
	mod, err := os.ReadFile(filepath.Join(root, "test", "localcluster", "go.mod"))
	require.NoError(t, err)
	require.Contains(t, string(mod), "\tk8s.io/kubernetes v"+KubernetesVersion+"\n")
	staged := "v0" + KubernetesVersion[1:]
	require.Contains(t, string(mod), "k8s.io/client-go => k8s.io/client-go "+staged+"\n")
}
