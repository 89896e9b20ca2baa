package page

import (
	"encoding/json"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage"
	"numstore.example/services/internal/statuspage/statuspagetest"
)

var update = flag.Bool("update", false, "write testdata/status.json anew")

// answered is a report of a node whose answers are two seconds apart, the last of them so old.
func answered(now time.Time, before, last *raftkvpb.StatResponse, age time.Duration) statuspage.Report[*raftkvpb.StatResponse] {
	at := now.Add(-age)
	return statuspage.Report[*raftkvpb.StatResponse]{
		Before: statuspage.Answer[*raftkvpb.StatResponse]{Value: before, At: at.Add(-2 * time.Second), Took: time.Millisecond},
		Last:   statuspage.Answer[*raftkvpb.StatResponse]{Value: last, At: at, Took: 1500 * time.Microsecond},
	}
}

// example is a cluster of which the first node answers, the second did, and the third never has.
func example() seen {
	f := newFake(3)
	now := started.Add(36 * time.Hour)
	leads := f.stat(1, 3, 20)
	leads.Shards[1].AppliedIndex = 4990
	leads.GetsTook.Counts, leads.WritesTook.Counts = []uint64{0, 0, 0, 0, 0, 0, 90, 9, 0, 1}, []uint64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 65}
	leads.Disk.Full, leads.Disk.Stalled = "the disk is full", durationpb.New(3*time.Second)
	silent := answered(now, f.stat(2, 3, 0), f.stat(2, 3, 0), 12*time.Second)
	silent.Err = statuspage.ErrSilent
	s := seen{
		now: now, self: 1, cluster: "00112233445566778899aabbccddeeff", nodes: f.topology.Nodes,
		stats: map[uint64]statuspage.Report[*raftkvpb.StatResponse]{
			1: answered(now, f.stat(1, 3, 10), leads, 500*time.Millisecond), 2: silent, 3: {Err: errors.New("there is no token")},
		},
	}
	s.topology.Last = statuspage.Answer[*raftkvpb.TopologyResponse]{Value: f.topology, At: now}
	return s
}

// TestStatus_golden: the form of /status.json is what it was: fields are added, and never renamed. After adding some, write
// the file anew with -update, and look at what has changed.
func TestStatus_golden(t *testing.T) {
	seen := example()
	statuspagetest.CheckGolden(t, seen.status(), *update)
}

// TestStatus_documented: each field of /status.json has a row in the README.
func TestStatus_documented(t *testing.T) {
	if fields := statuspagetest.CheckDocumented[Status](t, "../../README.md"); fields < 40 {
		t.Errorf("%d fields were found", fields)
	}
}

// TestShard: who leads, and who is how far behind, of what several nodes tell.
func TestShard(t *testing.T) {
	const follower, candidate, leads = raftkvpb.Role_ROLE_FOLLOWER, raftkvpb.Role_ROLE_CANDIDATE, raftkvpb.Role_ROLE_LEADER
	type told map[uint64]*raftkvpb.ShardStat
	for name, test := range map[string]struct {
		told
		leader, term uint64
		behind       string // of each replica
	}{
		"all is well": {told{1: {Role: leads, Leader: 1, Term: 3, AppliedIndex: 90, CommitIndex: 100}, 2: {Role: follower, Leader: 1, Term: 3, AppliedIndex: 70}, 3: {Role: follower, Leader: 1, Term: 3, AppliedIndex: 105}},
			1, 3, "10 30 0"},
		"one that leads no more": {told{1: {Role: leads, Leader: 1, Term: 3, CommitIndex: 90}, 2: {Role: leads, Leader: 2, Term: 4, CommitIndex: 100, AppliedIndex: 100}, 3: {Role: follower, Leader: 1, Term: 3, AppliedIndex: 80}},
			2, 4, "100 0 20"},
		"a leader who is silent":     {told{2: {Role: follower, Leader: 1, Term: 3, CommitIndex: 9}, 3: {Role: follower, Leader: 1, Term: 3}}, 1, 3, "? ? ?"},
		"an election":                {told{1: {Role: candidate, Term: 5}, 2: {Role: follower, Term: 5}, 3: {Role: follower, Leader: 1, Term: 4}}, 0, 5, "? ? ?"},
		"nobody tells":               {told{}, 9, 0, "? ? ?"}, // as the asked node has it
		"one who does not say terms": {told{2: {Role: leads, Leader: 2}}, 2, 0, "? 0 ?"},
	} {
		replicas := make(map[place]*raftkvpb.ShardStat)
		for node, stat := range test.told {
			replicas[place{node, 7}] = stat
		}
		got := describe(&raftkvpb.Shard{Shard: 7, Replicas: []uint64{1, 2, 3}, Leader: 9}, replicas)
		var behind []string
		for _, replica := range got.Replicas {
			text := "?"
			if replica.Behind != nil {
				b, _ := json.Marshal(replica.Behind)
				text = string(b)
			}
			behind = append(behind, text)
		}
		if got.Leader != test.leader || got.Term != test.term || strings.Join(behind, " ") != test.behind {
			t.Errorf("%s: leader %d in term %d, behind %s; want %d, %d, %s", name, got.Leader, got.Term, behind, test.leader, test.term, test.behind)
		}
	}
}
