package compat

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"numstore.example/compat/internal/process"
)

// gossipkvServers are servers of gossipkv as an operator has them, in a chain that kv connect makes, and kv with a session in a file.
type gossipkvServers struct {
	token, session string
	servers        []*process.Server
}

func startGossipkvServers(t *testing.T, n int) *gossipkvServers {
	t.Helper()
	folder := t.TempDir()
	s := &gossipkvServers{token: filepath.Join(folder, "token"), session: filepath.Join(folder, "session")}
	if err := os.WriteFile(s.token, []byte("a token of the test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for id := 1; id <= n; id++ {
		server, err := process.Start(context.Background(), build(t, "./services/gossipkv"), fmt.Sprint("--id=", id), "--addr=localhost:0",
			"--data-dir="+filepath.Join(folder, fmt.Sprint(id)), "--admin-token-file="+s.token)
		if err != nil {
			t.Fatal(err)
		}
		s.servers = append(s.servers, server)
		t.Cleanup(func() {
			server.Kill() // an error says that it has ended
			if t.Failed() {
				t.Logf("the log of server %d:\n%s", id, server.Log())
			}
		})
	}
	for id := 1; id < n; id++ {
		s.must(t, id, "connect", s.address(id+1))
	}
	return s
}

func (s *gossipkvServers) address(id int) string { return "localhost:" + s.servers[id-1].Port }

// kv runs kv on a server.
func (s *gossipkvServers) kv(t *testing.T, id int, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), build(t, "./tools/kv"), append([]string{
		"--service=gossipkv", "--servers=" + s.address(id), "--session=" + s.session, "--admin-token-file=" + s.token}, args...)...)
	var out, err strings.Builder
	command.Stdout, command.Stderr = &out, &err
	if err := command.Run(); command.ProcessState == nil {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), out.String(), err.String()
}

// must runs kv on a server, which must do what it is to.
func (s *gossipkvServers) must(t *testing.T, id int, args ...string) (stdout string) {
	t.Helper()
	status, stdout, stderr := s.kv(t, id, args...)
	if status != 0 {
		t.Fatalf("kv %s on server %d: status %d, %s", strings.Join(args, " "), id, status, stderr)
	}
	return stdout
}

// awaitValue waits until a server has what the session has seen of a key.
func (s *gossipkvServers) awaitValue(t *testing.T, id int, key, want string) {
	t.Helper()
	if err := eventually(t, func(context.Context) error {
		status, stdout, stderr := s.kv(t, id, "get", key)
		if status == 4 {
			return fmt.Errorf("server %d: %s", id, stderr)
		}
		if status != 0 || stdout != want {
			t.Fatalf("kv get %s on server %d: status %d, printed %q and %q; want %q", key, id, status, stdout, stderr, want)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestGossipkv_kv: what an operator does with kv: a chain of servers, a cut in it, and a session that moves along.
func TestGossipkv_kv(t *testing.T) {
	s := startGossipkvServers(t, 3)
	s.must(t, 1, "put", "color", "green")
	s.awaitValue(t, 3, "color", "green")

	s.must(t, 2, "disconnect", "3")
	s.must(t, 1, "put", "color", "red")
	s.awaitValue(t, 2, "color", "red")
	if status, _, stderr := s.kv(t, 3, "get", "color"); status != 4 || !strings.Contains(stderr, "dependency not met: the server "+s.address(3)+" ") {
		t.Errorf("server 3 is cut off: status %d, printed %q; want 4, and which server does not have it", status, stderr)
	}
	s.must(t, 3, "put", "color", "blue") // wins, though server 3 knows nothing of red
	if table := s.must(t, 1, "stat"); !strings.Contains(table, "\n2          "+s.address(2)+"  up  ") {
		t.Errorf("kv stat does not show the link to server 2:\n%s", table)
	}

	s.must(t, 3, "connect", s.address(2))
	for id := 1; id <= 3; id++ {
		s.awaitValue(t, id, "color", "blue")
	}
	table := s.must(t, 1, "stat", "--all")
	for id := 1; id <= 3; id++ {
		if !strings.Contains(table, fmt.Sprintf("\n%d       ", id)) || strings.Contains(table, "no answer") {
			t.Errorf("kv stat --all does not show server %d:\n%s", id, table)
		}
	}

	s.must(t, 3, "delete", "color")
	if err := eventually(t, func(context.Context) error {
		if status, stdout, _ := s.kv(t, 1, "get", "color"); status != 1 {
			return fmt.Errorf("a key that was deleted: status %d, %q", status, stdout)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	s.must(t, 1, "shutdown", "--all")
	for id, server := range s.servers {
		if err := server.AwaitEnd(); err != nil {
			t.Errorf("server %d: %v", id+1, err)
		}
	}
}
