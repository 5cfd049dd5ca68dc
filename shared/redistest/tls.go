package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/config"
)

// Password is what a server that TLS has started wants to hear.
const Password = "correct-horse-battery"

// TLS starts a redis-server that speaks only TLS and wants a password. Its
// certificate is for 127.0.0.1, by an authority whose own certificate is in the
// file that the URL names; stranger is the file of another authority.
func TLS(t testing.TB) (server *Server, stranger string) {
	t.Helper()
	dir := t.TempDir()
	ours := newAuthority(t, filepath.Join(dir, "ca.pem"))
	other := newAuthority(t, filepath.Join(dir, "stranger.pem"))
	certificate, key := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	ours.issue(t, certificate, key)

	p := newProcess(t, "--requirepass", Password, "--tls-auth-clients", "no",
		"--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", ours.file)
	plain := p.args
	p.args = func(port int) []string { return append(plain(0), "--tls-port", strconv.Itoa(port)) }
	roots := x509.NewCertPool()
	roots.AddCert(ours.certificate)
	p.login = redis.Options{Password: Password, TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	p.start(t)
	options := p.login
	options.Addr = p.addr()
	url := config.RedisURL("rediss://:" + Password + "@" + p.addr() + "?ca=" + ours.file)
	return serve(t, p, url, &options), other.file
}

// authority signs certificates.
type authority struct {
	file        string // its certificate
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, file string) *authority {
	t.Helper()
	a := &authority{file: file, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority for tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := a.sign(t, template, template, a.key)
	writePEM(t, file, "CERTIFICATE", der)
	var err error
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

// issue writes a certificate for 127.0.0.1 and its key.
func (a *authority) issue(t testing.TB, certificate, key string) {
	t.Helper()
	private := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "redis"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	writePEM(t, certificate, "CERTIFICATE", a.sign(t, template, a.certificate, private))
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, key, "PRIVATE KEY", der)
}

func (a *authority) sign(t testing.TB, template, parent *x509.Certificate, subject *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &subject.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePEM(t testing.TB, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
