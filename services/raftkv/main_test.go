package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// TestMain is the server itself when a test has started it with this variable.
func TestMain(m *testing.M) {
	if os.Getenv("RAFTKV_TEST_SERVER") != "" {
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
	command.Env = append(os.Environ(), "RAFTKV_TEST_SERVER=yes")
	command.Dir = t.TempDir()
	return command
}

// expectRefusal runs a server that must not start: it ends with a status, having said one line.
func expectRefusal(t *testing.T, command *exec.Cmd, want int, says ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Start()
	if err != nil {
		t.Fatal(err)
	}
	serves := time.AfterFunc(20*time.Second, func() { command.Process.Kill() })
	err = command.Wait()
	serves.Stop()
	said := stderr.String()
	if got := command.ProcessState.ExitCode(); got != want || stdout.Len() > 0 {
		t.Errorf("%v: status %d (%v), printed %q; want %d", command.Args[1:], got, err, stdout.String(), want)
	}
	if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "raftkv: ") {
		t.Errorf("%v: said %.1000q; want one line", command.Args[1:], said)
	}
	for _, part := range says {
		if !strings.Contains(said, part) {
			t.Errorf("%v: %.1000q does not say %q", command.Args[1:], said, part)
		}
	}
}

func TestMisuse(t *testing.T) {
	for args, says := range map[string]string{
		"--data-dir=":                            "--data-dir: it is empty",
		"--durability=never":                     "--durability",
		"--sync-interval=0s":                     "--sync-interval is 0s; it must be more than 0",
		"--max-key=0":                            "--max-key is 0; it must be 1 to 1048576 bytes",
		"--max-key=1048577":                      "--max-key is 1048577",
		"--max-value=-1":                         "--max-value is -1; it must be 0 to 536870912 bytes",
		"--max-value=1073741825":                 "--max-value is 1073741825",
		"--max-message=1000":                     "--max-message is 1000; it must be at least",
		"--session-ttl=1ms":                      "--session-ttl is 1ms; it must be at least 1s",
		"--admin-mtls":                           "--admin-mtls needs --tls-client-ca",
		"--admin-token=s\x01cret":                "--admin-token: byte 2 of the token is 0x01",
		"--admin-token=s\xffcret":                "--admin-token: byte 2 of the token is 0xff",
		"--admin-token-file=/no/file":            "--admin-token-file: open /no/file",
		"--frob":                                 "--frob",
		"frob":                                   "frob",
		"--workers=0":                            "--workers is 0",
		"--admin-mtls --addr=:0":                 "--admin-mtls needs --tls-client-ca",
		"--addr=nonsense":                        "nonsense",
		"--max-key=many":                         "many",
		"--restore":                              "--restore",
		"healthcheck --addr=127.0.0.1:1 --frob=": "--frob",
	} {
		command := program(t, strings.Fields(args)...)
		expectRefusal(t, command, 2, says)
		if entries, err := os.ReadDir(command.Dir); err != nil || len(entries) > 0 {
			t.Errorf("%s has left %v behind, %v", args, entries, err)
		}
	}
}

// running is a server that runs.
type running struct {
	raftkvpb.RaftKVClient
	command *exec.Cmd
	conn    *grpc.ClientConn
	stderr  *bytes.Buffer // to be read when it has ended
}

func startServer(t *testing.T, args ...string) *running {
	t.Helper()
	return startServerFrom(t, nil, args...)
}

// startServerFrom starts a server with something on its standard input.
func startServerFrom(t *testing.T, stdin io.Reader, args ...string) *running {
	t.Helper()
	s := &running{command: program(t, args...), stderr: new(bytes.Buffer)}
	s.command.Stdin = stdin
	s.command.Stderr = s.stderr
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	_, addr, ok := strings.Cut(strings.TrimSpace(line), " listening on ")
	if !ok {
		s.command.Process.Kill()
		s.command.Wait()
		t.Fatalf("%v did not start:\n%s", args, s.stderr)
	}
	t.Cleanup(func() { s.command.Process.Kill() })
	if s.conn, err = grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	s.RaftKVClient = raftkvpb.NewRaftKVClient(s.conn)
	return s
}

// stop sends SIGTERM and expects status 0.
func (s *running) stop(t *testing.T) {
	t.Helper()
	s.command.Process.Signal(syscall.SIGTERM)
	if err := s.command.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, s.stderr)
	}
}

func (s *running) put(t *testing.T, key string) {
	t.Helper()
	if _, err := s.Put(t.Context(), &raftkvpb.PutRequest{Key: []byte(key)}); err != nil {
		t.Fatal(err)
	}
}

// TestShutdown: the administrative call ends the process as SIGTERM does, with any of its tokens, which may come
// with the end of a line, and which are good where clients need a token.
func TestShutdown(t *testing.T) {
	write := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	clients := write("clients", "client\n")
	for _, args := range [][]string{
		{"--admin-token=secret\n"},
		{"--admin-token-file=" + write("admins", "another\nsecret\r\n")},
		{"--admin-token=another", "--admin-token-file=" + write("admins", "secret\n"), "--client-token-file=" + clients},
	} {
		server := startServer(t, args...)
		admin := raftkvpb.NewRaftKVAdminClient(server.conn)
		for _, wrong := range []string{"client", "secret "} {
			if _, err := admin.Shutdown(withToken(t, wrong), &raftkvpb.ShutdownRequest{}); status.Code(err) != codes.Unauthenticated {
				t.Errorf("%q: a shutdown with the token %q: %v; want UNAUTHENTICATED", args, wrong, err)
			}
		}
		if _, err := server.Get(withToken(t, "secret"), &raftkvpb.GetRequest{Key: []byte("A")}); err != nil {
			t.Errorf("%q: a get with the token of the operator: %v", args, err)
		}
		if _, err := admin.Shutdown(withToken(t, "secret"), &raftkvpb.ShutdownRequest{}); err != nil {
			t.Fatal(err)
		}
		if err := server.command.Wait(); err != nil {
			t.Errorf("%q: it ended with %v\n%s", args, err, server.stderr)
		}
	}
}

func withToken(t *testing.T, token string) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

// TestStop_underLoad: SIGTERM ends a server that is busy, with status 0, and calls get an answer or UNAVAILABLE.
func TestStop_underLoad(t *testing.T) {
	server := startServer(t, "--data-dir="+t.TempDir()+"/data", "--log-level=error", "--stop-timeout=20s")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // only a server that hangs takes as long
	defer cancel()
	var clients sync.WaitGroup
	begun := make(chan struct{}, 1000)
	for i := range 8 {
		clients.Go(func() {
			for {
				_, err := server.Put(ctx, &raftkvpb.PutRequest{Key: fmt.Append(nil, i), Value: make([]byte, 4096)})
				if err != nil {
					if status.Code(err) != codes.Unavailable {
						t.Errorf("a put: %v; want UNAVAILABLE", err)
					}
					return
				}
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	stream, err := server.Pipeline(ctx) // and one that is open and has nothing to do
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		<-begun
	}
	server.stop(t)
	clients.Wait()
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the open pipeline: %v; want UNAVAILABLE", err)
	}
	if server.stderr.Len() > 0 {
		t.Errorf("it said %s", server.stderr)
	}
}
