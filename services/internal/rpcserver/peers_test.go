package rpcserver

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"numstore.example/services/internal/logtest"
)

// internalService is testService under another name, which asks who its callers are.
func internalService(peers *Peers) *grpc.ServiceDesc {
	desc := testService(func(ctx context.Context) error { return peers.Check(ctx) })
	desc.ServiceName = "test.Internal"
	return desc
}

// TestPeers_tokens: a service for peers asks for their tokens, and not for those of clients; clients' calls do not
// take a peer's token. What it refuses is not in the log of calls. It is served when all workers are busy.
func TestPeers_tokens(t *testing.T) {
	config := testConfig
	config.TokenFile, config.Workers, config.Queue = tokenFile(t, "client\n"), 1, 0
	files := tokenFile(t, "old\nnew\n")
	synctest.Test(t, func(t *testing.T) {
		busy, free := make(chan struct{}), make(chan struct{})
		f := start(t, config, func(context.Context) error { close(busy); <-free; return nil }, func(server *Server) {
			peers, err := PeerFlags{PeerTokenFile: files}.Peers(server)
			if err != nil || peers.Token != "old" || peers.Credentials != nil {
				t.Fatalf("%+v, %v; want the first token, and no TLS", peers, err)
			}
			server.Internal().RegisterService(internalService(&peers), nil)
		})
		defer f.end()
		call := func(service string, headers ...string) error {
			return f.conn.Invoke(withHeaders(t, headers...), "/"+service+"/Call", new(wrapperspb.BytesValue), new(wrapperspb.BytesValue))
		}
		go func() { call("test.Service", "Bearer client") }()
		<-busy
		for _, test := range []struct {
			header string
			want   codes.Code
		}{{"Bearer old", codes.OK}, {"Bearer new", codes.OK}, {"Bearer client", codes.Unauthenticated}, {"Bearer ", codes.Unauthenticated}, {"", codes.Unauthenticated}} {
			if err := call("test.Internal", test.header); status.Code(err) != test.want || err != nil && !strings.Contains(err.Error(), "--peer-token-file") {
				t.Errorf("with %q: %v; want %s", test.header, err, test.want)
			}
		}
		if err := call("test.Service", "Bearer old"); status.Code(err) != codes.Unauthenticated {
			t.Errorf("a call of clients with a peer's token: %v", err)
		}
		close(free)
		if log := f.log.String(); strings.Contains(log, "test.Internal") {
			t.Errorf("calls of peers are in the log:\n%s", log)
		}
	})
}

// TestPeers_names: servers connect to each other with their own certificates, and take who has one of the names.
func TestPeers_names(t *testing.T) {
	ours, strangers := newAuthority(t), newAuthority(t)
	server := func(authority *authority, flags PeerFlags) *Server {
		files := newTLSFiles(t)
		cert, key := authority.issue("localhost")
		files.write(files.Cert, cert)
		files.write(files.Key, key)
		files.write(files.ClientCA, ours.pem)
		config := testConfig
		config.TLS = files.TLS
		server, err := New(config, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		peers, err := flags.Peers(server)
		if err != nil {
			t.Fatal(err)
		}
		server.Internal().RegisterService(internalService(&peers), nil)
		return server
	}
	for _, test := range []struct {
		names []string
		by    *authority
		want  codes.Code
		says  string
	}{
		{[]string{"other", "localhost"}, ours, codes.OK, ""},
		{[]string{"other"}, ours, codes.PermissionDenied, "--peer-cn"},
		{[]string{"localhost"}, strangers, codes.Unavailable, ""},
	} {
		asked := server(ours, PeerFlags{PeerCN: test.names})
		addr := strings.Replace(serveServer(t, asked), "127.0.0.1", "localhost", 1)
		caller, err := PeerFlags{PeerCN: test.names}.Peers(server(test.by, PeerFlags{}))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(caller.Credentials))
		if err != nil {
			t.Fatal(err)
		}
		err = conn.Invoke(t.Context(), "/test.Internal/Call", new(wrapperspb.BytesValue), new(wrapperspb.BytesValue))
		if status.Code(err) != test.want || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v, certificate of ours %v: %v; want %s that says %q", test.names, test.by == ours, err, test.want, test.says)
		}
		conn.Close()
	}
	// A server of another authority is not spoken to.
	caller, err := PeerFlags{PeerCA: tokenFile(t, string(strangers.pem))}.Peers(server(ours, PeerFlags{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := callTLS(t, strings.Replace(serveServer(t, server(ours, PeerFlags{})), "127.0.0.1", "localhost", 1), caller.Credentials); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("a server of another authority: %v", err)
	}
}

// TestPeerFlags_misuse: flags that cannot be used are named, and no token is repeated.
func TestPeerFlags_misuse(t *testing.T) {
	server, err := New(testConfig, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		flags PeerFlags
		says  string
	}{
		{PeerFlags{PeerCN: []string{"a"}}, "--peer-cn needs --tls-client-ca"},
		{PeerFlags{PeerCA: "a"}, "--peer-ca needs --tls-cert"},
		{PeerFlags{PeerTokenFile: "/none"}, "--peer-token-file: open /none"},
		{PeerFlags{PeerTokenFile: tokenFile(t, "se\x01cret")}, "--peer-token-file: "},
	} {
		if _, err := test.flags.Peers(server); err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "cret") {
			t.Errorf("%+v: %v; want %q", test.flags, err, test.says)
		}
	}
}

// TestPeerFlags_warns: a server that takes everybody for a node says so where others can reach it.
func TestPeerFlags_warns(t *testing.T) {
	for _, test := range []struct {
		addr, tokens, says string
	}{
		{":6000", "", "everybody who can reach this address may speak as a node"},
		{"0.0.0.0:6000", "", "everybody"},
		{"kv1.example:6000", "", "everybody"},
		{":6000", "secret", "unencrypted"},
		{"127.0.0.1:6000", "", ""},
		{"[::1]:6000", "secret", ""},
		{"localhost:6000", "", ""},
		{"unix:/tmp/x", "", ""},
	} {
		config, log := testConfig, new(logtest.Buffer)
		config.Addr = test.addr
		server, err := New(config, slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		flags := PeerFlags{}
		if test.tokens != "" {
			flags.PeerTokenFile = tokenFile(t, test.tokens)
		}
		if _, err := flags.Peers(server); err != nil {
			t.Fatal(err)
		}
		if said := log.String(); strings.Contains(said, "WARN") != (test.says != "") || !strings.Contains(said, test.says) || strings.Contains(said, "secret") {
			t.Errorf("%s, %q: it said %q; want a warning of %q", test.addr, test.tokens, said, test.says)
		}
	}
}
