package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"numstore.example/contracts/gossipkv/inprocess"
)

// likely replaces what is another one in each run: incarnations, and ports.
var likely = regexp.MustCompile(`#[0-9a-f]{16}|"incarnation":\d+|127\.0\.0\.1:\d+`)

// checkLikely is check, but for what is another one in each run, which is … instead.
func checkLikely(t *testing.T, flags string, steps []step) {
	t.Helper()
	plain := func(text string) string { return likely.ReplaceAllString(text, "…") }
	for _, s := range steps {
		status, stdout, stderr := kv(s.input, append(strings.Fields(flags), strings.Fields(s.args)...)...)
		stdout, stderr = plain(stdout), plain(stderr)
		if status != s.status || stdout != s.stdout || !strings.Contains(stderr, s.stderr) || s.stderr == "" && stderr != "" {
			t.Errorf("kv %s: status %d, printed %q and %q; want %d, %q and %q", s.args, status, stdout, stderr, s.status, s.stdout, s.stderr)
		}
	}
}

func TestGossipkv_commands(t *testing.T) {
	s := startSystem(t, 1)
	checkLikely(t, s.flag(1), []step{
		{args: "get k", status: 1, stderr: "kv: the key 'k' does not exist\n"},
		{args: "put k v1", stdout: "version 1@1…\n"},
		{args: "get k", stdout: "v1"},
		{args: "get k --version", stdout: "1@1…\n"},
		{args: "put k - ", input: "in\r\n\xff", stdout: "version 2@1…\n"},
		{args: "get k", stdout: "in\r\n\xff"},
		{args: "put 00ff ff00 --hex", stdout: "version 3@1…\n"},
		{args: "get 00FF --hex", stdout: "ff00\n"},
		{args: "put empty -", stdout: "version 4@1…\n"},
		{args: "get empty"},
		{args: "scan --hex", stdout: "00ff\tff00\n656d707479\t\n6b\t696e0d0aff\n"},
		{args: "scan e", stdout: "empty\t\n"},
		{args: "scan --after empty --keys-only", stdout: "k\n"},
		{args: "scan --limit 1 --hex", stdout: "00ff\tff00\n"},
		{args: "scan x"},
		{args: "count", stdout: "3\n"},
		{args: "count e", stdout: "1\n"},
		{args: "delete k"},
		{args: "delete k"},
		{args: "get k", status: 1, stderr: "does not exist"},
		{args: "import", input: `{"key":"a1","value":"1"}` + "\n" + `{"key":"a1","value":"2"}` + "\n" + `{"key":"a2","value":"3"}` + "\n", stdout: "imported 3, failed 0\n"},
		{args: "scan a", stdout: "a1\t2\na2\t3\n"},
		{args: "delete --prefix a --yes", stdout: "removed 2\n"},
		{args: "count a", stdout: "0\n"},
		{args: "put " + strings.Repeat("k", 1025) + " v", status: 1, stderr: "the longest has 1024 (InvalidArgument); the write did not happen"},
	})
}

func TestGossipkv_json(t *testing.T) {
	s := startSystem(t, 1)
	const version = `"version":{"time":%d,"server":1,…}}` + "\n"
	checkLikely(t, s.flag(1)+" --output=json", []step{
		{args: "put k v", stdout: `{"key":"k",` + fmt.Sprintf(version, 1)},
		{args: "get k", stdout: `{"key":"k","value":"v",` + fmt.Sprintf(version, 1)},
		{args: "scan", stdout: `{"key":"k","value":"v",` + fmt.Sprintf(version, 1)},
		{args: "delete k", stdout: `{"key":"k",` + fmt.Sprintf(version, 2)},
		{args: "get k", status: 1, stderr: `{"error":"the key 'k' does not exist","status":1,"missing":true}` + "\n"},
	})
}

// TestGossipkv_copies: what kv scan prints of one service, kv import takes into the other.
func TestGossipkv_copies(t *testing.T) {
	s, raftkv := startSystem(t, 1), serve(t, newService())
	check(t, raftkv, []step{{args: "put k \xff --service=raftkv", stdout: "version 1\n"}})
	_, pairs, _ := kv("", "scan", "--output=json", "--service=raftkv", raftkv)
	check(t, s.flag(1), []step{{args: "import", input: pairs, stdout: "imported 1, failed 0\n"}, {args: "get k", stdout: "\xff"}})
	_, pairs, _ = kv("", "scan", "--output=json", s.flag(1))
	check(t, raftkv, []step{{args: "import --service=raftkv", input: pairs, stdout: "imported 1, failed 0\n"}, {args: "get k --service=raftkv", stdout: "\xff"}})
}

// TestGossipkv_sessions: a session that goes on in a file reads nothing older than what it has seen, at whichever server, and its
// second write wins over its first.
func TestGossipkv_sessions(t *testing.T) {
	s := startSystem(t, 2)
	s.Connect(1, 2)
	s.Cut(1, 2)
	session := " --session=" + filepath.Join(t.TempDir(), "session")
	const unmet = `dependency not met: the server … does not have yet what the session has seen of the key 'x', version 2@1…; ask again later, or another server (--servers)`
	checkLikely(t, s.flag(1), []step{{args: "put x 1", stdout: "version 1@1…\n"}, {args: "put x 2" + session, stdout: "version 2@1…\n"}})
	checkLikely(t, s.flag(2), []step{
		{args: "put y 3", stdout: "version 1@2…\n"},
		{args: "get x", status: 1, stderr: "does not exist"}, // without the session
		{args: "get x" + session, status: 4, stderr: "kv: " + unmet + "\n"},
		{args: "get x --output=json" + session, status: 4, stderr: `{"error":"` + unmet + `","status":4,"unmet":true}` + "\n"},
		{args: "scan" + session, status: 4, stdout: "y\t3\n", stderr: unmet},
		{args: "scan y" + session, stdout: "y\t3\n"},
		{args: "count" + session, status: 4, stderr: unmet},
		{args: "put x 4" + session, stdout: "version 3@2…\n"}, // though server 2 has seen 1 alone
		{args: "get x" + session, stdout: "4"},
	})
	checkLikely(t, s.flag(1), []step{{args: "get x" + session, status: 4, stderr: "version 3@2…"}, {args: "get x", stdout: "2"}})
	s.Heal(1, 2)
	checkLikely(t, s.flag(1), []step{{args: "get x" + session, stdout: "4"}, {args: "delete x" + session}, {args: "get x" + session, status: 1, stderr: "does not exist"}})
}

// TestGossipkv_lacking: of many keys that are missed, the first is named.
func TestGossipkv_lacking(t *testing.T) {
	s := startSystem(t, 2)
	session := " --session=" + filepath.Join(t.TempDir(), "session")
	checkLikely(t, s.flag(1), []step{{args: "put b 1" + session, stdout: "version 1@1…\n"}, {args: "put a 1" + session, stdout: "version 2@1…\n"}})
	checkLikely(t, s.flag(2), []step{{args: "scan" + session, status: 4, stderr: "kv: 2 keys are left out, the first: dependency not met: the server … does not have yet what the session has seen of the key 'a'"}})
}

// TestGossipkv_servers: the first server that answers is asked, but administrative calls are for the first alone.
func TestGossipkv_servers(t *testing.T) {
	s := startSystem(t, 2)
	s.Connect(1, 2)
	away := unused(t)
	checkLikely(t, "--servers="+away+","+s.addresses[1]+","+s.addresses[0], []step{
		{args: "put k v", stdout: "version 1@2…\n"},
		{args: "get k --timeout=1s", stdout: "v"},
		{args: "connect " + s.addresses[0], status: 3, stderr: "nothing answers on …"},
	})
	checkLikely(t, "--addr="+s.addresses[0], []step{{args: "get k", stdout: "v"}})
	checkLikely(t, "--server="+s.addresses[0], []step{{args: "get k", stdout: "v"}})
	checkLikely(t, "--servers="+away+","+away, []step{{args: "get k", status: 3, stderr: "kv: nothing answers on … (dial tcp …: connect: connection refused); is the server running?; nothing answers on …"}})
	if status, _, stderr := kv("", "get", "k"); status != exitOK && !strings.Contains(stderr, "localhost:8000") {
		t.Errorf("with no --servers: status %d, printed %q; want the standard port", status, stderr)
	}
}

func TestGossipkv_unreachable(t *testing.T) {
	t.Setenv("KV_SERVICE", "gossipkv")
	for _, args := range []string{
		"put k v", "get k", "delete k", "scan", "count", "stat", "stat --all", "shell", "import", "connect a:1", "disconnect 2", "forget 2", "shutdown", "shutdown --all",
	} {
		status, stdout, stderr := kv("", append(strings.Fields(args), nobody)...)
		if status != exitUnreachable || strings.HasPrefix(stdout, "imported") || !strings.Contains(stderr, "refused") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("kv %s: status %d, printed %q and %q; want %d, and that the connection was refused", args, status, stdout, stderr, exitUnreachable)
		}
	}
}

// TestGossipkv_fate: an error says whether the write may have happened.
func TestGossipkv_fate(t *testing.T) {
	s := startSystem(t, 1)
	s.servers[0].Faults = func(method string) inprocess.Fault {
		switch method {
		case "Put":
			return inprocess.Drop
		case "Delete":
			return inprocess.Swallow
		}
		return inprocess.None
	}
	checkLikely(t, s.flag(1)+" --timeout=500ms", []step{
		{args: "put k v", status: 3, stderr: "the write may have happened, and the session does not know of it"},
		{args: "get k", stdout: "v"},
		{args: "delete k", status: 3, stderr: "the write may have happened, and the session does not know of it"},
		{args: "get k", status: 1, stderr: "does not exist"},
	})
}

// TestLacks: a verb or a flag that the service has not is refused in a line that says which service has it; nothing is sent.
func TestLacks(t *testing.T) {
	for args, want := range map[string]string{
		"append k v --service=gossipkv":                    "append is a verb for raftkv alone, and --service is gossipkv",
		"batch --service=gossipkv":                         "batch is a verb for raftkv alone",
		"member list --service=gossipkv":                   "member is a verb for raftkv alone",
		"pipe --service=gossipkv":                          "pipe is a verb for raftkv alone",
		"--service=gossipkv backup f":                      "backup is a verb for raftkv alone",
		"put k v --expect-version 3 --service gossipkv":    "--expect-version is a flag for raftkv alone",
		"delete k --previous --service gossipkv":           "--previous is a flag for raftkv alone",
		"scan --from a --service gossipkv":                 "--from is a flag for raftkv alone",
		"connect a:1":                                      "connect is a verb for gossipkv alone, and --service is raftkv",
		"forget 1":                                         "forget is a verb for gossipkv alone",
		"get k --session f":                                "--session is a flag for gossipkv alone",
		"scan --after k":                                   "--after is a flag for gossipkv alone",
		"get k --service=numstore":                         `--service must be one of "raftkv","gossipkv"`,
		"forget x --service=gossipkv":                      `"x" is no server; it must be a number from 1 to 4294967295`,
		"forget 0 --service=gossipkv":                      `"0" is no server`,
		"disconnect 4294967296 --service=gossipkv":         `"4294967296" is no server; it must be a number from 1 to 4294967295, as kv stat shows it; or a host:port`,
		"scan --after 0 --hex --service=gossipkv":          "--hex",
		"shell --output=json --service=gossipkv":           "kv shell has a form of its own",
		"get k --servers=a:b --service=gossipkv":           "--servers",
		"get k --servers= --service=gossipkv":              "--servers is empty",
		"delete --prefix= --service=gossipkv":              "--prefix is empty",
		"delete --prefix a --service=gossipkv":             "say so with --yes",
		"put k --service=gossipkv":                         "one value is needed",
		"put k v --timeout=-1s --service=gossipkv":         "--timeout is -1s",
		"put k v --tls-ca=/none --service=gossipkv":        "--tls-ca",
		"connect --service=gossipkv":                       "expected",
		"shutdown --admin-token-file=/n --service=raftkv ": "--admin-token-file",
	} {
		status, stdout, stderr := kv("", append(strings.Fields(args), nobodyUnless(args)...)...)
		if status != exitMisuse || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("kv %s: status %d, printed %q and %q; want %d and one line with %q", args, status, stdout, stderr, exitMisuse, want)
		}
	}
	t.Setenv("KV_SESSION", "/none") // is for the other service
	check(t, serve(t, newService()), []step{{args: "put k v", stdout: "version 1\n"}})
}

func nobodyUnless(args string) []string {
	if strings.Contains(args, "--servers") {
		return nil
	}
	return []string{nobody}
}

// TestHelp_services: help shows of each verb and flag for which service it is.
func TestHelp_services(t *testing.T) {
	_, help, _ := kv("", "--help")
	for _, part := range [][2]string{{"\nCommands:\n", "  put <key>"}, {"\nFor raftkv alone:\n", "  append <key>"}, {"\nFor gossipkv alone:\n  connect", "  forget <server>"}} {
		if _, behind, found := strings.Cut(help, part[0]); !found || !strings.Contains(behind, part[1]) {
			t.Errorf("kv --help does not show %q below %q", part[1], part[0])
		}
	}
	for args, want := range map[string]string{"append": "raftkv", "member add": "raftkv", "pipe": "raftkv", "forget": "gossipkv"} {
		if _, help, _ := kv("", append(strings.Fields(args), "--help")...); !strings.Contains(help, "\nIt is a verb for "+want+" alone.\n") {
			t.Errorf("kv %s --help does not say that it is for %s alone:\n%s", args, want, help)
		}
	}
	_, help, _ = kv("", "put", "--help")
	_, below, _ := strings.Cut(help, "For raftkv alone:\n")
	if below, _, _ = strings.Cut(below, "\nFor "); !strings.Contains(below, "  --expect-version") || !strings.Contains(below, "  --ring") {
		t.Errorf("kv put --help does not say for which service --expect-version and --ring are:\n%s", help)
	}
	if _, script, _ := kv("", "completion", "bash", "--service=gossipkv"); !strings.Contains(script, "connect disconnect forget") || !strings.Contains(script, `"raftkv gossipkv"`) {
		t.Error("the completion for bash does not have all verbs, or the names of the services")
	}
}

// TestGossipkv_tokens: administrative calls carry the administrative token, the others the ordinary one.
func TestGossipkv_tokens(t *testing.T) {
	var seen headers
	s := startSystem(t, 2, grpc.UnaryInterceptor(seen.unary))
	ordinary, admin := filepath.Join(t.TempDir(), "o"), filepath.Join(t.TempDir(), "a")
	writeFile(t, ordinary, "ordinary\n")
	writeFile(t, admin, "secret\n")
	flags := s.flag(1) + " --client-token-file=" + ordinary + " --admin-token-file=" + admin
	for _, call := range [][2]string{
		{"put k v", "Bearer ordinary"}, {"stat", "Bearer ordinary"}, {"stat --all", "Bearer ordinary"},
		{"connect " + s.addresses[1], "Bearer secret"}, {"disconnect 2", "Bearer secret"}, {"forget 2", "Bearer secret"},
	} {
		args, want := call[0], call[1]
		seen.got = nil
		status, _, stderr := kv("", append(strings.Fields(flags), strings.Fields(args)...)...)
		if status != exitOK || len(seen.got) == 0 || seen.got[0] != want {
			t.Errorf("kv %s: status %d, printed %q; the server got the tokens %q, want %q", args, status, stderr, seen.got, want)
		}
	}
}

func TestGossipkv_admin(t *testing.T) {
	s := startSystem(t, 3)
	checkLikely(t, s.flag(1), []step{
		{args: "connect " + s.addresses[1], stdout: "linked to server 2\n"},
		{args: "connect " + s.addresses[2] + " --output=json", stdout: `{"server":3}` + "\n"},
		{args: "connect " + s.addresses[0], status: 1, stderr: "is this server itself (FailedPrecondition)"},
		{args: "connect 127.0.0.1:1", status: 3, stderr: "(Unavailable)"},
		{args: "put k v", stdout: "version 1@1…\n"},
	})
	checkLikely(t, s.flag(3), []step{{args: "get k", stdout: "v"}, {args: "disconnect 1"}, {args: "disconnect 1", status: 1, stderr: "(NotFound)"}})
	checkLikely(t, s.flag(1), []step{{args: "put k v2", stdout: "version 2@1…\n"}, {args: "disconnect " + s.addresses[1]}, {args: "forget 3"}, {args: "forget 9", status: 1, stderr: "(NotFound)"}})
	checkLikely(t, s.flag(3), []step{{args: "get k", stdout: "v"}, {args: "put k v", status: 1, stderr: "the server 3 was forgotten"}})
}

// TestGossipkv_shutdown: the first server is stopped, or all that can be found.
func TestGossipkv_shutdown(t *testing.T) {
	t.Setenv("KV_SERVICE", "gossipkv")
	var calls []*stopped
	for number := range uint32(3) {
		calls = append(calls, startStopped(t, number+1))
	}
	calls[0].links(calls[1])
	calls[1].links(calls[2])
	checkLikely(t, "--servers="+calls[1].address, []step{{args: "shutdown"}})
	checkLikely(t, "--servers="+calls[0].address, []step{{args: "shutdown --all"}})
	for i, want := range []int32{1, 2, 1} {
		if got := calls[i].times.Load(); got != want {
			t.Errorf("server %d was told to stop %d times; want %d", i+1, got, want)
		}
	}
	calls[2].refuses = true
	checkLikely(t, "--servers="+calls[0].address, []step{{args: "shutdown --all", status: 1, stderr: "1 of 3 servers refused: server 3, …: the wrong token"}})
}

func TestGossipkv_shell(t *testing.T) {
	s := startSystem(t, 2)
	s.Connect(1, 2)
	s.Cut(1, 2)
	session := filepath.Join(t.TempDir(), "session")
	checkLikely(t, s.flag(1), []step{
		{args: "shell", input: "set k hello world\nget k\nset b 2\ngetPrefix \"\"\nuse " + s.addresses[1] + "\nget k\ngetPrefix k\nset k 3\nget k\ndelete k\nget k\n",
			status: 1, stdout: "version 1@1…\nhello world\nversion 2@1…\nb\t2\nk\thello world\nversion 3@2…\n3\n",
			stderr: "kv: line 6: dependency not met: "},
		{args: "shell", input: "append k v\n", status: 1, stderr: `"append" is no command`},
		{args: "shell", input: "use 127.0.0.1:1\nget k\n", status: 1, stdout: "hello world\n", stderr: "line 1: nothing answers on …"},
		{args: "shell --session=" + session, input: "set n 5\nuse " + s.addresses[1] + "\nget n\n", status: 1, stdout: "version 3@1…\n", stderr: "line 3: dependency not met"},
	})
	checkLikely(t, s.flag(2), []step{{args: "get n --session=" + session, status: 4, stderr: "dependency not met"}})
	if status, stdout, _ := kv("help\nstat\n", "shell", s.flag(1)); status != exitOK || !strings.Contains(stdout, "use HOST:PORT") || strings.Contains(stdout, "append") || !strings.Contains(stdout, "linked to") {
		t.Errorf("status %d, printed %s", status, stdout)
	}
}

// TestGossipkv_mismatch: that a server speaks otherwise is said at once.
func TestGossipkv_mismatch(t *testing.T) {
	s := startSystem(t, 1)
	checkLikely(t, s.flag(1), []step{{args: "get k --tls", status: 3, stderr: "the server does not speak TLS: leave out --tls"}})
	check(t, serve(t, newService()), []step{{args: "get k", status: 1, stderr: "(Unimplemented)"}})
}

// TestGossipkv_statJSON: the fields are those of the contract.
func TestGossipkv_statJSON(t *testing.T) {
	s := startSystem(t, 2)
	s.Connect(1, 2)
	_, stdout, stderr := kv("", "stat", "--output=json", s.flag(1))
	var got map[string]any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("printed %q and %q: %v", stdout, stderr, err)
	}
	link, member := got["links"].([]any)[0].(map[string]any), got["members"].([]any)[0].(map[string]any)
	if got["server"] != 1.0 || link["server"] != 2.0 || link["up"] != true || link["address"] != s.addresses[1] || len(got["members"].([]any)) != 2 || member["state"] != "member" {
		t.Errorf("printed %s", stdout)
	}
	_, stdout, _ = kv("", "stat", "--all", "--output=json", s.flag(1))
	if lines := strings.Split(stdout, "\n"); len(lines) != 3 || !strings.HasPrefix(lines[1], `{"server":2,"address":"`+s.addresses[1]+`","stat":{"server":2,`) {
		t.Errorf("stat --all printed %s", stdout)
	}
}

// TestGossipkv_memory: one command about many keys holds none of them, as nothing follows that is to know of them; the session's time
// stays. A shell, and a session that is kept, have them all.
func TestGossipkv_memory(t *testing.T) {
	s := startSystem(t, 1)
	checkLikely(t, s.flag(1), []step{{args: "put a 1", stdout: "version 1@1…\n"}})
	for _, test := range []struct {
		lasts   bool
		session string
		keys    int
	}{{keys: 0}, {lasts: true, keys: 3}, {session: filepath.Join(t.TempDir(), "session"), keys: 3}} {
		a := newApp(cluster{Service: "gossipkv", Servers: s.addresses, Session: test.session}, nil, nil, nil)
		a.lasts = test.lasts
		opened, err := openSession(a)
		if err != nil {
			t.Fatal(err)
		}
		for range opened.scan(t.Context(), keyRange{prefix: []byte("a")}) {
		}
		if _, err := opened.put(t.Context(), []byte("b"), nil, wishes{}); err != nil {
			t.Error(err)
		}
		last, err := opened.delete(t.Context(), []byte("c"), wishes{})
		if err != nil {
			t.Error(err)
		}
		if seen := opened.(*sessionStore).session.Seen(); seen.Len() != test.keys || seen.Time() != last.version.(gossipkvVersion).Time {
			t.Errorf("%+v: the session holds %d keys, and the time %d of %v", test, seen.Len(), seen.Time(), last.version)
		}
		if err := opened.close(); err != nil {
			t.Error(err)
		}
	}
}
