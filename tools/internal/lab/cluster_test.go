package lab

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCluster: each node gets its number and all addresses, and no two get the same.
func TestCluster(t *testing.T) {
	const nodes = 3
	r := Rig{Scratch: t.TempDir()}
	ours, err := RaftkvCluster(r, nodes, 4)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := EtcdCluster(r, nodes)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Command{ours, theirs} {
		used := make(map[string]bool)
		for i, p := range c.Processes {
			flags := make(map[string]string)
			for at := 1; at < len(p.Args); at += 2 {
				flags[p.Args[at]] = p.Args[at+1]
			}
			if flags["--node"] != strconv.Itoa(i+1) || used[flags["--addr"]] || used[flags["--data-dir"]] {
				t.Errorf("node %d of %s is started with %v", i+1, c.Name, p.Args)
			}
			used[flags["--addr"]], used[flags["--data-dir"]] = true, true
			if peers := strings.Split(flags["--peers"], ","); len(peers) != nodes || !strings.HasPrefix(peers[2], "3=") {
				t.Errorf("node %d of %s is told of %v", i+1, c.Name, peers)
			}
			if c.Name == "raftkv" && (!strings.Contains(flags["--peers"], flags["--addr"]) || flags["--shards"] != "4" || flags["--replicas"] != "3") {
				t.Errorf("node %d is started with %v", i+1, p.Args)
			}
		}
	}
}

// TestLeaderFirst: it is looked for until there is one.
func TestLeaderFirst(t *testing.T) {
	asked := 0
	s := &Server{nodes: []*Node{{program: Process{Address: "a"}}, {program: Process{Address: "b"}}, {program: Process{Address: "c"}}}}
	s.command.Ask = func(_ context.Context, address string) (Status, error) {
		if asked++; address == "a" {
			return Status{}, errors.New("away")
		}
		return Status{Leads: address == "c" && asked > 4}, nil
	}
	got, err := s.LeaderFirst(t.Context())
	if err != nil || !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Errorf("got %v, %v; want the leader c first", got, err)
	}
}

// TestEtcdStatus reads what an etcd says.
func TestEtcdStatus(t *testing.T) {
	for said, want := range map[string]Status{
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
