package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/contracts/version"
)

// TestMisuse: a mistake in a flag is a line that says what is wrong, and nothing is made.
func TestMisuse(t *testing.T) {
	for _, test := range []struct {
		args string
		says string
	}{
		{"", "--id is missing"},
		{"--id=0", "--id is missing"},
		{"--id=4294967296", "--id is 4294967296; it must be 1 to 4294967295"},
		{"--id=-1", "--id"},
		{"--id=one", "--id"},
		{"--id=1 --data-dir=", "--data-dir"},
		{"--id=1 --peers=nonsense", `--peers: "nonsense" is no address`},
		{"--id=1 --peers=a:1,,b:2", "--peers"},
		{"--id=1 --peers=unix:/run/x", "--peers"},
		{"--id=1 --advertise=0.0.0.0:8000", "--advertise: \"0.0.0.0:8000\" names no machine"},
		{"--id=1 --advertise=:8000", "--advertise"},
		{"--id=1 --advertise=x", "--advertise"},
		{"--id=1 --max-key=0", "--max-key is 0"},
		{"--id=1 --max-value=-1", "--max-value is -1"},
		{"--id=1 --max-message=100", "--max-message is 100; it must be at least"},
		{"--id=1 --scan-timeout=0s", "--scan-timeout"},
		{"--id=1 --disk-stall=-1s", "--disk-stall"},
		{"--id=1 --peer-cn=x", "--peer-cn needs --tls-client-ca"},
		{"--id=1 --peer-token-file=/no/file", "--peer-token-file"},
		{"--id=1 --admin-mtls", "--admin-mtls needs --tls-client-ca"},
	} {
		command := program(t, strings.Fields(test.args)...)
		expectRefusal(t, command, 2, test.says)
		if entries, err := os.ReadDir(command.Dir); err != nil || len(entries) > 0 {
			t.Errorf("%s: afterwards there are %v, %v", test.args, entries, err)
		}
	}
}

// TestFolder: a folder that is another server's, or in use, is refused, as it is.
func TestFolder(t *testing.T) {
	dir := "--data-dir=" + filepath.Join(t.TempDir(), "data")
	first := startServer(t, "--id=7", dir)
	version := first.put(t, "A", "a")
	expectRefusal(t, program(t, "--id=7", dir), 1, "in use by another process")
	first.stop(t)
	expectRefusal(t, program(t, "--id=8", dir), 1, "the folder is that of server 7; this is to be server 8")
	again := startServer(t, "--id=7", dir)
	if got, err := again.Get(t.Context(), &gossipkvpb.GetRequest{Key: []byte("A"), Seen: version}); err != nil || string(got.GetValue()) != "a" {
		t.Errorf("after all that there is {%v}, %v", got, err)
	}
	again.stop(t)
}

// TestKill: what was answered is there after a kill, also for a session that moves.
func TestKill(t *testing.T) {
	dir := "--data-dir=" + filepath.Join(t.TempDir(), "data")
	server := startServer(t, "--id=1", dir)
	server.put(t, "A", "a")
	seen := server.put(t, "A", "b")
	server.kill()
	server = startServer(t, "--id=1", dir)
	if got, err := server.Get(t.Context(), &gossipkvpb.GetRequest{Key: []byte("A"), Seen: seen}); err != nil || string(got.GetValue()) != "b" {
		t.Errorf("after the kill there is {%v}, %v", got, err)
	}
	if next := server.put(t, "A", "c"); next.GetTime() <= seen.GetTime() {
		t.Errorf("the next version is {%v}, after {%v}", next, seen)
	}
	server.stop(t)
}

// TestShutdown: the administrative call ends the process as SIGTERM does, for who has the token.
func TestShutdown(t *testing.T) {
	server := startServer(t, "--id=1", "--admin-token-file="+write(t, "admins", "another\nsecret\r\n"), "--client-token-file="+write(t, "clients", "client\n"))
	if _, err := server.Get(withToken(t, "client"), &gossipkvpb.GetRequest{Key: []byte("A")}); err != nil {
		t.Errorf("a get of a client: %v", err)
	}
	if _, err := server.Get(t.Context(), &gossipkvpb.GetRequest{Key: []byte("A")}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a get of a stranger: %v; want UNAUTHENTICATED", err)
	}
	if _, err := server.admin.Shutdown(withToken(t, "client"), &gossipkvpb.ShutdownRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a shutdown by a client: %v; want UNAUTHENTICATED", err)
	}
	if _, err := server.admin.Shutdown(withToken(t, "secret"), &gossipkvpb.ShutdownRequest{}); err != nil {
		t.Fatal(err)
	}
	if err := server.command.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, server.log)
	}
}

// TestHealthcheck: the verb asks the server, and needs no number.
func TestHealthcheck(t *testing.T) {
	server := startServer(t, "--id=1")
	check := func() error { return program(t, "--addr="+server.addr, "healthcheck").Run() }
	if err := check(); err != nil {
		t.Errorf("of a server that serves: %v", err)
	}
	server.stop(t)
	if err := check(); err == nil {
		t.Error("of one that has ended: it is healthy")
	}
}

// raw sends bytes as they are.
type raw struct{ encoding.CodecV2 }

func (raw) Name() string { return "proto" }
func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}
func (raw) Unmarshal(mem.BufferSlice, any) error { return nil }

// TestUnpacked: a request that is none, or would take far more memory than its length, is refused, and the server goes on.
func TestUnpacked(t *testing.T) {
	server := startServer(t, "--id=1")
	for name, request := range map[string][]byte{
		"no message":            {0xff, 0xff},
		"a key that is cut off": {0x0a, 0x05, 'a'},
		"a million versions":    bytes.Repeat([]byte{0x12, 0x00}, 1<<20), // GetRequest.seen, which is empty each time
	} {
		err := server.conn.Invoke(t.Context(), gossipkvpb.GossipKV_Get_FullMethodName, request, new(gossipkvpb.GetResponse), grpc.ForceCodecV2(raw{}))
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v; want INVALID_ARGUMENT", name, err)
		}
	}
	server.put(t, "A", "a")
	server.stop(t)
}

// TestPage: a server shows itself to operators, and its figures, and ends as it should while it is looked at.
func TestPage(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "page")
	server := startServer(t, "--id=3", "--http-addr=unix:"+socket)
	server.put(t, "A", "a")
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	get := func(path string) string {
		response, err := client.Get("http://gossipkv" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", path, response.Status, err)
		}
		return string(body)
	}
	for path, parts := range map[string][]string{
		"/": {"<!doctype html>", "<h1>gossipkv</h1>"}, "/healthz": {""},
		"/status.json": {`"server":3,`, `"keys":1,`, `"version":"` + version.Short() + `"`, `"error":"",`},
		"/metrics":     {"\ngossipkv_keys 1\n", "\ngossipkv_writable 1\n", "\ngossipkv_unmet_total 0\n", `grpc_server_handled_total{grpc_code="OK",grpc_method="Put"`},
	} {
		body := get(path)
		for _, part := range parts {
			if !strings.Contains(body, part) {
				t.Errorf("%s has no %s:\n%.2000s", path, part, body)
			}
		}
	}
	looking := make(chan struct{})
	go func() {
		defer close(looking)
		for {
			response, err := client.Get("http://gossipkv/status.json")
			if err != nil {
				return
			}
			response.Body.Close()
		}
	}()
	server.stop(t)
	<-looking
}
