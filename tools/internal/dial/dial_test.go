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
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
)

func TestTarget(t *testing.T) {
	for text, want := range map[string]string{
		"54321": "localhost:54321", "1": "localhost:1", "65535": "localhost:65535",
		"example:80": "example:80", ":80": ":80", "[::1]:80": "[::1]:80", "127.0.0.1:9": "127.0.0.1:9",
		" 80 ": "localhost:80", " b:6000": "b:6000", "unix:/run/kv": "unix:/run/kv", "unix:///run/kv": "unix:/run/kv",
	} {
		if got, err := Target(text); err != nil || got != want {
			t.Errorf("Target(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "localhost:99999", "0", "65536", "abc", "-1", "host:", "host:x", "a:b:c", "80/tcp", "a b:80", "http://a:80", "unix:", "unix:a/"} {
		if got, err := Target(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("Target(%q) = %q, %v; want an error that names it", text, got, err)
		}
	}
}

// listen starts a gRPC server, with TLS if config is not nil, and returns its address.
func listen(t *testing.T, config *tls.Config, options ...grpc.ServerOption) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	serve(t, listener, options...)
	return listener.Addr().String()
}

func serve(t *testing.T, listener net.Listener, options ...grpc.ServerOption) {
	server := grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go server.Serve(listener)
	t.Cleanup(server.Stop)
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
	certFile, keyFile, config := selfSigned(t, "kv.test", time.Now().Add(-time.Hour))
	otherCert, otherKey, _ := selfSigned(t, "client.test", time.Now().Add(-time.Hour))
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
		{Security{TLSCA: certFile, TLSCert: certFile, TLSKey: keyFile}, "--tls-server-name"}, // the name is not the host
		{Security{TLS: true, TLSCert: certFile, TLSKey: keyFile, TLSServerName: "kv.test"}, "unknown authority"},
		{Security{TLSCA: certFile, TLSServerName: "kv.test"}, "use --tls-cert and --tls-key"},
		{Security{TLSCA: certFile, TLSServerName: "kv.test", TLSCert: otherCert, TLSKey: otherKey}, "does not take the certificate"},
		{Security{}, "the server speaks TLS: use --tls"},
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

// TestConnect_tlsOfOneSide has servers that do not speak TLS, or have a certificate out of its time.
func TestConnect_tlsOfOneSide(t *testing.T) {
	options := testOptions
	options.TLS = true
	if _, err := Connect(t.Context(), listen(t, nil), options); err == nil || !strings.Contains(err.Error(), "the server does not speak TLS: leave out --tls") {
		t.Errorf("TLS with a plain server: %v; want an error that says so", err)
	}
	for from, says := range map[time.Duration]string{-48 * time.Hour: "the server's certificate has expired", time.Hour: "the server's certificate is not valid before"} {
		certFile, _, config := selfSigned(t, "localhost", time.Now().Add(from))
		options.TLSCA = certFile
		if _, err := Connect(t.Context(), listen(t, config), options); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("a certificate that is valid for two hours from %v: %v; want an error that says %q", from, err, says)
		}
	}
}

func TestConnect_socket(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	certFile, keyFile, config := selfSigned(t, "localhost", time.Now().Add(-time.Hour))
	for name, creds := range map[string]credentials.TransportCredentials{"plain": insecure.NewCredentials(), "b\xff%20 ?": credentials.NewTLS(config)} {
		listener, err := net.Listen("unix", name)
		if err != nil {
			t.Fatal(err)
		}
		serve(t, listener, grpc.Creds(creds))
		options := testOptions
		if name != "plain" {
			options.TLSCA, options.TLSCert, options.TLSKey = certFile, certFile, keyFile
		}
		for _, text := range []string{"unix:" + name, "unix:" + filepath.Join(folder, name), "unix://" + filepath.Join(folder, name)} {
			addr, err := Target(text)
			if err != nil {
				t.Fatal(err)
			}
			conns, err := Connect(t.Context(), addr, options)
			if err == nil {
				err = check(t.Context(), conns[0])
				Close(conns)
			}
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
	if _, err := Connect(t.Context(), "unix:"+folder+"/none", testOptions); err == nil || err.Error() != "there is no socket "+folder+"/none; is the server running?" {
		t.Errorf("a socket that is not there: %v", err)
	}
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: "stale"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	if _, err := Connect(t.Context(), "unix:"+folder+"/stale", testOptions); err == nil || !strings.Contains(err.Error(), "connection refused); is the server running?") {
		t.Errorf("a socket that nobody listens on: %v", err)
	}
	if _, err := Connect(t.Context(), "unix:"+folder+"/plain", Options{Connections: 1, ConnectTimeout: time.Minute, Security: Security{TLS: true}}); err == nil || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Errorf("TLS with a plain socket: %v", err)
	}
}

// TestConnect_token: the token goes with each call, and a file's last line feed is no part of it.
func TestConnect_token(t *testing.T) {
	var got []string
	addr := listen(t, nil, grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		header, _ := metadata.FromIncomingContext(ctx)
		got = header.Get("authorization")
		return handle(ctx, request)
	}))
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, security := range map[string]Security{
		"": {}, "Bearer secret": {ClientTokenFile: file}, "Bearer other": {ClientTokenFile: file, Token: "other"},
	} {
		options := testOptions
		options.Security = security
		conns, err := Connect(t.Context(), addr, options)
		if err == nil {
			err = check(t.Context(), conns[0])
			Close(conns)
		}
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("the server got %q, %v; want %q", got, err, want)
		}
	}
	if err := os.WriteFile(file, []byte("sec\x00ret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, "/does/not/exist"} {
		if _, err := (&Security{ClientTokenFile: name}).DialOptions(); err == nil || !strings.Contains(err.Error(), "--client-token-file: ") || strings.Contains(err.Error(), "sec") {
			t.Errorf("the file %s: %v; want an error that names the flag, and not the token", name, err)
		}
	}
}

// selfSigned makes a certificate for a name that is valid for two hours, and the configuration of a server that
// uses it and takes no other from its clients.
func selfSigned(t *testing.T, name string, from time.Time) (certFile, keyFile string, config *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: from, NotAfter: from.Add(2 * time.Hour),
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
