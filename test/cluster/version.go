package cluster

import "strings"

// KubernetesVersion is the version of the control plane, of kubectl, and of what the
// binary reports. A test keeps the module of the control plane equal to it.
const KubernetesVersion = "1.37.1"

// stamps are the linker flags that give the binary its version: unstamped it would report
// one that charts with a kubeVersion constraint refuse.
func stamps() string {
	flags := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, value := range []string{
			"gitVersion=v" + KubernetesVersion, "gitMajor=1", "gitMinor=37", "gitTreeState=clean",
			"gitCommit=unknown", "buildDate=2026-01-01T00:00:00Z",
		} {
			flags = append(flags, "-X", pkg+"."+value)
		}
	}
	return strings.Join(flags, " ")
}
