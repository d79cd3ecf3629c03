package localcluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"time"
)

// makePKI writes a private authority and what it signs: the server's certificate, the
// administrator's, and the key pair of service account tokens. Names in the folder:
// <name>.crt, <name>.key; sa.pub.
func (f folder) makePKI() error {
	ca, err := f.newAuthority()
	if err != nil {
		return err
	}
	server := certificate(pkix.Name{CommonName: "kube-apiserver"})
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)}
	server.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	if err := ca.issue(f, "apiserver", server); err != nil {
		return err
	}
	admin := certificate(pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}})
	if err := ca.issue(f, "admin", admin); err != nil {
		return err
	}
	tokens, err := f.newKey("sa")
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(tokens.Public())
	if err != nil {
		return err
	}
	return f.writePEM("sa.pub", "PUBLIC KEY", public)
}

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (f folder) newAuthority() (authority, error) {
	cert := certificate(pkix.Name{CommonName: "localcluster"})
	cert.IsCA, cert.BasicConstraintsValid = true, true
	cert.KeyUsage, cert.ExtKeyUsage = x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature, nil
	key, err := f.newKey("ca")
	if err != nil {
		return authority{}, err
	}
	ca := authority{cert: cert, key: key}
	return ca, ca.sign(f, "ca", cert, key)
}

func (a authority) issue(f folder, name string, cert *x509.Certificate) error {
	key, err := f.newKey(name)
	if err != nil {
		return err
	}
	return a.sign(f, name, cert, key)
}

func (a authority) sign(f folder, name string, cert *x509.Certificate, key *ecdsa.PrivateKey) error {
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	return f.writePEM(name+".crt", "CERTIFICATE", der)
}

func certificate(subject pkix.Name) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      subject,
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

func (f folder) newKey(name string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, f.writePEM(name+".key", "EC PRIVATE KEY", der)
}

func (f folder) writePEM(name, kind string, der []byte) error {
	return os.WriteFile(f.pki(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
