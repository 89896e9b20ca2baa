//go:build unix

package rpcserver

import (
	"bufio"
	"context"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"numstore.example/contracts/address"
)

// TestMain is a server when a test has started it with this variable.
func TestMain(m *testing.M) {
	if os.Getenv("TESTD_TEST_SERVER") != "" {
		Main(testProgram())
	}
	os.Exit(m.Run())
}

// process is a server in a process of its own.
type process struct {
	*exec.Cmd
	stdout, stderr *os.File // the ends to read from
}

// startProcess starts a server. It need not be ready yet.
func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	return startAfter(t, ":", args...)
}

// startAfter is startProcess in a shell that has run something, such as ulimit.
func startAfter(t *testing.T, command string, args ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"-c", command + `; exec "$0" "$@"`, executable}, args...)
	p := &process{Cmd: exec.CommandContext(t.Context(), "sh", args...)}
	p.Env = append(os.Environ(), "TESTD_TEST_SERVER=yes")
	var stdout, stderr *os.File
	for _, ends := range []struct{ read, write **os.File }{{&p.stdout, &stdout}, {&p.stderr, &stderr}} {
		if *ends.read, *ends.write, err = os.Pipe(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { (*ends.read).Close() })
		defer (*ends.write).Close()
	}
	p.Stdout, p.Stderr = stdout, stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	return p
}

// ready returns the address of the ready line.
func (p *process) ready(t *testing.T) string {
	t.Helper()
	line, _ := bufio.NewReader(p.stdout).ReadString('\n')
	addr, found := strings.CutPrefix(strings.TrimSpace(line), "testd listening on ")
	if !found {
		said, _ := io.ReadAll(p.stderr)
		t.Fatalf("the ready line is %q; it said %s", line, said)
	}
	return addr
}

// terminate sends SIGTERM and expects a graceful stop.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	p.Process.Signal(syscall.SIGTERM)
	if err := p.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v; want status 0", err)
	}
}

// TestProcess_nobodyReads: a server whose log and ready line have lost their reader serves on, and stops as it
// should.
func TestProcess_nobodyReads(t *testing.T) {
	t.Run("log", func(t *testing.T) {
		p := startProcess(t, "--log-level=debug")
		addr := p.ready(t)
		p.stdout.Close()
		p.stderr.Close()
		for range 3 { // each is a line in the log
			if err := callPlain(t, addr); err != nil {
				t.Error(err)
			}
		}
		p.terminate(t)
	})
	t.Run("ready line", func(t *testing.T) {
		socket := filepath.Join(t.TempDir(), "s")
		p := startProcess(t, "--addr=unix:"+socket)
		p.stdout.Close()
		if err := awaitHealth(t, "unix:"+socket); err != nil {
			t.Error(err)
		}
		p.terminate(t)
	})
}

// TestProcess_unix goes through the life of a server that listens on a file.
func TestProcess_unix(t *testing.T) {
	folder := t.TempDir()
	socket, page := filepath.Join(folder, "socket"), filepath.Join(folder, "page")
	args := []string{"--addr=unix:" + socket, "--http-addr=unix:" + page, "--log-level=debug", "--max-connections=1"}

	p := startProcess(t, args...)
	if addr := p.ready(t); addr != "unix:"+socket {
		t.Errorf("it listens on %q; want unix:%s", addr, socket)
	}
	for _, path := range []string{socket, page} {
		if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeSocket|socketMode {
			t.Errorf("%s is %v, %v; want a socket of mode %v", path, info.Mode(), err, fs.FileMode(socketMode))
		}
	}
	if err := healthcheck(t, "unix:"+socket); err != nil {
		t.Error(err)
	}
	if err := askHTTP(t.Context(), address.Address{Network: "unix", Name: page}); err != nil {
		t.Error(err)
	}
	if err := callPlain(t, "unix:"+socket); err != nil {
		t.Error(err)
	}
	// The limit of connections holds for these too: with one open, the next is hung up on.
	var first net.Conn
	for err := error(io.EOF); err != nil; _, err = first.Read(make([]byte, 1)) { // until those of before are gone
		first = dialSocket(t, socket)
	}
	if _, err := dialSocket(t, socket).Read(make([]byte, 1)); err == nil {
		t.Error("a second connection was served; the limit is one")
	}
	first.Close()

	second := startProcess(t, args...)
	said, _ := io.ReadAll(second.stderr)
	second.Wait()
	if second.ProcessState.ExitCode() != exitMisuse || !strings.Contains(string(said), "another process listens") {
		t.Errorf("a second server ended with %v and said %q; want status 2", second.ProcessState, said)
	}

	p.Process.Kill()
	p.Wait()
	if _, err := os.Stat(socket); err != nil {
		t.Fatalf("this test wants a file that a killed server has left: %v", err)
	}
	p = startProcess(t, args...) // takes the places of the dead
	p.ready(t)
	if err := healthcheck(t, "unix:"+socket); err != nil {
		t.Errorf("in the place of a dead server: %v", err)
	}
	p.Process.Signal(syscall.SIGTERM)
	log, _ := io.ReadAll(p.stderr)
	p.Wait()
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("after the stop there are %v, %v; want nothing", entries, err)
	}
	if !strings.Contains(string(log), "unix:"+page) {
		t.Errorf("the log does not name the page:\n%s", log)
	}
}

// TestProcess_noProxy: the way to one's own machine leads through no proxy, whatever the environment has for others.
func TestProcess_noProxy(t *testing.T) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range addrs {
		network, ok := addr.(*net.IPNet)
		if !ok || network.IP.To4() == nil || network.IP.IsLoopback() { // no proxy is asked for those in any case
			continue
		}
		served := startProcess(t, "--addr="+network.IP.String()+":0").ready(t)
		t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
		t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
		check := startProcess(t, "healthcheck", "--addr="+served)
		said, _ := io.ReadAll(check.stderr)
		if err := check.Wait(); err != nil {
			t.Errorf("with a proxy in the environment: %v, %s", err, said)
		}
		return
	}
	t.Skip("this machine has no address but those of itself")
}

func dialSocket(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// callPlain makes one call over a connection of its own, without TLS.
func callPlain(t *testing.T, addr string) error {
	t.Helper()
	return callTLS(t, addr, insecure.NewCredentials())
}

// awaitHealth waits until a server that is about to listen on addr takes calls.
func awaitHealth(t *testing.T, addr string) error {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // only one that never comes takes as long
	defer cancel()
	_, err = grpc_health_v1.NewHealthClient(conn).Check(ctx, new(grpc_health_v1.HealthCheckRequest), grpc.WaitForReady(true))
	return err
}
