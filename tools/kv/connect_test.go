package main

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
)

// certified returns the configuration of a server with a certificate for 127.0.0.1, and the flag with which it is known.
func certified(t *testing.T) (config *tls.Config, flag string) {
	t.Helper()
	model := httptest.NewTLSServer(nil)
	defer model.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: model.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: model.TLS.Certificates}, "--tls-ca=" + file
}

// TestMismatch: that the server is there, but speaks otherwise, is said at once by every command, and not when the
// patience of the Clerk is over.
func TestMismatch(t *testing.T) {
	config, ca := certified(t)
	secure := listen(t, newService(), "tcp", "127.0.0.1:0", grpc.Creds(credentials.NewTLS(config)))
	plain := serve(t, newService())
	check(t, secure, []step{{args: ca + " put k v", stdout: "version 1\n"}, {args: ca + " shutdown"}})
	backup := filepath.Join(t.TempDir(), "b")
	if _, _, stderr := kv("", "put", "k", "v", secure); stderr != "kv: "+strings.TrimPrefix(secure, "--servers=")+": the server speaks TLS: use --tls, or --tls-ca FILE if its certificate is not signed by an authority of the system; the write did not happen\n" {
		t.Errorf("printed %q; want the server, what to do, and what became of the write", stderr)
	}
	for _, args := range []string{"put k v", "get k", "append k v", "delete k", "scan", "stat", "topology", "pipe", "backup " + backup, "shutdown", "compact"} {
		for flags, says := range map[string]string{
			secure:            "the server speaks TLS: use --tls",
			secure + " --tls": "signed by an unknown authority",
			plain + " --tls":  "the server does not speak TLS: leave out --tls",
		} {
			status, stdout, stderr := kv("GET k\n", strings.Fields(args+" --timeout 24h "+flags)...)
			if status != exitUnreachable || stdout != "" || !strings.Contains(stderr, says) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("kv %s %s: status %d, printed %q and %q; want %d, and a line that says %q", args, flags, status, stdout, stderr, exitUnreachable, says)
			}
		}
	}
	check(t, secure+","+strings.TrimPrefix(plain, "--servers="), []step{{args: "put k v", stdout: "version 1\n"}}) // one may be right
}

func TestServers_spellings(t *testing.T) {
	address := strings.TrimPrefix(serve(t, newService()), "--servers=")
	_, port, _ := net.SplitHostPort(address)
	socket := filepath.Join(t.TempDir(), "a socket")
	listen(t, newService(), "unix", socket)
	for _, servers := range []string{"127.0.0.1:1, " + address, " " + address + " ,", "," + address + ",,", "127.0.0.1:1," + port, "unix:" + socket, "127.0.0.1:1, unix://" + socket} {
		if status, _, stderr := kv("", "put", "k", "v", "--servers="+servers); status != exitOK {
			t.Errorf("--servers=%q: status %d, printed %q", servers, status, stderr)
		}
		t.Setenv("KV_SERVERS", servers)
		if status, _, stderr := kv("", "get", "k"); status != exitOK {
			t.Errorf("KV_SERVERS=%q: status %d, printed %q", servers, status, stderr)
		}
	}
	for servers, says := range map[string]string{
		"": "--servers is empty", " , ": "--servers is empty", "localhost": `--servers: "localhost" is not a target`,
		address + ", a b:1": `"a b:1"`, "http://a:1": `"http://a:1"`, "a\xff:1": `"a\xff:1"`, "unix:": `"unix:"`,
	} {
		status, stdout, stderr := kv("", "put", "k", "v", "--servers="+servers)
		if status != exitMisuse || stdout != "" || !strings.Contains(stderr, says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("--servers=%q: status %d, printed %q; want %d and a line with %s", servers, status, stderr, exitMisuse, says)
		}
	}
	status, _, stderr := kv("", "stat", "--servers=unix:"+socket+"2", "--timeout=500ms")
	if status != exitUnreachable || !strings.Contains(stderr, socket+"2: connect: no such file") {
		t.Errorf("no socket: status %d, printed %q", status, stderr)
	}
	t.Setenv("KV_SERVERS", "")
	if status, _, stderr := kv("", "get", "k", "--timeout=10ms"); status == exitMisuse {
		t.Errorf("KV_SERVERS=: %s; want the default", stderr)
	}
}

// TestTokens: tokens come from files and the environment too, the end of a line is no part of them, and what cannot be
// sent is refused without being repeated.
func TestTokens(t *testing.T) {
	f := newService()
	f.token = "secret"
	flag := serve(t, f)
	folder := t.TempDir()
	file := func(name, content string) string {
		name = filepath.Join(folder, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	good, other, bad := file("good", "secret\r\nanother\n"), file("other", "ordinary"), file("bad", "secret\x07\n")
	run := func(want int, says string, args ...string) {
		t.Helper()
		status, stdout, stderr := kv("", append([]string{flag, "compact"}, args...)...)
		if status != want || stdout != "" || !strings.Contains(stderr, says) || strings.Contains(stderr, "secret") || strings.Count(stderr, "\n") > 1 {
			t.Errorf("kv compact %q: status %d, printed %q; want %d, that it says %q, and no token", args, status, stderr, want, says)
		}
	}
	run(exitOK, "", "--admin-token=secret\n")
	run(exitOK, "", "--admin-token-file="+good)
	run(exitOK, "", "--admin-token-file="+good, "--client-token-file="+other) // one header has room for one token
	run(exitFailed, "the wrong token", "--client-token-file="+other)
	run(exitMisuse, "--admin-token: byte 7 of the token is 0x0a", "--admin-token=secret\nsecret")
	run(exitMisuse, "--admin-token: byte 7 of the token is 0xff", "--admin-token=secret\xff")
	run(exitMisuse, "--admin-token-file: "+bad+", line 1: byte 7 of the token is 0x07", "--admin-token-file="+bad)
	run(exitMisuse, "--admin-token-file: open /none", "--admin-token-file=/none")
	run(exitMisuse, "leave one out", "--admin-token=secret", "--admin-token-file="+good)
	run(exitMisuse, "--client-token-file: open /none", "--client-token-file=/none", "--admin-token=secret")
	t.Setenv("KV_ADMIN_TOKEN", "secret\n")
	run(exitOK, "")
	t.Setenv("KV_ADMIN_TOKEN", "sec\tret")
	run(exitMisuse, "--admin-token: byte 4 of the token is 0x09")
	t.Setenv("KV_ADMIN_TOKEN", "")
	t.Setenv("KV_ADMIN_TOKEN_FILE", good)
	run(exitOK, "")
}

// TestTokens_ordinary: the token of --client-token-file goes with every call that is not administrative.
func TestTokens_ordinary(t *testing.T) {
	var seen headers
	flag := listen(t, newService(), "tcp", "127.0.0.1:0", grpc.StreamInterceptor(seen.stream), grpc.UnaryInterceptor(seen.unary))
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("ordinary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KV_CLIENT_TOKEN_FILE", file)
	for _, args := range []string{"put k v", "get k", "scan", "stat", "pipe"} {
		seen.got = nil
		if status, _, stderr := kv("GET k\n", append(strings.Fields(args), flag)...); status != exitOK || len(seen.got) == 0 || seen.got[0] != "Bearer ordinary" {
			t.Errorf("kv %s: status %d, printed %q; the server got the tokens %q", args, status, stderr, seen.got)
		}
	}
}

// headers keeps the tokens that came with calls.
type headers struct{ got []string }

func (h *headers) note(ctx context.Context) {
	header, _ := metadata.FromIncomingContext(ctx)
	h.got = append(h.got, strings.Join(header.Get("authorization"), " and "))
}

func (h *headers) unary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	h.note(ctx)
	return handle(ctx, request)
}

func (h *headers) stream(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	h.note(stream.Context())
	return handle(service, stream)
}
