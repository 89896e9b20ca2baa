package rpcserver

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"numstore.example/services/internal/logtest"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
	life time.Duration // of what it signs, from now on
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t), life: time.Hour}
	template := &x509.Certificate{IsCA: true, BasicConstraintsValid: true}
	der := a.sign(template, template, a.key, &a.key.PublicKey)
	a.cert, _ = x509.ParseCertificate(der)
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(template, parent *x509.Certificate, key *ecdsa.PrivateKey, public *ecdsa.PublicKey) []byte {
	a.t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(a.life)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// issue returns a certificate for a name and its key, in PEM form.
func (a *authority) issue(name string) (cert, key []byte) {
	a.t.Helper()
	private := newKey(a.t)
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}}
	der := a.sign(template, a.cert, a.key, &private.PublicKey)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// client returns a configuration that trusts the authority, and shows a certificate if there is one.
func (a *authority) client(cert, key []byte) *tls.Config {
	config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "kv.test"}
	config.RootCAs.AddCert(a.cert)
	if cert != nil {
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			a.t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config
}

// issueFor is issue with a certificate that ends after a time, or has ended before now.
func (a *authority) issueFor(life time.Duration) (cert, key []byte) {
	a.life = life
	return a.issue("kv.test")
}

// tlsFiles writes files of a server into a folder of the test.
type tlsFiles struct {
	t *testing.T
	TLS
}

func newTLSFiles(t *testing.T) *tlsFiles {
	dir := t.TempDir()
	return &tlsFiles{t, TLS{
		Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "ca.pem"),
	}}
}

func (f *tlsFiles) write(name string, content []byte) {
	f.t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// serveTLS runs a server with these files and returns its address.
func serveTLS(t *testing.T, files TLS, log *slog.Logger) string {
	t.Helper()
	config := testConfig
	config.TLS = files
	return serveConfig(t, config, log)
}

// serveConfig runs a server on a port of its own and returns its address.
func serveConfig(t *testing.T, config Config, log *slog.Logger) string {
	t.Helper()
	server, err := New(config, log)
	if err != nil {
		t.Fatal(err)
	}
	return serveServer(t, server)
}

// serveServer is serveConfig for a server that there is already.
func serveServer(t *testing.T, server *Server) string {
	t.Helper()
	server.RegisterService(testService(answer), nil)
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	server.Ready()
	go func() { stopped <- server.Serve(ctx, listener) }()
	t.Cleanup(func() { stop(); <-stopped })
	return listener.Addr().String()
}

// callTLS makes one call over a connection of its own.
func callTLS(t *testing.T, addr string, transport credentials.TransportCredentials) error {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(transport))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.Invoke(t.Context(), "/test.Service/Call", new(wrapperspb.BytesValue), new(wrapperspb.BytesValue))
}

func TestTLS_mutual(t *testing.T) {
	ours, strangers := newAuthority(t), newAuthority(t)
	files := newTLSFiles(t)
	cert, key := ours.issue("kv.test")
	files.write(files.Cert, cert)
	files.write(files.Key, key)
	files.write(files.ClientCA, ours.pem)
	addr := serveTLS(t, files.TLS, slog.New(slog.DiscardHandler))

	goodCert, goodKey := ours.issue("client")
	badCert, badKey := strangers.issue("client")
	for _, test := range []struct {
		name      string
		transport credentials.TransportCredentials
		good      bool
	}{
		{"a client of ours", credentials.NewTLS(ours.client(goodCert, goodKey)), true},
		{"a client without a certificate", credentials.NewTLS(ours.client(nil, nil)), false},
		{"a client with a stranger's certificate", credentials.NewTLS(ours.client(badCert, badKey)), false},
		{"a client that trusts somebody else", credentials.NewTLS(strangers.client(goodCert, goodKey)), false},
		{"a client without TLS", insecure.NewCredentials(), false},
	} {
		if err := callTLS(t, addr, test.transport); (err == nil) != test.good {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	config := testConfig
	config.Addr, config.TLS = addr, files.TLS
	if err := checkHealth(t.Context(), config); err != nil {
		t.Errorf("the server's own health check: %v", err)
	}
	// With a page for operators, it does not need a certificate that is good for clients.
	for status, good := range map[int]bool{http.StatusOK: true, http.StatusServiceUnavailable: false} {
		page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		config.HTTPAddr = strings.TrimPrefix(page.URL, "http://")
		if err := checkHealth(t.Context(), config); (err == nil) != good {
			t.Errorf("the server's own health check, when /healthz has status %d: %v", status, err)
		}
		page.Close()
	}
}

// TestTLS_reload replaces the files of a running server: by broken ones, which change nothing, and by
// those of another authority.
func TestTLS_reload(t *testing.T) {
	before, after := newAuthority(t), newAuthority(t)
	files := newTLSFiles(t)
	files.ClientCA = ""
	cert, key := before.issue("kv.test")
	files.write(files.Cert, cert)
	files.write(files.Key, key)
	log := new(logtest.Buffer)
	addr := serveTLS(t, files.TLS, slog.New(slog.NewTextHandler(log, nil)))
	call := func(a *authority) error { return callTLS(t, addr, credentials.NewTLS(a.client(nil, nil))) }

	if err := call(before); err != nil {
		t.Fatalf("at first: %v", err)
	}
	newCert, newKey := after.issue("kv.test")
	files.write(files.Cert, append(newCert, '\n')) // does not fit the old key
	for range 2 {
		if err := call(before); err != nil {
			t.Errorf("with half of the new files: %v", err)
		}
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("the broken files were logged %d times; want once:\n%s", n, log)
	}
	if bytes.Contains([]byte(log.String()), []byte("PRIVATE KEY")) {
		t.Error("the log holds a private key")
	}
	files.write(files.Key, append(newKey, '\n'))
	if err := call(after); err != nil {
		t.Errorf("with the new files: %v", err)
	}
	if err := call(before); err == nil {
		t.Error("with the new files, the old authority is still trusted")
	}
}

func TestTLS_unusableFiles(t *testing.T) {
	ours := newAuthority(t)
	cert, key := ours.issue("kv.test")
	_, otherKey := ours.issue("kv.test")
	for _, test := range []struct {
		cert, key, ca []byte
		says          string
	}{
		{cert, otherKey, ours.pem, "private key does not match"},
		{[]byte("nonsense"), key, ours.pem, "cert.pem"},
		{cert, key, []byte("nonsense"), "ca.pem holds no certificate"},
	} {
		files := newTLSFiles(t)
		files.write(files.Cert, test.cert)
		files.write(files.Key, test.key)
		files.write(files.ClientCA, test.ca)
		config := testConfig
		config.TLS = files.TLS
		if _, err := New(config, slog.New(slog.NewTextHandler(io.Discard, nil))); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("got %v; want an error that says %q", err, test.says)
		}
	}
}
