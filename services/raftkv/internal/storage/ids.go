package storage

import (
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/shard"
)

// What a cluster counts has types, so that none is taken for another.
type (
	// ShardID, NodeID and MemberID are those of package shard.
	ShardID  = shard.ID
	NodeID   = shard.NodeID
	MemberID = shard.MemberID
	// Term is a span of a shard's log in which at most one node has led it, 1 or greater.
	Term uint64
	// Index is the number of an entry in a shard's log, 1 or greater. 0 stands for the beginning.
	Index uint64
)

// Position is a place in a shard's log: an entry, and the term in which that was proposed.
type Position struct {
	Term  Term
	Index Index
}

// PositionOf returns where an entry is.
func PositionOf(entry *raftpb.Entry) Position {
	return Position{Term(entry.GetTerm()), Index(entry.GetIndex())}
}
