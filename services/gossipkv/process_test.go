package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/internal/logtest"
)

// TestMain is the server itself when a test has started it with this variable.
func TestMain(m *testing.M) {
	if os.Getenv("GOSSIPKV_TEST_SERVER") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program returns a command that is the server.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), executable, append([]string{"--addr=127.0.0.1:0"}, args...)...)
	command.Env = append(os.Environ(), "GOSSIPKV_TEST_SERVER=yes")
	command.Dir = t.TempDir()
	return command
}

// expectRefusal runs a server that must not start: it ends with a status, having said one line that has some texts.
func expectRefusal(t *testing.T, command *exec.Cmd, want int, says ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	serves := time.AfterFunc(20*time.Second, func() { command.Process.Kill() })
	command.Wait()
	serves.Stop()
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	last := lines[len(lines)-1]
	if got := command.ProcessState.ExitCode(); got != want || stdout.Len() > 0 || !strings.HasPrefix(last, "gossipkv: ") {
		t.Errorf("%q: status %d, printed %q and %q; want status %d and a line on standard error", command.Args[2:], got, stdout.String(), stderr.String(), want)
	}
	for _, text := range says {
		if !strings.Contains(last, text) {
			t.Errorf("%q: %q does not say %q", command.Args[2:], last, text)
		}
	}
}

// running is a server process, and a client of it.
type running struct {
	gossipkvpb.GossipKVClient
	admin   gossipkvpb.GossipKVAdminClient
	conn    *grpc.ClientConn
	command *exec.Cmd
	addr    string
	log     *logtest.Buffer
}

// startServer starts a server on a folder of its own, unless the arguments name one, and waits until it is ready.
func startServer(t *testing.T, args ...string) *running {
	t.Helper()
	s := &running{command: program(t, args...), log: new(logtest.Buffer)}
	s.command.Stderr = s.log
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	_, addr, ok := strings.Cut(strings.TrimSpace(line), "gossipkv listening on ")
	if !ok {
		s.command.Process.Kill()
		s.command.Wait()
		t.Fatalf("%v did not start:\n%s", args, s.log)
	}
	go io.Copy(io.Discard, stdout)
	t.Cleanup(func() { s.command.Process.Kill() })
	if s.conn, err = grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	s.addr, s.GossipKVClient, s.admin = addr, gossipkvpb.NewGossipKVClient(s.conn), gossipkvpb.NewGossipKVAdminClient(s.conn)
	return s
}

// stop sends SIGTERM, and expects status 0, and that nothing had to be cut off.
func (s *running) stop(t *testing.T) {
	t.Helper()
	s.command.Process.Signal(syscall.SIGTERM)
	if err := s.command.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, s.log)
	}
	if strings.Contains(s.log.String(), "with calls in flight") {
		t.Errorf("it did not end its streams:\n%s", s.log)
	}
}

// kill ends the process as a crash does.
func (s *running) kill() {
	s.command.Process.Kill()
	s.command.Wait()
}

func (s *running) put(t *testing.T, key, value string) *gossipkvpb.Version {
	t.Helper()
	response, err := s.Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte(key), Value: []byte(value)})
	if err != nil {
		t.Fatal(err)
	}
	return response.GetVersion()
}

// await asks for the status until it is as it should be.
func (s *running) await(t *testing.T, what string, good func(*gossipkvpb.StatusResponse) bool) *gossipkvpb.StatusResponse {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		status, err := s.Status(t.Context(), &gossipkvpb.StatusRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if good(status) {
			return status
		}
		if time.Now().After(deadline) {
			t.Fatalf("there was never %s: {%v}\n%s", what, status, s.log)
		}
	}
}

// awaitLinks waits until links to so many servers are up.
func (s *running) awaitLinks(t *testing.T, want int) *gossipkvpb.StatusResponse {
	t.Helper()
	return s.await(t, "enough links", func(status *gossipkvpb.StatusResponse) bool {
		up := 0
		for _, link := range status.GetLinks() {
			if link.GetUp() {
				up++
			}
		}
		return up == want
	})
}

// awaitValue waits until a server has a value.
func (s *running) awaitValue(t *testing.T, key, value string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		got, err := s.Get(t.Context(), &gossipkvpb.GetRequest{Key: []byte(key)})
		if err != nil {
			t.Fatal(err)
		}
		if got.GetOutcome() == gossipkvpb.Outcome_OUTCOME_VALUE && string(got.GetValue()) == value {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is {%v}; want %s\n%s", key, got, value, s.log)
		}
	}
}

func withToken(t *testing.T, token string) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

// write writes a file that nobody else can read, and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
