package page

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage/statuspagetest"
)

// fake is a cluster that answers as it is told.
type fake struct {
	mu       sync.Mutex
	topology *raftkvpb.TopologyResponse
	err      error // of Topology
	stats    map[uint64]func(ctx context.Context) (*raftkvpb.StatResponse, error)
	asked    map[uint64]int
}

func (f *fake) Topology(context.Context) (*raftkvpb.TopologyResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.topology, f.err
}

func (f *fake) Stat(ctx context.Context, node *raftkvpb.Node) (*raftkvpb.StatResponse, error) {
	f.mu.Lock()
	f.asked[node.GetId()]++
	stat := f.stats[node.GetId()]
	f.mu.Unlock()
	return stat(ctx)
}

// looked returns how many times a node was asked.
func (f *fake) looked(node uint64) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[node]
}

// answers makes a node answer with a value.
func (f *fake) answers(node uint64, stat *raftkvpb.StatResponse) {
	f.tells(node, func(context.Context) (*raftkvpb.StatResponse, error) { return stat, nil })
}

// fails makes a node answer with an error.
func (f *fake) fails(node uint64, err error) {
	f.tells(node, func(context.Context) (*raftkvpb.StatResponse, error) { return nil, err })
}

// hangs makes a node answer no more, until the context ends.
func (f *fake) hangs(node uint64) {
	f.tells(node, func(ctx context.Context) (*raftkvpb.StatResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
}

func (f *fake) tells(node uint64, stat func(context.Context) (*raftkvpb.StatResponse, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats[node] = stat
}

// newFake returns a cluster of three nodes and so many shards, each on all nodes, that is well. Node s mod 3 + 1 leads shard s.
func newFake(shards int) *fake {
	f := &fake{
		topology: &raftkvpb.TopologyResponse{MapVersion: 1, Placement: raftkvpb.Placement_PLACEMENT_HASH},
		stats:    make(map[uint64]func(context.Context) (*raftkvpb.StatResponse, error)), asked: make(map[uint64]int),
	}
	for id := uint64(1); id <= 3; id++ {
		f.topology.Nodes = append(f.topology.Nodes, &raftkvpb.Node{Id: id, Address: string('a'+rune(id-1)) + ":6000"})
		f.answers(id, f.stat(id, shards, 0))
	}
	for s := range shards {
		a, b, c := uint64(s%3+1), uint64((s+1)%3+1), uint64((s+2)%3+1)
		f.topology.Shards = append(f.topology.Shards, &raftkvpb.Shard{Shard: uint32(s), Replicas: []uint64{a, b, c}, Leader: a})
	}
	return f
}

var started = time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC) // a day before the time of a synctest bubble

// stat is what a node of newFake's cluster tells after so many calls.
func (f *fake) stat(id uint64, shards int, calls uint64) *raftkvpb.StatResponse {
	stat := &raftkvpb.StatResponse{
		StartTime: timestamppb.New(started), Version: "v1.4.0", Keys: 1000, Bytes: 64 << 20, Sessions: 7,
		Gets: 10 * calls, Sets: 4 * calls, Appends: 2 * calls, Deletes: calls, Scans: calls,
		Disk: &raftkvpb.DiskStat{Free: 90 << 30}, GetsTook: new(raftkvpb.Latencies), WritesTook: new(raftkvpb.Latencies),
	}
	for s := range shards {
		leader := uint64(s%3 + 1)
		role := raftkvpb.Role_ROLE_FOLLOWER
		if id == leader {
			role = raftkvpb.Role_ROLE_LEADER
		}
		stat.Shards = append(stat.Shards, &raftkvpb.ShardStat{Shard: uint32(s), Role: role, Leader: leader, Term: 3, AppliedIndex: 5000, CommitIndex: 5000,
			Checksum: &raftkvpb.Checksum{Index: 4000, Sum: 0xabc + uint64(s)}})
	}
	return stat
}

// open returns the handler of the page of node 1 of a cluster.
func open(t testing.TB, source Source) http.Handler {
	t.Helper()
	var page Page
	mux := http.NewServeMux()
	page.Mount(mux.Handle)
	page.Open(Config{Node: 1, Source: source, Cluster: func() string { return "00112233445566778899aabbccddeeff" }})
	t.Cleanup(page.Close)
	return mux
}

// look returns what the page's status is now.
func look(t testing.TB, handler http.Handler) Status {
	t.Helper()
	return statuspagetest.Look[Status](t, handler)
}
