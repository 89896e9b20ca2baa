package compat

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/compat/internal/process"
	"numstore.example/contracts/raftkvpb"
)

// startAfter starts raftkv in a shell that has run a command, such as ulimit.
func startAfter(t *testing.T, command string, flags ...string) *process.Server {
	t.Helper()
	args := []string{"-c", command + `; exec "$0" "$@"`, build(t, "./services/raftkv"),
		"--addr=localhost:0", "--data-dir=" + filepath.Join(t.TempDir(), "data"), "--log-level=warn"}
	server, err := process.Start(context.Background(), "sh", append(args, flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// floodIdly opens so many connections that say nothing, as far as the server lets it.
func floodIdly(t *testing.T, addr string, n int) (open []net.Conn) {
	t.Helper()
	for range n {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	return open
}

// TestRaftkv_descriptors: connections cannot take the descriptors that the store needs for its files. A process that
// may have 256 open says so, writes and reads on while 400 idle connections knock, to calls and to operators, and
// lets others in again when these have gone.
func TestRaftkv_descriptors(t *testing.T) {
	operators := freeAddress(t)
	server := startAfter(t, "ulimit -n 256", "--http-addr="+operators)
	client := dialRaftkv(t, server.Port)
	value := bytes.Repeat([]byte("x"), mebibyte)
	if _, err := sendSingly(t.Context(), client, put("0", value)); err != nil { // and this client is in
		t.Fatal(err)
	}
	flood := append(floodIdly(t, "localhost:"+server.Port, 400), floodIdly(t, operators, 400)...)
	if err := writeAndRead(t.Context(), client, value); err != nil {
		t.Errorf("beside 800 idle connections: %v", err)
	}
	if n := openFiles(t, server.PID()); n > 256 {
		t.Errorf("%d files are open", n)
	}
	for _, conn := range flood {
		conn.Close()
	}
	another := dialRaftkv(t, server.Port)
	if err := attempts(func() error { return writeAndRead(t.Context(), another, value) }); err != nil {
		t.Errorf("when they have gone, another client: %v", err)
	}
	if err := attempts(func() error { return healthz(operators) }); err != nil {
		t.Errorf("when they have gone: %v", err)
	}
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if log := server.Log(); !strings.Contains(log, "limit=256 connections=56 max-connections=10000") || strings.Contains(log, "ERROR") {
		t.Errorf("it has logged:\n%s", log)
	}
}

// TestRaftkv_descriptors_control takes the reserve away, by a limit that is lowered when the server has shared out a
// greater one: the test above would see that connections spoil the store.
func TestRaftkv_descriptors_control(t *testing.T) {
	prlimit, err := exec.LookPath("prlimit")
	if err != nil {
		lacking(t, "prlimit", err)
	}
	server := startAfter(t, "ulimit -n 1024")
	defer server.Kill()
	client := dialRaftkv(t, server.Port)
	value := bytes.Repeat([]byte("x"), mebibyte)
	if _, err := sendSingly(t.Context(), client, put("0", value)); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command(prlimit, "--pid", fmt.Sprint(server.PID()), "--nofile=256:256").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	floodIdly(t, "localhost:"+server.Port, 400)
	if err := writeAndRead(t.Context(), client, value); status.Code(err) != codes.Unavailable {
		t.Errorf("without a reserve: %v; want UNAVAILABLE", err)
	}
}

// attempts repeats a call, for as long as the server may take to see that connections have gone.
func attempts(call func() error) (err error) {
	for range 1000 {
		if err = call(); err == nil {
			return nil
		}
	}
	return err
}

// writeAndRead writes more than the store keeps in memory, and reads it.
func writeAndRead(ctx context.Context, client raftkvpb.RaftKVClient, value []byte) error {
	for i := range 200 {
		if _, err := sendSingly(ctx, client, put(fmt.Sprint(i%10), value)); err != nil {
			return fmt.Errorf("put %d: %w", i, err)
		}
	}
	for i := range 10 {
		if _, err := sendSingly(ctx, client, get(fmt.Sprint(i))); err != nil {
			return fmt.Errorf("get %d: %w", i, err)
		}
	}
	return nil
}

func openFiles(t *testing.T, pid int) int {
	t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		lacking(t, "list of open files in /proc", err)
	}
	return len(files)
}

func healthz(addr string) error {
	response, err := http.Get("http://" + addr + "/healthz")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("/healthz is %s %s", response.Status, body)
	}
	return err
}
