package main

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// follows and leads are what a node says of one of its shards. A leader's state lacks one of its entries.
func follows(shard uint32, leader, term, applied uint64) *raftkvpb.ShardStat {
	return &raftkvpb.ShardStat{Shard: shard, Role: raftkvpb.Role_ROLE_FOLLOWER, Leader: leader, Term: term, AppliedIndex: applied}
}

func leads(shard uint32, node, term, applied uint64) *raftkvpb.ShardStat {
	return &raftkvpb.ShardStat{Shard: shard, Role: raftkvpb.Role_ROLE_LEADER, Leader: node, Term: term, AppliedIndex: applied, CommitIndex: applied + 1}
}

// serveNodes serves nodes 1, 2 … of a cluster with these shards, and one more that does not run. It returns their
// addresses, and the flag that names the first.
func serveNodes(t *testing.T, shards []*raftkvpb.Shard, nodes ...*pictured) (addresses []string, flag string) {
	t.Helper()
	topology := &raftkvpb.TopologyResponse{MapVersion: 3, Placement: raftkvpb.Placement_PLACEMENT_RING, Shards: shards}
	for _, node := range nodes {
		node.topology = topology
		addresses = append(addresses, node.serve(t))
	}
	addresses = append(addresses, unused(t))
	for i, address := range addresses {
		topology.Nodes = append(topology.Nodes, &raftkvpb.Node{Id: uint64(i + 1), Address: address})
	}
	return addresses, "--servers=" + addresses[0]
}

// unused returns an address on which nothing listens, as long as the others: ports that are given out have five digits.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// threeShards are on four nodes, the last one on those alone that do not answer.
var threeShards = []*raftkvpb.Shard{
	{Shard: 0, Replicas: []uint64{1, 2, 3}, Leader: 1},
	{Shard: 1, Replicas: []uint64{2, 3, 4}, Leader: 2},
	{Shard: 2, Replicas: []uint64{4, 3}, Leader: 4},
}

// TestTopology: node 1 believes that it still leads shard 0, node 2 lacks shard 1, node 3 refuses to tell, and node 4
// does not run.
func TestTopology(t *testing.T) {
	addresses, flag := serveNodes(t, threeShards,
		&pictured{stat: &raftkvpb.StatResponse{Shards: []*raftkvpb.ShardStat{leads(0, 1, 4, 100)}}},
		&pictured{stat: &raftkvpb.StatResponse{Shards: []*raftkvpb.ShardStat{leads(0, 2, 5, 112)}, Disk: &raftkvpb.DiskStat{Full: "no room"}}},
		&pictured{})
	check(t, flag, []step{{args: "topology", stdout: fmt.Sprintf(`map version  3
placement    ring
shards       3, 1 led by another node than the preferred one (*)

node  address          replicas  leads  may stop
1     %s  1         0      no
2     %s  2         2      no  its disk takes deletions alone: no room
3     %s  3         0      no  refused: not for you (PermissionDenied)
4     %s  2         1      no  no answer: nothing answers on %[4]s (dial tcp %[4]s: connect: connection refused); is the server running?

shard  node 1       node 2    node 3  node 4
0      leader* -13  leader    ?       -
1      -            missing*  ?       ?
2      -            -         ?       leader?*
`, addresses[0], addresses[1], addresses[2], addresses[3])}})
}

// TestTopology_manyShards: of many shards, those are shown that want to be looked at.
func TestTopology_manyShards(t *testing.T) {
	var shards []*raftkvpb.Shard
	first, second := new(raftkvpb.StatResponse), new(raftkvpb.StatResponse)
	for i := range uint32(70) {
		shards = append(shards, &raftkvpb.Shard{Shard: i, Replicas: []uint64{1, 2}})
		if i != 50 {
			first.Shards = append(first.Shards, leads(i, 1, 1, 7))
		} else {
			first.Shards = append(first.Shards, follows(i, 0, 1, 7))
		}
		second.Shards = append(second.Shards, follows(i, 1, 1, 8))
	}
	_, flag := serveNodes(t, shards, &pictured{stat: first}, &pictured{stat: second})
	status, few, stderr := kv("", "topology", flag)
	if want := "shard  node 1     node 2    node 3\n50     follower*  follower  -\n\n69 more; --shards shows them\n"; status != exitOK || !strings.HasSuffix(few, want) {
		t.Errorf("status %d, printed %q and %q; want that it ends with %q", status, few, stderr, want)
	}
	status, all, stderr := kv("", "topology", "--shards", flag)
	if status != exitOK || !strings.Contains(all, "\n69     leader*    follower  -\n") || strings.Contains(all, "more") {
		t.Errorf("status %d, printed %q and %q; want all shards", status, all, stderr)
	}
}

// TestTopology_mayStop: a node may stop if more than half of each of its shards' replicas are well without it.
func TestTopology_mayStop(t *testing.T) {
	shards := []*raftkvpb.Shard{{Shard: 0, Replicas: []uint64{1, 2, 3}, Leader: 1}, {Shard: 1, Replicas: []uint64{2, 3, 1}, Leader: 2}}
	for name, test := range map[string]struct {
		third []*raftkvpb.ShardStat // what node 3 says; nodes 1 and 2 are well
		want  []string
	}{
		"all are well":            {[]*raftkvpb.ShardStat{follows(0, 1, 4, 100), follows(1, 2, 4, 49_000)}, []string{"yes", "yes", "yes"}},
		"the third does not run":  {nil, []string{"no", "no", "yes"}},
		"the third lacks a shard": {[]*raftkvpb.ShardStat{follows(0, 1, 4, 100)}, []string{"no", "no", "yes"}},
		"the third is cut off":    {[]*raftkvpb.ShardStat{follows(0, 1, 4, 100), follows(1, 0, 4, 49_000)}, []string{"no", "no", "yes"}},
		"the third is far behind": {[]*raftkvpb.ShardStat{follows(0, 1, 4, 100), follows(1, 2, 4, 5)}, []string{"no", "no", "yes"}},
	} {
		said := [][]*raftkvpb.ShardStat{{leads(0, 1, 4, 100), follows(1, 2, 4, 49_000)}, {follows(0, 1, 4, 99), leads(1, 2, 4, 50_000)}, test.third}
		topology, nodes := &raftkvpb.TopologyResponse{Shards: shards}, []asked(nil)
		for i, stats := range said {
			n := asked{node: &raftkvpb.Node{Id: uint64(i + 1)}}
			if stats != nil {
				n.stat = &raftkvpb.StatResponse{Shards: stats}
			}
			nodes = append(nodes, n)
		}
		p := newPicture(topology, nodes)
		if got := []string{p.mayStop(1), p.mayStop(2), p.mayStop(3)}; !slices.Equal(got, test.want) {
			t.Errorf("%s: %v; want %v", name, got, test.want)
		}
	}
}

// TestStatAll: what one node does not tell keeps nobody from seeing the others.
func TestStatAll(t *testing.T) {
	first := &raftkvpb.StatResponse{Version: "v1.4.0", StartTime: pictureTime, Keys: 42, Sets: 7, Shards: []*raftkvpb.ShardStat{leads(0, 1, 4, 100), follows(1, 2, 4, 90)}, Disk: &raftkvpb.DiskStat{Free: 5}}
	addresses, flag := serveNodes(t, threeShards, &pictured{stat: first}, &pictured{stat: first}, &pictured{})
	check(t, flag, []step{
		{args: "stat --all", status: 3, stdout: fmt.Sprintf(`node  address          version  started               shards  leads  keys  bytes  sessions  sets  gets  appends  deletes  scans  disk
1     %s  v1.4.0   2026-11-21T10:00:00Z  2       1      42    0      0         7     0     0        0        0      5 bytes free
2     %s  v1.4.0   2026-11-21T10:00:00Z  2       1      42    0      0         7     0     0        0        0      5 bytes free
3     %s  refused
4     %s  no answer
`, addresses[0], addresses[1], addresses[2], addresses[3]),
			stderr: "kv: 1 of 4 nodes did not answer, 1 refused: node 3, " + addresses[2] + ": not for you (PermissionDenied); node 4, " + addresses[3] + ": nothing answers on"},
	})

	status, stdout, stderr := kv("", "stat", "--all", "--output=json", flag)
	lines := strings.Split(stdout, "\n")
	if status != exitUnreachable || len(lines) != 5 || !strings.Contains(stderr, `"status":3`) {
		t.Fatalf("status %d, printed %q and %q; want a line for each node, and status 3", status, stdout, stderr)
	}
	for i, want := range []string{
		`{"node":1,"address":"` + addresses[0] + `","stat":{"start_time":"2026-11-21T10:00:00Z","sets":7,`,
		`{"node":2,"address":"` + addresses[1] + `","stat":{"start_time":"2026-11-21T10:00:00Z","sets":7,`,
		`{"node":3,"address":"` + addresses[2] + `","error":"not for you (PermissionDenied)","status":1}`,
		`{"node":4,"address":"` + addresses[3] + `","error":"nothing answers on `,
	} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is %q; want that it begins with %q", i+1, lines[i], want)
		}
	}
}

// TestStatAll_status: it is 0 when all tell, and 1 when all answer, and one refuses.
func TestStatAll_status(t *testing.T) {
	if status, stdout, stderr := kv("", "stat", "--all", serve(t, newService())); status != exitOK || strings.Count(stdout, "\n") != 2 {
		t.Errorf("a server alone: status %d, printed %q and %q", status, stdout, stderr)
	}
	refuses := &pictured{}
	address := refuses.serve(t)
	refuses.topology = &raftkvpb.TopologyResponse{Nodes: []*raftkvpb.Node{{Id: 1, Address: address}}}
	check(t, "--servers="+address, []step{{args: "stat --all --output=json", status: 1,
		stdout: `{"node":1,"address":"` + address + `","error":"not for you (PermissionDenied)","status":1}` + "\n",
		stderr: `{"error":"1 of 1 nodes refused: node 1, ` + address + `: not for you (PermissionDenied)","status":1}`}})
}

// TestStatAll_hangs: a node that takes calls and says nothing is not waited for longer than --timeout.
func TestStatAll_hangs(t *testing.T) {
	addresses, flag := serveNodes(t, nil, &pictured{stat: new(raftkvpb.StatResponse)}, &pictured{hangs: true})
	status, stdout, stderr := kv("", "stat", "--all", "--timeout=300ms", flag)
	if want := "; node 3, "; status != exitUnreachable || strings.Count(stdout, "\n") != 4 || !strings.Contains(stderr, "2 of 3 nodes did not answer: node 2, "+addresses[1]+": ") || !strings.Contains(stderr, want) {
		t.Errorf("status %d, printed %q and %q; want all nodes, and status 3 for the second", status, stdout, stderr)
	}
}

// TestShutdownAll: each node is told, by itself, and one that does not run keeps nobody from being told.
func TestShutdownAll(t *testing.T) {
	nodes := []*pictured{{}, {}, {}}
	for _, node := range nodes {
		node.token = "secret"
	}
	addresses, flag := serveNodes(t, threeShards, nodes...)
	check(t, flag, []step{
		{args: "shutdown --all", status: 3, stderr: "kv: 1 of 4 nodes did not answer, 3 refused: node 1, " + addresses[0] + ": the wrong token (Unauthenticated); node 2"},
		{args: "shutdown --all --admin-token secret", status: 3, stderr: "kv: 1 of 4 nodes did not answer: node 4, " + addresses[3] + ": nothing answers on"},
	})
	for i, node := range nodes {
		if want := []string{"shutdown"}; !slices.Equal(node.done, want) {
			t.Errorf("calls of node %d: %v; want %v", i+1, node.done, want)
		}
	}
}
