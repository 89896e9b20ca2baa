package node

import (
	"testing"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/shard"
)

// TestIsFor_retired: a member that survives alone by an operator's decision takes no messages of those who were members before,
// and do not know it; it takes those of the next members of their nodes.
func TestIsFor_retired(t *testing.T) {
	m := shard.Members{Version: 1, Members: []shard.Member{{ID: 1, Store: shard.StoreID{1}}, {ID: 2, Store: shard.StoreID{2}}}}
	r := &Replica{config: replicaConfig{ID: 1}}
	takes := func(m shard.Members, from shard.MemberID) bool {
		r.members.Store(&m)
		return r.isFor(&raftpb.Message{To: new(uint64(1)), From: new(uint64(from))})
	}
	if !takes(m, 2) {
		t.Error("a message of a member is not taken")
	}
	alone := m.Survive(1, nil)
	if takes(alone, 2) {
		t.Error("a message of one who was a member is taken")
	}
	if !takes(alone, alone.Next(2)) {
		t.Error("a message of the next member is not taken")
	}
}
