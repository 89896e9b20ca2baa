package page

import (
	"fmt"
	"strings"
	"testing"

	"numstore.example/services/internal/statuspage"
)

// TestProblems: each kind of trouble is told, once, the worst first.
func TestProblems(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Status)
		want   []string
	}{
		"all is well": {func(*Status) {}, nil},
		"a silent node": {func(s *Status) { s.Nodes[1].State, s.Nodes[1].Error = Silent, "connection refused" },
			[]string{"warning: No further replica may fail: shards 0, 1", "warning: Node 2 does not answer: connection refused"}},
		"two silent nodes": {func(s *Status) { s.Nodes[0].State, s.Nodes[1].State = Silent, Silent },
			[]string{"bad: No majority of the replicas answers, so that nothing can be read or written: shards 0, 1", "warning: Node 1", "warning: Node 2"}},
		"a node that cannot be asked": {func(s *Status) { s.Nodes[1].State, s.Nodes[1].Error = Unknown, "a token is needed" },
			[]string{"warning: Node 2 cannot be asked: a token is needed"}},
		"a node that was asked a moment ago": {func(s *Status) { s.Nodes[1].State, s.Nodes[1].Error = Unknown, statuspage.ErrPending.Error() }, nil},
		"no leader":                          {func(s *Status) { s.Shards[1].Leader = 0 }, []string{"bad: Nobody knows a leader: shard 1"}},
		"no map":                             {func(s *Status) { s.Cluster.Error = "it waits" }, []string{"bad: The map of the cluster is not known: it waits"}},
		"a full disk": {func(s *Status) { s.Nodes[2].Told.Disk.Full = "no room" },
			[]string{"bad: Node 3 takes no writes but deletions: no room"}},
		"a damaged replica": {func(s *Status) { s.Nodes[2].Told.Damages = []Damage{{1, "000007.sst is damaged"}} },
			[]string{"bad: The replica of shard 1 on node 3 is damaged and out of service (kv member rebuild takes it from the others): 000007.sst"}},
		"a disk that hangs": {func(s *Status) { s.Nodes[2].Told.Disk.Stalled = 3.4 },
			[]string{"bad: The disk of node 3 has not answered for 3s"}},
		"a disk that was full when its node went silent": {func(s *Status) { s.Nodes[2].Told.Disk.Full, s.Nodes[2].State = "no room", Silent },
			[]string{"warning: No further", "warning: Node 3 does not answer"}},
		"several versions": {func(s *Status) { s.Nodes[2].Told.Version = "v1.5.0" },
			[]string{"warning: The nodes are of 2 versions: v1.4.0 on 1, 2; v1.5.0 on 3"}},
		"far behind": {func(s *Status) { far := uint64(farBehind); s.Shards[0].Replicas[1].Behind = &far },
			[]string{"warning: Node 2 is 10000 or more entries behind the leader: shard 0"}},
		"a little behind": {func(s *Status) { near := uint64(farBehind - 1); s.Shards[0].Replicas[1].Behind = &near }, nil},
		"replicas that differ": {func(s *Status) {
			for i, sum := range []string{"aa", "bb", "aa"} {
				s.Shards[1].Replicas[i].Checksum = &Checksum{Index: 812, Sum: sum, Differs: sum == "bb"}
			}
		}, []string{"bad: The replicas of shard 1 are not the same at entry 812: aa on 1, 3; bb on 2"}},
		"a replica that has found that it differs": {func(s *Status) {
			s.Shards[1].Replicas[0].Checksum = &Checksum{Index: 900, Sum: "aa"}
			s.Shards[1].Replicas[2].Checksum = &Checksum{Index: 812, Sum: "bb", Differs: true}
		}, []string{"bad: Node 3 has another state of shard 1 than its leader had at entry 812"}},
		"checksums of different entries": {func(s *Status) {
			s.Shards[1].Replicas[0].Checksum = &Checksum{Index: 900, Sum: "aa"}
			s.Shards[1].Replicas[1].Checksum = &Checksum{Index: 812, Sum: "bb"}
			s.Shards[1].Replicas[2].Checksum = &Checksum{Index: 812, Sum: "bb"}
		}, nil},
		"many shards": {func(s *Status) {
			s.Shards = nil
			for i := range uint32(4096) {
				s.Shards = append(s.Shards, Shard{Shard: i, Replicas: []Replica{{Node: 1}}})
			}
		}, []string{"bad: Nobody knows a leader: 4096 shards, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 …"}},
		"all at once": {func(s *Status) { s.Nodes[1].State, s.Nodes[0].Told.Disk.Full = Silent, "no room" },
			[]string{"bad: Node 1 takes no", "warning: No further", "warning: Node 2"}},
	} {
		status := wellStatus()
		test.change(&status)
		var got []string
		for _, problem := range problems(&status) {
			got = append(got, fmt.Sprintf("%s: %s", problem.Level, problem.Text))
		}
		same := len(got) == len(test.want)
		for i := range got {
			same = same && strings.HasPrefix(got[i], test.want[i])
		}
		if !same {
			t.Errorf("%s: %q; want %q", name, got, test.want)
		}
	}
}

// wellStatus is that of a cluster of three nodes and two shards that is well.
func wellStatus() (s Status) {
	for id := uint64(1); id <= 3; id++ {
		s.Nodes = append(s.Nodes, Node{Node: id, State: Answers, Told: &Told{Version: "v1.4.0"}})
	}
	for shard := range uint32(2) {
		s.Shards = append(s.Shards, Shard{Shard: shard, Leader: 1, Replicas: []Replica{{Node: 1}, {Node: 2}, {Node: 3}}})
	}
	return s
}
