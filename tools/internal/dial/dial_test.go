package dial

import (
	"context"
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
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func TestTarget(t *testing.T) {
	for text, want := range map[string]string{
		"54321": "localhost:54321", "1": "localhost:1", "65535": "localhost:65535",
		"example:80": "example:80", ":80": ":80", "[::1]:80": "[::1]:80", "127.0.0.1:9": "127.0.0.1:9",
	} {
		if got, err := Target(text); err != nil || got != want {
			t.Errorf("Target(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "65536", "abc", "-1", "host:", "host:x", "a:b:c", "80/tcp"} {
		if got, err := Target(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("Target(%q) = %q, %v; want an error that names it", text, got, err)
		}
	}
}

// listen starts a gRPC server, with TLS if config is not nil, and returns its address.
func listen(t *testing.T, config *tls.Config) string {
	t.Helper()
	var options []grpc.ServerOption
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	server := grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

var testOptions = Options{Connections: 1, ConnectTimeout: 30 * time.Second}

func TestConnect_plain(t *testing.T) {
	options := testOptions
	options.Connections = 3
	conns, err := Connect(t.Context(), listen(t, nil), options)
	if err != nil || len(conns) != 3 {
		t.Fatalf("%d connections, %v; want 3", len(conns), err)
	}
	defer Close(conns)
	for _, conn := range conns {
		if err := check(t.Context(), conn); err != nil {
			t.Error(err)
		}
	}
}

func check(ctx context.Context, conn *grpc.ClientConn) error {
	_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return err
}

// TestConnect_notGRPC has a server that greets with something else, and one that says nothing.
func TestConnect_notGRPC(t *testing.T) {
	for greeting, says := range map[string]string{
		"220 mail.example ESMTP ready, and some more words\r\n": "no gRPC connection came about",
		"": "says nothing",
	} {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				conn.Write([]byte(greeting))
			}
		}()
		options := testOptions
		options.ConnectTimeout = 500 * time.Millisecond
		if _, err := Connect(t.Context(), listener.Addr().String(), options); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("a server that greets with %q: %v; want an error that says %q", greeting, err, says)
		}
	}
}

// TestConnect_tls has a server that asks for a certificate, and clients with and without what it takes.
func TestConnect_tls(t *testing.T) {
	certFile, keyFile, config := selfSigned(t, "kv.test")
	addr := listen(t, config)
	noPEM := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(noPEM, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		security Security
		says     string // empty for success
	}{
		{Security{TLSCA: certFile, TLSCert: certFile, TLSKey: keyFile, TLSServerName: "kv.test"}, ""},
		{Security{TLSCA: certFile, TLSCert: certFile, TLSKey: keyFile}, "certificate"}, // the name is not the host
		{Security{TLS: true, TLSCert: certFile, TLSKey: keyFile, TLSServerName: "kv.test"}, "unknown authority"},
		{Security{}, "no gRPC connection"},
		{Security{TLSCA: "/does/not/exist"}, "--tls-ca"},
		{Security{TLSCA: noPEM}, "no certificate"},
		{Security{TLSCert: certFile}, "--tls-key"},
	} {
		options := testOptions
		options.Security = test.security
		conns, err := Connect(t.Context(), addr, options)
		if err == nil {
			err = check(t.Context(), conns[0])
			Close(conns)
		}
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v; want an error that says %q", test.security, err, test.says)
		}
	}
}

// selfSigned makes a certificate for a name, and the configuration of a server that uses it and takes
// no other from its clients.
func selfSigned(t *testing.T, name string) (certFile, keyFile string, config *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	certDER, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certFile, keyFile = write("cert.pem", "CERTIFICATE", certDER), write("key.pem", "PRIVATE KEY", keyDER)
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	return certFile, keyFile, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientCAs:    roots, ClientAuth: tls.RequireAndVerifyClientCert,
	}
}
