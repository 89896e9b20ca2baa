package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// kv runs the program with an input.
func kv(input string, args ...string) (status int, stdout, stderr string) {
	var out, err strings.Builder
	status = run(args, strings.NewReader(input), &out, &err)
	return status, out.String(), err.String()
}

// step is a run of the program and what is expected of it.
type step struct {
	args   string // separated by blanks
	input  string
	status int
	stdout string
	stderr string // is part of what is printed; empty: nothing is
}

// check runs steps, one after the other, with a flag more each.
func check(t *testing.T, flag string, steps []step) {
	t.Helper()
	for _, s := range steps {
		status, stdout, stderr := kv(s.input, append([]string{flag}, strings.Fields(s.args)...)...)
		if status != s.status || stdout != s.stdout || !strings.Contains(stderr, s.stderr) || s.stderr == "" && stderr != "" {
			t.Errorf("kv %s: status %d, printed %q and %q; want %d, %q and %q", s.args, status, stdout, stderr, s.status, s.stdout, s.stderr)
		}
	}
}

func TestCommands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "value")
	if err := os.WriteFile(file, []byte("from\x00a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, serve(t, newService()), []step{
		{args: "get k", status: 1, stderr: `kv: the key 'k' does not exist`},
		{args: "put k v1", stdout: "version 1\n"},
		{args: "get k", stdout: "v1"},
		{args: "get k --version", stdout: "1\n"},
		{args: "get k --hex", status: 2, stderr: "--hex"},
		{args: "get 6b --hex", stdout: "7631\n"},
		{args: "put k v2 --previous", stdout: "v1"},
		{args: "put new v --previous", stderr: "did not exist before"},
		{args: "put k v3 --expect 2", stdout: "version 4\n"},
		{args: "put k v4 --expect 2", status: 1, stderr: "another version"},
		{args: "put k v4 --expect 0", status: 1, stderr: "another version"},
		{args: "append k + --previous", stdout: "v3"},
		{args: "append k - --expect 5", input: "in\r\n\xff", stdout: "version 6\n"},
		{args: "get k", stdout: "v3+in\r\n\xff"},
		{args: "delete k --expect 5", status: 1, stderr: "another version"},
		{args: "delete k --previous", stdout: "v3+in\r\n\xff"},
		{args: "delete k", status: 1, stderr: "does not exist"},
		{args: "delete new"},
		{args: "put k --file " + file, stdout: "version 7\n"},
		{args: "get k", stdout: "from\x00a file\n"},
		{args: "put 00ff ff00 --hex", stdout: "version 8\n"},
		{args: "get 00FF --hex", stdout: "ff00\n"},
		{args: "put k - ", input: "", stdout: "version 9\n"},
		{args: "get k"},
		{args: "put k -- -5", stdout: "version 10\n"},
		{args: "get k", stdout: "-5"},
		{args: "put k --file -", input: "in", stdout: "version 11\n"},
		{args: "put refused v", status: 1, stderr: "kv: not this key; the write did not happen (InvalidArgument)"},
	})
}

// TestBytes: all bytes pass, in a value larger than what the pipeline takes, and are nothing but themselves.
func TestBytes(t *testing.T) {
	flag := serve(t, newService())
	value := strings.Repeat("\x00\n\r\xff 0123456789", 300_000)
	if status, _, stderr := kv(value, "put", "k", "-", flag); status != exitOK {
		t.Fatal(stderr)
	}
	if status, stdout, stderr := kv("", "get", "k", flag); status != exitOK || stdout != value {
		t.Errorf("status %d, %d bytes, %s; want the %d that were put", status, len(stdout), stderr, len(value))
	}
}

// TestBytes_arguments: keys, values and names of files are the bytes that were given, also where they are no UTF-8.
func TestBytes_arguments(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	file := filepath.Join(t.TempDir(), "\xff\xfe")
	if err := os.WriteFile(file, []byte("from the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, flag, []step{
		{args: "put \xff 1", stdout: "version 1\n"},
		{args: "put \xfe \xed\xa0\x80", stdout: "version 2\n"},
		{args: "get \xff", stdout: "1"},
		{args: "get \xfe", stdout: "\xed\xa0\x80"},
		{args: "append \xfe \xc3", stdout: "version 3\n"},
		{args: "delete \xfd", status: 1, stderr: `the key $'\xfd' does not exist`},
		{args: "scan --from \xfe --to \xff", stdout: "\xfe\t\xed\xa0\x80\xc3\n"},
		{args: "scan --keys-only \xff", stdout: "\xff\n"},
		{args: "put k --file " + file, stdout: "version 4\n"},
		{args: "get k", stdout: "from the file"},
	})
}

func TestScan(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	for _, key := range []string{"a", "ab", "b", "c"} {
		f.Set([]byte(key), []byte("v"+key))
	}
	check(t, flag, []step{
		{args: "scan", stdout: "a\tva\nab\tvab\nb\tvb\nc\tvc\n"},
		{args: "scan a", stdout: "a\tva\nab\tvab\n"},
		{args: "scan a --keys-only", stdout: "a\nab\n"},
		{args: "scan 61 --hex --limit 1", stdout: "61\t7661\n"},
		{args: "scan --from ab --to c", stdout: "ab\tvab\nb\tvb\n"},
		{args: "scan --limit 2 --from aa", stdout: "ab\tvab\nb\tvb\n"},
		{args: "scan x"},
		{args: "scan a --to b", status: 2, stderr: "--to"},
	})
	f.scanned = status.Error(codes.DataLoss, "damaged")
	check(t, flag, []step{{args: "scan b", status: 1, stdout: "b\tvb\n", stderr: "damaged (DataLoss)"}})
}

// picturedTopology is what kv topology says of servePictured.
const picturedTopology = `cluster      30313233343536373839616263646566
map version  7
placement    hash
shards       2, 1 without a leader

node  address                    replicas  leads  may stop
1     the server that was asked  1         1      no
2     127.0.0.1:1                2         0      no  no answer: nothing answers on 127.0.0.1:1 (dial tcp 127.0.0.1:1: connect: connection refused); is the server running?

shard  node 1   node 2
0      leader*  ?
1      -        ?*
`

func TestStatus(t *testing.T) {
	check(t, servePictured(t), []step{
		{args: "stat", stdout: `started          2026-11-21T10:00:00Z
version          v1.4.0
keys             42
bytes            0
sessions         0
sets             0
gets             0
appends          0
deletes          0
scans            0
longest key      1024
longest value    0
longest message  0
shard 0          leader, leader 1, term 3, applied index 99
`},
		{args: "topology", stdout: picturedTopology},
	})
}

func TestAdmin(t *testing.T) {
	f := newService()
	f.token = "secret"
	flag := serve(t, f)
	check(t, flag, []step{
		{args: "compact", status: 1, stderr: "the wrong token (Unauthenticated)"},
		{args: "shutdown --admin-token wrong", status: 1, stderr: "the wrong token (Unauthenticated)"},
		{args: "compact --admin-token secret"},
		{args: "shutdown --admin-token secret"},
	})
	t.Setenv("KV_ADMIN_TOKEN", "secret")
	check(t, flag, []step{{args: "shutdown --all"}})
	check(t, flag, []step{{args: "shutdown --all --admin-token wrong", status: 1, stderr: "the wrong token (Unauthenticated)"}})
	if want := []string{"compact", "shutdown", "shutdown all"}; !slices.Equal(f.done, want) {
		t.Errorf("calls %v; want %v", f.done, want)
	}
}

func TestServers(t *testing.T) {
	serving := serve(t, newService())
	check(t, nobody+","+strings.TrimPrefix(serving, "--servers="), []step{{args: "put k v", stdout: "version 1\n"}})
	t.Setenv("KV_SERVERS", strings.TrimPrefix(serving, "--servers="))
	check(t, "--timeout=1m", []step{{args: "get k", stdout: "v"}})
}

func TestUnreachable(t *testing.T) {
	var commands sync.WaitGroup
	for _, args := range []string{
		"put k v", "get k", "append k v", "delete k", "scan", "stat", "topology", "backup " + filepath.Join(t.TempDir(), "b"), "shutdown", "compact",
	} {
		commands.Go(func() {
			status, stdout, stderr := kv("", append(strings.Fields(args), nobody, "--timeout=1s")...)
			if status != exitUnreachable || stdout != "" || !strings.Contains(stderr, "refused") {
				t.Errorf("kv %s: status %d, printed %q and %q; want %d, and that the connection was refused", args, status, stdout, stderr, exitUnreachable)
			}
		})
	}
	commands.Wait()
}

func TestMisuse(t *testing.T) {
	for args, want := range map[string]string{
		"":                          "expected one of",
		"frobnicate":                "frobnicate",
		"put k":                     "one value is needed",
		"put k v --file f":          "one value is needed",
		"put k --file /nonexistent": "/nonexistent",
		"put k v --expect -1":       "--expect",
		"put 0 00 --hex":            "hexadecimal",
		"get k --servers x:y":       "--servers",
		"get k --timeout 0s":        "--timeout is 0s; it must be above 0",
		"get k --tls-ca /none":      "--tls-ca",
	} {
		status, stdout, stderr := kv("", strings.Fields(args)...)
		if status != exitMisuse || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("kv %s: status %d, printed %q and %q; want %d and one line with %q", args, status, stdout, stderr, exitMisuse, want)
		}
	}
	if status, stdout, _ := kv("", "--help"); status != exitOK || !strings.Contains(stdout, "Status 0") {
		t.Errorf("--help: status %d, printed %q", status, stdout)
	}
	if status, stdout, _ := kv("", "--version"); status != exitOK || !strings.HasPrefix(stdout, "kv ") || !strings.Contains(stdout, "raftkv.v1") {
		t.Errorf("--version: status %d, printed %q", status, stdout)
	}
	if status, stdout, _ := kv("", "pipe", "--help"); status != exitOK || !strings.Contains(stdout, "SCAN END") {
		t.Errorf("pipe --help: status %d, printed %q", status, stdout)
	}
}

// full is an output that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestFullDisk: an output that could not be written is no success.
func TestFullDisk(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	f.Set([]byte("k"), []byte("v"))
	for _, command := range []string{"get", "scan", "put", "pipe", "stat", "topology"} {
		var stderr strings.Builder
		args := []string{flag, command}
		if command == "get" || command == "put" {
			args = append(args, "k")
		}
		if command == "put" {
			args = append(args, "v")
		}
		if status := run(args, strings.NewReader("GET k\n"), full{}, &stderr); status != exitFailed || !strings.Contains(stderr.String(), "no space left") {
			t.Errorf("kv %s: status %d, printed %q; want %d, and that there is no space", command, status, &stderr, exitFailed)
		}
	}
}
