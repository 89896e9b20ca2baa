package node

import (
	"context"
	"errors"
	"io"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// What other nodes have this one do, and what it tells them of itself.

// Cluster returns the map of the cluster, or nil as long as the node is of none. It must not be changed.
func (n *Node) Cluster() *shard.Cluster {
	nodes := make([]shard.Node, len(n.options.Members))
	for i, id := range n.options.Members {
		nodes[i].ID = id
	}
	const byHash = 1 // see contracts/placement
	cluster, err := shard.Form(shard.ClusterID{}, byHash, nodes, n.options.Shards, len(nodes))
	if err != nil {
		return nil
	}
	return &cluster
}

// StoreID returns the id of the node's store.
func (n *Node) StoreID() shard.StoreID { return shard.StoreID{} }

// Holds says whether this node has a member of a shard's group.
func (n *Node) Holds(shard storage.ShardID) bool { return int(shard) < len(n.locals) }

// Leads says whether this node leads a shard.
func (n *Node) Leads(shard storage.ShardID) bool {
	return n.Holds(shard) && n.locals[shard].Status().Role == Leader
}

// Leader returns the node that leads a shard, as far as this one knows, or 0.
func (n *Node) Leader(shard storage.ShardID) storage.NodeID {
	if !n.Holds(shard) {
		return 0
	}
	return n.locals[shard].Status().Leader
}

// Local returns a shard's group as this node's member answers for it: reads by asking the leader how far the log is
// committed, writes if it leads. Where it has no member, it answers ErrNotLeader.
func (n *Node) Local(shard storage.ShardID) Group {
	if !n.Holds(shard) {
		return absent{}
	}
	return n.locals[shard]
}

// Unreachable is told that messages to a node were lost.
func (n *Node) Unreachable(storage.NodeID) {}

// ReceiveSnapshot takes the state of a shard that another node has sent to this one's member, with a message. It
// returns when the member has it on disk, or does not need it any more, or with an error.
func (n *Node) ReceiveSnapshot(ctx context.Context, shard storage.ShardID, message *raftpb.Message, r io.Reader) error {
	return errors.New("this version takes no states")
}
