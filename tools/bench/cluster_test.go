package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestSuites: every suite can be made, and asks servers that it starts.
func TestSuites(t *testing.T) {
	for name, make := range suites {
		s, err := make(&bench{scratch: t.TempDir(), Callers: []int{1}, Keys: 10})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		loads := slices.Concat(s.groups...)
		if s.incident != nil {
			loads = append(loads, s.incident.loads...)
		}
		for _, load := range loads {
			if !slices.ContainsFunc(s.servers, func(c command) bool { return c.name == load.server }) {
				t.Errorf("%s asks %s, which it does not start", name, load.server)
			}
		}
		for _, g := range s.goals {
			if !slices.Contains(s.pairs, pair{g.server, g.peer}) {
				t.Errorf("%s has a goal for %s to %s, which it does not compare", name, g.server, g.peer)
			}
		}
	}
}

// TestCluster: each node gets its number and all addresses, and no two get the same.
func TestCluster(t *testing.T) {
	b := &bench{scratch: t.TempDir()}
	ours, err := raftkvCluster(b, "it", 4)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := etcdCluster(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []command{ours, theirs} {
		used := make(map[string]bool)
		for i, p := range c.processes {
			flags := make(map[string]string)
			for at := 1; at < len(p.args); at += 2 {
				flags[p.args[at]] = p.args[at+1]
			}
			if flags["--node"] != strconv.Itoa(i+1) || used[flags["--addr"]] || used[flags["--data-dir"]] {
				t.Errorf("node %d of %s is started with %v", i+1, c.name, p.args)
			}
			used[flags["--addr"]], used[flags["--data-dir"]] = true, true
			if peers := strings.Split(flags["--peers"], ","); len(peers) != nodes || !strings.HasPrefix(peers[2], "3=") {
				t.Errorf("node %d of %s is told of %v", i+1, c.name, peers)
			}
			if c.name == "it" && (!strings.Contains(flags["--peers"], flags["--addr"]) || flags["--shards"] != "4" || flags["--replicas"] != "3") {
				t.Errorf("node %d is started with %v", i+1, p.args)
			}
		}
	}
}

// TestLeaderFirst: it is looked for until there is one.
func TestLeaderFirst(t *testing.T) {
	asked := 0
	s := &server{nodes: []*node{{process: process{address: "a"}}, {process: process{address: "b"}}, {process: process{address: "c"}}}}
	s.ask = func(_ context.Context, address string) (status, error) {
		if asked++; address == "a" {
			return status{}, errors.New("away")
		}
		return status{leads: address == "c" && asked > 4}, nil
	}
	got, err := s.leaderFirst(t.Context())
	if err != nil || !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Errorf("got %v, %v; want the leader c first", got, err)
	}
}

// TestEtcdStatus reads what an etcd says.
func TestEtcdStatus(t *testing.T) {
	for said, want := range map[string]status{
		`{"header":{"member_id":"13668033151171901709"},"leader":"13668033151171901709","raftAppliedIndex":"8"}`: {true, 8},
		`{"header":{"member_id":"185828541645115251"},"leader":"13668033151171901709","raftAppliedIndex":"9"}`:   {false, 9},
		`{"header":{"member_id":"185828541645115251"},"leader":"0","raftAppliedIndex":"7"}`:                      {false, 7},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(said)) }))
		got, err := etcdStatus(t.Context(), strings.TrimPrefix(server.URL, "http://"))
		if server.Close(); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", said, got, err, want)
		}
	}
}

// TestProgress: what the foremost node showed at a time is what was seen until then.
func TestProgress(t *testing.T) {
	start := time.Now()
	p := progress{{start, 10}, {start, 30}, {start.Add(time.Second), 20}, {start.Add(2 * time.Second), 40}}
	for after, want := range map[time.Duration]uint64{-1: 0, 0: 30, 1500 * time.Millisecond: 30, 2 * time.Second: 40, time.Minute: 40} {
		if got, known := p.before(start.Add(after)); got != want || known != (after >= 0) {
			t.Errorf("after %v: %d, %v; want %d", after, got, known, want)
		}
	}
}

// TestBringBack: a node is back once it shows what the others showed a lag ago, and not before.
func TestBringBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := time.Now()
		s := &server{nodes: []*node{{process: process{address: "other"}}, {process: process{address: "back", args: []string{"true"}}}}}
		s.ask = func(_ context.Context, address string) (status, error) {
			now := time.Since(first)
			if address == "back" && now < 6*lag {
				now -= lag + 10*time.Millisecond // a little too far
			}
			return status{applied: uint64(max(0, now.Milliseconds()))}, nil
		}
		seconds, err := s.bringBack(t.Context(), s.nodes[1])
		// It is started when the others have been watched for a lag.
		if want := (5 * lag).Seconds(); err != nil || seconds < want-0.2 || seconds > want+0.2 {
			t.Errorf("it was back after %v s, %v; want %v", seconds, err, want)
		}
		if err := s.nodes[1].running.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// TestAwaitAnswers: the second that is under way does not count, nor one without answers, nor a line that is not whole.
func TestAwaitAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, err := os.Create(filepath.Join(t.TempDir(), "result.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var writer sync.WaitGroup
		writer.Go(func() { // a line every two seconds, and half of it a second before
			defer file.Close()
			fmt.Fprintln(file, `{"header":{}}`)
			for second, answered := range []int{5, 5, 0, 0, 7} {
				line := fmt.Sprintf(`{"interval":{"start":%d,"calls":{"Put":%d}}}`, second, answered)
				time.Sleep(time.Second)
				fmt.Fprint(file, line[:20])
				time.Sleep(time.Second)
				fmt.Fprintln(file, line[20:])
			}
		})
		time.Sleep(2500 * time.Millisecond) // one is reported
		g := &generator{Cmd: exec.Command("true"), file: file.Name()}
		if err := g.awaitAnswers(t.Context()); err != nil || time.Since(start).Round(time.Second) != 10*time.Second {
			t.Errorf("returned after %v, %v; want 10 s", time.Since(start), err)
		}
		writer.Wait()
	})
}

// TestTables_incident has two rounds, and one that ended early.
func TestTables_incident(t *testing.T) {
	suite, err := failoverSuite(&bench{scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	what := suite.incident.what
	events := []event{{what, clerk, 0, 0.5}, {what, etcd, 0, 1.5}, {what, etcd, 1, 1}, {what, clerk, 1, 1}, {what, clerk, 2, 0.7}}
	ratios := suite.incidentRatios(events)
	if len(ratios) != 1 || ratios[0].Median != 2 || ratios[0].Max != 3 {
		t.Errorf("the ratios are %v; want 1 to 3", ratios)
	}
	const want = `| seconds                                      | at most | aim | raftkv, one Clerk | etcd             | etcd to ours     |
| ---                                          | ---     | --- | ---               | ---              | ---              |
| leader killed: longest gap in answered calls | 2       | 0.7 | 0.70 (0.50–1.00)  | 1.25 (1.00–1.50) | 2.00 (1.00–3.00) |
`
	if got := suite.tables(findings{events: events}, nil); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}
