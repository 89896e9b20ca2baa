package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkv/inprocess"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// serveGossip starts linked servers on free ports. Target is what a run is given.
func serveGossip(t *testing.T, n uint32) (cluster *inprocess.Cluster, all []*inprocess.Server, target string) {
	t.Helper()
	cluster = inprocess.NewCluster()
	var addresses []string
	for number := uint32(1); number <= n; number++ {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		server := grpc.NewServer()
		all = append(all, cluster.Register(server, number, listener.Addr().String()))
		go server.Serve(listener)
		t.Cleanup(server.Stop)
		addresses = append(addresses, listener.Addr().String())
		for other := uint32(1); other < number; other++ {
			cluster.Connect(other, number)
		}
	}
	return cluster, all, strings.Join(addresses, ",")
}

// The faults of which a history must tell.
const (
	seenIgnored = "what sessions have seen is ignored"
	timeIgnored = "the sessions' time is ignored"
	answersLost = "answers are lost" // which is none
	neverEqual  = "the servers are cut off for ever"
)

// TestCheck_gossipkv records histories of servers that are right, and of some that are not, and checks them. Servers in memory
// would be equal at every moment: so most of the time nothing gets through between one of three and the others, as the calls count time.
func TestCheck_gossipkv(t *testing.T) {
	for fault, says := range map[string]string{
		"":          `^kept: 3000 operations of 8 sessions on 5 keys at 3 servers \(\d+ gets met an unmet dependency; 0 writes of unknown outcome; `,
		answersLost: `^kept: 3000 operations of 8 sessions on 5 keys at 3 servers \(\d+ gets met an unmet dependency; [1-9]\d* writes of unknown outcome; `,
		seenIgnored: `^NOT kept: (?s:.*)read your writes: \d+ tested, \d+ BROKEN(?s:.*)monotonic reads: \d+ tested, \d+ BROKEN`,
		timeIgnored: `^NOT kept: (?s:.*)monotonic writes: \d+ tested, \d+ BROKEN`,
		neverEqual:  `^NOT kept: (?s:.*)the servers were not equal in the end: 127.0.0.1:\d+ knows the writes of server`,
	} {
		cluster, servers, target := serveGossip(t, 3)
		cluster.IgnoreSeen, cluster.IgnoreTime = fault == seenIgnored, fault == timeIgnored
		flap(cluster, servers, fault)
		file, picture := filepath.Join(t.TempDir(), "history"), filepath.Join(t.TempDir(), "picture.html")
		args := "run " + target + " --service gossipkv --clients 8 --keys 5 --mix get=60,put=30,delete=10 --value-size 0..40 --duration 1h --history-limit 3000 --move 30 --converge-timeout 1s --history " + file
		if code, stdout, stderr := loadgen(t, args); (code == exitOK) != (fault != answersLost && fault != neverEqual) || code == exitMisuse {
			t.Fatalf("%s: status %d, printed\n%s\nand %q", fault, code, stdout, stderr)
		}
		code, stdout, stderr := loadgen(t, "check --service gossipkv "+file+" --html "+picture)
		good := strings.HasPrefix(says, "^kept")
		if (code == exitOK) != good || code == exitMisuse || stderr != "" || !regexp.MustCompile(says).MatchString(stdout) {
			t.Errorf("%s: status %d, printed %s\nand %q; want %s", fault, code, stdout, stderr, says)
		}
		if html, err := os.ReadFile(picture); err != nil || strings.Contains(string(html), "<svg") == good {
			t.Errorf("%s: the picture has %d bytes (%v); it is to have a timeline if something is wrong", fault, len(html), err)
		}
	}
}

// flap has each server make others miss what it does, and lose answers, as its calls go by.
func flap(cluster *inprocess.Cluster, servers []*inprocess.Server, fault string) {
	var calls atomic.Int64
	for _, s := range servers {
		s.Faults = func(method string) inprocess.Fault {
			if method == "Status" || method == "Dump" {
				for a := uint32(1); a <= 3 && fault != neverEqual; a++ {
					cluster.Heal(a, a%3+1)
				}
				return inprocess.None
			}
			n := calls.Add(1)
			switch a := uint32(n/200)%3 + 1; {
			case n%200 == 0:
				cluster.Cut(a, a%3+1)
				cluster.Cut(a, (a+1)%3+1)
			case n%200 == 150 && fault != neverEqual:
				cluster.Heal(a, a%3+1)
				cluster.Heal(a, (a+1)%3+1)
			}
			if fault == answersLost && n%50 == 49 {
				return inprocess.Drop
			}
			return inprocess.None
		}
	}
}

// TestRun_gossipkv: unmet dependencies are counted, and are no errors; the parameters say what was done.
func TestRun_gossipkv(t *testing.T) {
	cluster, _, target := serveGossip(t, 2)
	cluster.Cut(1, 2)
	file := filepath.Join(t.TempDir(), "out.json")
	code, stdout, stderr := loadgen(t, "run "+target+" --service gossipkv --clients 2 --keys 3 --move 50 --out "+file+quick)
	run, err := result.Open(file)
	if code != exitOK || err != nil {
		t.Fatalf("status %d, printed\n%s\nand %q (%v)", code, stdout, stderr, err)
	}
	step, parameters := run.Steps[0], run.Header.Parameters
	if step.Calls["Get"] == 0 || step.Calls["Put"] == 0 || step.Marks["unmet"] == 0 || step.Marks["unmet"] >= step.Calls["Get"] || step.Failed() > 0 {
		t.Errorf("%+v; want Gets of which some met an unmet dependency", step)
	}
	if run.Header.Target != target || parameters["servers"] != "2" || parameters["move"] != "50" || parameters["mix"] != "get=50,put=50" {
		t.Errorf("the header is %+v", run.Header)
	}
	if !strings.Contains(stdout, "unmet") {
		t.Errorf("the table has no column of unmet dependencies:\n%s", stdout)
	}
}

// TestRun_gossipkvHistory: a history tells what went over the wire, and how everything ended.
func TestRun_gossipkvHistory(t *testing.T) {
	_, _, target := serveGossip(t, 2)
	file := filepath.Join(t.TempDir(), "history")
	code, stdout, stderr := loadgen(t, "run "+target+" --service gossipkv --clients 2 --keys 1 --mix get=40,put=50,delete=10 --duration 1h --history-limit 200 --history "+file)
	operations, err := history.Open(file)
	if code != exitOK || err != nil || !strings.Contains(stderr, "loadgen: all servers were equal ") {
		t.Fatalf("status %d, printed\n%s\nand %q (%v)", code, stdout, stderr, err)
	}
	calls, servers, seen := make(map[string]int), make(map[string]int), make(map[string]int)
	for _, o := range operations {
		calls[o.Call]++
		servers[o.Server]++
		seen[o.Seen]++
	}
	if calls["Get"]+calls["Put"]+calls["Delete"] != 200 || calls["Converge"] != 1 || calls["Dump"] != 2 || len(servers) != 3 || len(seen) < 50 {
		t.Errorf("the calls are %v, at %v; of what was seen %d are different; want 200 calls at two servers that tell what was seen, and an end",
			calls, servers, len(seen))
	}
}

// TestRun_gossipkvMoves: with --move 0, a session moves after calls that failed, and else never.
func TestRun_gossipkvMoves(t *testing.T) {
	_, servers, target := serveGossip(t, 3)
	var calls atomic.Int64
	for _, s := range servers {
		s.Faults = func(method string) inprocess.Fault {
			if method != "Status" && method != "Dump" && calls.Add(1)%7 == 0 {
				return inprocess.Lose
			}
			return inprocess.None
		}
	}
	file := filepath.Join(t.TempDir(), "history")
	loadgen(t, "run "+target+" --service gossipkv --clients 2 --keys 3 --move 0 --duration 1h --history-limit 100 --history "+file)
	operations, err := history.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	last, moves := make(map[int]history.Operation), 0
	for _, o := range operations {
		before, begun := last[o.Client]
		if begun && (before.Failure != "") != (before.Server != o.Server) {
			t.Errorf("after %+v the session asks %s", before, o.Server)
		}
		if begun && before.Server != o.Server {
			moves++
		}
		last[o.Client] = o
		if o.Call == "Converge" {
			break
		}
	}
	if moves < 10 {
		t.Errorf("the sessions moved %d times; want more", moves)
	}
}

// TestCourse_another: the course's workload is not sent to another service.
func TestCourse_another(t *testing.T) {
	_, port := serveKV(t, "")
	if code, stdout, stderr := loadgen(t, port); code != exitMisuse || stdout != "" || stderr != "loadgen: the server at localhost:"+port+" does not serve NumStore; see loadgen run --service\n" {
		t.Errorf("status %d, printed %q and %q", code, stdout, stderr)
	}
}

// TestRun_gossipkvMisuse: what does not fit is refused before anything is sent.
func TestRun_gossipkvMisuse(t *testing.T) {
	_, servers, target := serveGossip(t, 2)
	first, _, _ := strings.Cut(target, ",")
	client, err := gossipkv.Dial([]string{servers[0].Address()}, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Session(nil).Put(t.Context(), []byte("k"), nil); err != nil {
		t.Fatal(err)
	}
	_, raftkv := serveKV(t, "")
	file := filepath.Join(t.TempDir(), "history")
	for args, says := range map[string]string{
		target + " --service gossipkv --history " + file:           "was written to before (its time is 1); a history can be checked only if all servers are new",
		first + "," + raftkv + " --service gossipkv":               "the server at localhost:" + raftkv + " does not serve gossipkv; see loadgen run --service",
		target + " --service gossipkv --unary":                     "--unary is for services whose client bundles calls; that of gossipkv does not",
		target + " --service gossipkv --move 101":                  "--move is 101; it must be 0 to 100",
		target + " --service gossipkv --converge-timeout 0s":       "--converge-timeout is 0s; it must be above 0",
		target + " --service gossipkv --mix append=100":            `--mix has "append"; it may have get, put, delete`,
		target + " --service raftkv":                               "is not a target",
		target + ", --service gossipkv":                            `"" is not a target`,
		target + " --service gossipkv --value-size 1..99999999999": "--value-size is 1..99999999999",
	} {
		if code, stdout, stderr := loadgen(t, "run "+args+quick); code != exitMisuse || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, says) {
			t.Errorf("%s: status %d, printed %q and %q; want %s", args, code, stdout, stderr, says)
		}
	}
}
