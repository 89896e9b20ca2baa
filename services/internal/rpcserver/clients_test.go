package rpcserver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/channelz/grpc_channelz_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// tokenFile writes a file of tokens.
func tokenFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// withHeaders returns a context whose calls carry these values of the header.
func withHeaders(t *testing.T, values ...string) context.Context {
	ctx := t.Context()
	for _, value := range values {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
	}
	return ctx
}

func TestClients_tokens(t *testing.T) {
	config := testConfig
	config.TokenFile = tokenFile(t, "first\r\n\nsecond one\n")
	synctest.Test(t, func(t *testing.T) {
		f := start(t, config, answer)
		defer f.end()
		f.server.AllowTokens([]string{"of the service"})
		for _, test := range []struct {
			headers []string
			want    codes.Code
		}{
			{[]string{"Bearer first"}, codes.OK},
			{[]string{"Bearer second one"}, codes.OK},
			{[]string{"Bearer of the service"}, codes.OK},
			{[]string{"Bearer another", "Bearer first"}, codes.OK},
			{nil, codes.Unauthenticated},
			{[]string{""}, codes.Unauthenticated},
			{[]string{"Bearer "}, codes.Unauthenticated},
			{[]string{"first"}, codes.Unauthenticated},
			{[]string{"Bearer firs"}, codes.Unauthenticated},
			{[]string{"Bearer first1"}, codes.Unauthenticated},
		} {
			err := f.conn.Invoke(withHeaders(t, test.headers...), "/test.Service/Call", new(wrapperspb.BytesValue), new(wrapperspb.BytesValue))
			if status.Code(err) != test.want || err != nil && !strings.Contains(err.Error(), "--client-token-file") {
				t.Errorf("with %q: %v; want %s", test.headers, err, test.want)
			}
		}
		if log := f.log.String(); !strings.Contains(log, "level=INFO msg=call method=/test.Service/Call code=Unauthenticated") || strings.Contains(log, "first") {
			t.Errorf("the log should tell of refused calls, and of no token:\n%s", log)
		}
		f.checkStrangers(t)
	})
}

// checkStrangers sees that a caller without a token has the server's health, and nothing else that it knows.
func (f *fixture) checkStrangers(t *testing.T) {
	t.Helper()
	if got, err := f.health(""); got != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("a stranger's probe: %s, %v; want SERVING", got, err)
	}
	if _, err := grpc_channelz_v1.NewChannelzClient(f.conn).GetServers(t.Context(), new(grpc_channelz_v1.GetServersRequest)); status.Code(err) != codes.Unauthenticated {
		t.Errorf("channelz answered a stranger with %v", err)
	}
	if err := f.reflect(t.Context()); status.Code(err) != codes.Unauthenticated {
		t.Errorf("reflection answered a stranger with %v", err)
	}
	if err := f.reflect(withHeaders(t, "Bearer first")); err != nil {
		t.Errorf("reflection for a client: %v", err)
	}
}

// reflect asks which services there are.
func (f *fixture) reflect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := grpc_reflection_v1.NewServerReflectionClient(f.conn).ServerReflectionInfo(ctx)
	if err != nil {
		return err
	}
	stream.Send(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}})
	_, err = stream.Recv()
	return err
}

// TestClients_names lets in certificates by their names, and with a file of tokens those who have one too.
func TestClients_names(t *testing.T) {
	ours := newAuthority(t)
	files := newTLSFiles(t)
	cert, key := ours.issue("kv.test")
	files.write(files.Cert, cert)
	files.write(files.Key, key)
	files.write(files.ClientCA, ours.pem)
	config := testConfig
	config.MaxConnections = 100
	config.TLS, config.AllowCN = files.TLS, []string{"app", "job"}
	byName := serveConfig(t, config, slog.New(slog.DiscardHandler))
	config.TokenFile = tokenFile(t, "secret\n")
	byEither := serveConfig(t, config, slog.New(slog.DiscardHandler))

	for _, test := range []struct {
		addr, name, header string
		want               codes.Code
		says               string
	}{
		{byName, "app", "", codes.OK, ""},
		{byName, "job", "", codes.OK, ""},
		{byName, "appl", "", codes.PermissionDenied, `"appl"`},
		{byName, "kv.test", "Bearer secret", codes.PermissionDenied, "--allow-cn"},
		{byEither, "app", "", codes.OK, ""},
		{byEither, "other", "Bearer secret", codes.OK, ""},
		{byEither, "other", "Bearer wrong", codes.Unauthenticated, "--client-token-file"},
		{byEither, "other", "", codes.Unauthenticated, "--allow-cn"},
	} {
		conn, err := grpc.NewClient(test.addr, grpc.WithTransportCredentials(credentials.NewTLS(ours.client(ours.issue(test.name)))))
		if err != nil {
			t.Fatal(err)
		}
		err = conn.Invoke(withHeaders(t, test.header), "/test.Service/Call", new(wrapperspb.BytesValue), new(wrapperspb.BytesValue))
		if status.Code(err) != test.want || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q with %q: %v; want %s that says %q", test.name, test.header, err, test.want, test.says)
		}
		conn.Close()
	}
	config.Addr = byEither
	if err := checkHealth(t.Context(), config); err != nil {
		t.Errorf("the server's own health check: %v", err)
	}
}

// TestGate_before: a call that is refused costs the reading of its head alone, and without a limit there is no gate.
func TestGate_before(t *testing.T) {
	desc := testService(func(context.Context) error { t.Error("the service was called"); return nil })
	g := &gate{byFile: true}
	_, err := g.service(desc).Methods[0].Handler(nil, t.Context(), func(any) error { t.Error("the request was read"); return nil }, nil)
	if status.Code(err) != codes.Unauthenticated {
		t.Errorf("got %v; want UNAUTHENTICATED", err)
	}
	if open, err := newGate(Clients{}); open != nil || err != nil || open.service(desc) != desc {
		t.Errorf("for everybody there is a gate, %v, %v", open, err)
	}
}

// TestNew_tokens: a file of tokens that cannot be used is a mistake in the flags, and no token is repeated.
func TestNew_tokens(t *testing.T) {
	for content, says := range map[string]string{
		"": "no token", "\n\r\n": "no token", "good\nse\x01cret\n": "line 2: byte 3", " secret": "line 1", "secr\xc3\xa9t": "0xc3",
		strings.Repeat("s", 5000): "4096 bytes",
	} {
		name := tokenFile(t, content)
		config := testConfig
		config.TokenFile = name
		_, err := New(config, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "--client-token-file: "+name) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "cret") {
			t.Errorf("%.20q: New returned %v; want an error that says %q and no token", content, err, says)
		}
	}
	config := testConfig
	config.TokenFile = filepath.Join(t.TempDir(), "none")
	if _, err := New(config, slog.New(slog.DiscardHandler)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestProgram_warnsOfStrangers: a server on a network that serves everybody says so when it starts.
func TestProgram_warnsOfStrangers(t *testing.T) {
	for _, test := range []struct{ args, says string }{
		{"--addr=0.0.0.0:0", "everybody who can reach this address"},
		{"--addr=:0", "everybody who can reach this address"},
		{"--addr=:0 --client-token-file=" + tokenFile(t, "secret"), "unencrypted"},
		{"--addr=127.0.0.1:0", ""},
		{"--addr=localhost:0 --client-token-file=" + tokenFile(t, "secret"), ""},
		{"--addr=unix:" + filepath.Join(t.TempDir(), "s"), ""},
	} {
		var stderr strings.Builder
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if status := testProgram().run(ctx, strings.Fields(test.args), io.Discard, &stderr); status != exitOK {
			t.Errorf("%s: status %d: %s", test.args, status, stderr.String())
		}
		if said := stderr.String(); strings.Contains(said, "WARN") != (test.says != "") || !strings.Contains(said, test.says) {
			t.Errorf("%s: it said %q; want a warning of %q", test.args, said, test.says)
		}
	}
	config := testConfig
	config.ClientCA, config.Cert = "ca", "cert"
	if said := config.warning(&net.TCPAddr{IP: net.IPv4zero}); said != "" {
		t.Errorf("under mutual TLS: %q", said)
	}
}

// TestProgram_healthcheckOfTokens: the server's own health check needs no token.
func TestProgram_healthcheckOfTokens(t *testing.T) {
	config := testConfig
	config.TokenFile = tokenFile(t, "secret")
	addr := serveConfig(t, config, slog.New(slog.DiscardHandler))
	if err := healthcheck(t, addr); err != nil {
		t.Error(err)
	}
	if err := callTLS(t, addr, insecure.NewCredentials()); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a call without a token: %v", err)
	}
}
