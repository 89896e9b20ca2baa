package address

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func TestParse(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for text, want := range map[string]string{
		"example:80": "example:80", ":80": ":80", "[::1]:80": "[::1]:80", "[fe80::1%eth0]:80": "[fe80::1%eth0]:80", "127.0.0.1:9": "127.0.0.1:9",
		" a:1": "a:1", "a:65535\n": "a:65535", "my_host-2.example.:080": "my_host-2.example.:80", "unix:6000:1": "unix:" + folder + "/6000:1",
		"unix:/run/kv": "unix:/run/kv", "unix:///run/kv": "unix:/run/kv", "unix:kv": "unix:" + folder + "/kv", "unix:./a/../kv": "unix:" + folder + "/kv",
		"unix:/a b\xff?#%20": "unix:/a b\xff?#%20",
	} {
		got, err := Parse(text)
		if err != nil || got.String() != want {
			t.Errorf("Parse(%q) = %v, %v; want %s", text, got, err, want)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("Parse(%q) = %v, %v; want what Parse(%q) returns, %v", got, again, err, text, got)
		}
	}
}

func TestParse_refused(t *testing.T) {
	for _, text := range []string{
		"", "80", "host", "host:", "host:x", "host:0", "host:65536", "host:-1", "a:b:c", "::1:80", "a b:80", "a, b:80", "http://host:80", "host:80/", "user@host:80",
		"h\xffst:80", "höst:80", "h\x00:80", "unix:", "unix:/", "unix:/a/", "unix://host/path", "unix://", "unix:/" + strings.Repeat("x", maxPath),
	} {
		if got, err := Parse(text); err == nil || !strings.Contains(err.Error(), "is no address of a server") {
			t.Errorf("Parse(%q) = %v, %v; want an error", text, got, err)
		}
	}
	if _, err := Parse("h\xffst:80"); err == nil || !strings.Contains(err.Error(), `"h\xffst:80"`) {
		t.Errorf("%v; want an error that names the address", err)
	}
}

// TestTarget: gRPC understands an address as net does, whatever characters are in it.
func TestTarget(t *testing.T) {
	folder := t.TempDir()
	for _, text := range []string{
		"localhost:0", "127.0.0.1:0", "[::1]:0", ":0",
		"unix:" + filepath.Join(folder, "plain"), "unix:" + filepath.Join(folder, "\xff b%20?x#:,"),
	} {
		network, name := "tcp", text
		if path, ok := strings.CutPrefix(text, unix); ok {
			network, name = "unix", path
		}
		listener, err := net.Listen(network, name)
		if err != nil && strings.HasPrefix(text, "[") {
			t.Logf("left out %s: %v", text, err) // a machine without IPv6
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if network == "tcp" {
			_, port, _ := net.SplitHostPort(listener.Addr().String())
			text = strings.TrimSuffix(text, "0") + port
		}
		server := grpc.NewServer()
		grpc_health_v1.RegisterHealthServer(server, health.NewServer())
		go server.Serve(listener)
		defer server.Stop()

		a, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if conn, err := net.Dial(a.Network, a.Name); err != nil {
			t.Errorf("net does not reach %v: %v", a, err)
		} else {
			conn.Close()
		}
		conn, err := grpc.NewClient(a.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), new(grpc_health_v1.HealthCheckRequest), grpc.WaitForReady(true)); err != nil {
			t.Errorf("gRPC does not reach %v: %v", a, err)
		}
	}
}

// TestTarget_schemes: a host may have the name of one of gRPC's schemes.
func TestTarget_schemes(t *testing.T) {
	for text, want := range map[string]string{"dns:6000": "dns:///dns:6000", "passthrough:6000": "dns:///passthrough:6000"} {
		if a, err := Parse(text); err != nil || a.Target() != want {
			t.Errorf("Parse(%q) = %v, %v with the target %s; want %s", text, a, err, a.Target(), want)
		}
	}
}

func TestParseHostPort(t *testing.T) {
	for text, want := range map[string]string{" a:1": "a:1", "[::1]:080": "[::1]:80", ":80": ":80", "unix:/run/kv": "", "a": "", "": "", "a:0": ""} {
		got, err := ParseHostPort(text)
		if got != want || (err != nil) != (want == "") || err != nil && !strings.Contains(err.Error(), "host:port") {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}
