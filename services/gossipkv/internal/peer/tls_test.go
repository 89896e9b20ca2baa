package peer

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/internal/rpcserver"
)

// credentialsOf writes a certificate for localhost that has signed itself, and its key, into a new folder.
func credentialsOf(t *testing.T, name string) (files rpcserver.TLS) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files.Cert, files.Key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	files.ClientCA = files.Cert
	for file, block := range map[string]*pem.Block{files.Cert: {Type: "CERTIFICATE", Bytes: cert}, files.Key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// real starts a server as a process has it, on a port of its own, and returns its peers and where it is.
func real(t *testing.T, id merge.ServerID, files rpcserver.TLS, names ...string) (*fake, *Peers, string) {
	t.Helper()
	config := rpcserver.Config{
		Workers: 1, MaxMessage: 2 << 20, MaxStreams: 10, MaxConnections: 10, Keepalive: time.Hour, StopTimeout: 10 * time.Second, TLS: files,
	}
	server, err := rpcserver.New(config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	known, err := rpcserver.PeerFlags{PeerCN: names}.Peers(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	peers := New(Config{Credentials: known.Credentials, Authorize: known.Check, Stopping: server.Stopping(), Logger: server.Logger()})
	peers.Register(server.Internal())
	f := newFake(t, id)
	peers.Start(f, "")
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		peers.Close()
	})
	return f, peers, "localhost:" + port
}

// TestTLS: servers know each other by the names in their certificates, over TCP; one with another name, and one of another
// authority, get no link, and are told why.
func TestTLS(t *testing.T) {
	ours := credentialsOf(t, "gossipkv")
	one, _, address := real(t, 1, ours, "gossipkv")
	two, peers, _ := real(t, 2, ours, "gossipkv")
	if id, err := peers.Connect(t.Context(), address); id != 1 || err != nil || !two.up(1) {
		t.Fatalf("Connect: %d, %v", id, err)
	}
	if !peers.Send(1, push(2, 1, 5<<20)) {
		t.Fatal("a message was not sent")
	}
	if got := <-one.received; len(got.message.Push.Entries[0].Value) != 5<<20 {
		t.Errorf("%d bytes have come", len(got.message.Push.Entries[0].Value))
	}
	strict, _, strictAddress := real(t, 3, ours, "another")
	if _, err := peers.Connect(t.Context(), strictAddress); !errors.Is(err, node.ErrRefused) || !strings.Contains(err.Error(), "--peer-cn") || strict.up(2) {
		t.Errorf("with another name: %v", err)
	}
	_, foreign, _ := real(t, 4, credentialsOf(t, "gossipkv"), "gossipkv")
	if _, err := foreign.Connect(t.Context(), address); !errors.Is(err, node.ErrUnreachable) || !strings.Contains(err.Error(), "authority") || one.up(4) {
		t.Errorf("of another authority: %v", err)
	}
	_, plain, _ := real(t, 5, rpcserver.TLS{})
	if _, err := plain.Connect(t.Context(), address); !errors.Is(err, node.ErrUnreachable) || one.up(5) {
		t.Errorf("without TLS: %v", err)
	}
}
