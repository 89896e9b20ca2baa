package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/node"
)

// TestMetrics_raft: what operators watch of a group is what the replica knows of it.
func TestMetrics_raft(t *testing.T) {
	h := start(t, nil, nil)
	if _, err := h.Put(t.Context(), &raftkvpb.PutRequest{Key: []byte("k"), Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	RegisterMetrics(registry, h.node)
	for {
		status := h.node.Locals()[0].Status()
		err := compare(registry, status)
		if h.node.Locals()[0].Status() != status {
			continue // it was told of the end of the write meanwhile
		}
		if err != nil || status.Commit == 0 || status.Term == 0 {
			t.Errorf("after a write, the replica knows %+v of itself: %v", status, err)
		}
		return
	}
}

func compare(registry *prometheus.Registry, status node.Status) error {
	want := fmt.Sprintf(`
# HELP raftkv_raft_applied_index The last entry of the log that was applied.
# TYPE raftkv_raft_applied_index gauge
raftkv_raft_applied_index{shard="0"} %d
# HELP raftkv_raft_commit_index The last entry of the log that this replica knows to be final.
# TYPE raftkv_raft_commit_index gauge
raftkv_raft_commit_index{shard="0"} %d
# HELP raftkv_raft_has_leader 1 while this replica knows of a leader of the shard; else 0.
# TYPE raftkv_raft_has_leader gauge
raftkv_raft_has_leader{shard="0"} 1
# HELP raftkv_raft_is_leader 1 while this replica leads the shard, by its own account; else 0.
# TYPE raftkv_raft_is_leader gauge
raftkv_raft_is_leader{shard="0"} 1
# HELP raftkv_raft_term Raft's term.
# TYPE raftkv_raft_term gauge
raftkv_raft_term{shard="0"} %d
`, status.Applied, status.Commit, status.Term)
	return testutil.GatherAndCompare(registry, strings.NewReader(want), "raftkv_raft_applied_index",
		"raftkv_raft_commit_index", "raftkv_raft_has_leader", "raftkv_raft_is_leader", "raftkv_raft_term")
}
