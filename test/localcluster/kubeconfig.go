package localcluster

import (
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// writeKubeconfig writes the administrator's kubeconfig with everything inlined, so that
// it can be copied anywhere.
func (f folder) writeKubeconfig() error {
	var authority, certificate, key []byte
	for name, into := range map[string]*[]byte{"ca.crt": &authority, "admin.crt": &certificate, "admin.key": &key} {
		data, err := os.ReadFile(f.pki(name))
		if err != nil {
			return err
		}
		*into = data
	}
	const name = "localcluster"
	c := clientcmdapi.NewConfig()
	c.Clusters[name] = &clientcmdapi.Cluster{Server: f.server(), CertificateAuthorityData: authority}
	c.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: certificate, ClientKeyData: key}
	c.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: "default"}
	c.CurrentContext = name
	return clientcmd.WriteToFile(*c, f.kubeconfig())
}

// rest returns the administrator's client configuration, without a client-side rate limit.
func (f folder) rest(agent string) (*rest.Config, error) {
	c, err := clientcmd.BuildConfigFromFlags("", f.kubeconfig())
	if err != nil {
		return nil, err
	}
	c.QPS, c.UserAgent = -1, agent
	return c, nil
}
