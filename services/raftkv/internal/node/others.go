package node

import (
	"context"
	"fmt"
	"io"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// What other nodes have this one do, and what is asked of it that knows of other nodes.

// Holds says whether this node has a member of a shard's group.
func (n *Node) Holds(shard storage.ShardID) bool { return n.local(shard) != nil }

// Leads says whether this node leads a shard, as far as it knows.
func (n *Node) Leads(shard storage.ShardID) bool {
	local := n.local(shard)
	return local != nil && local.leads()
}

// Leader returns the node that leads a shard, as far as this one knows, or 0.
func (n *Node) Leader(shard storage.ShardID) storage.NodeID {
	j := n.joined.Load()
	if j == nil || int(shard) >= len(j.groups) {
		return 0
	}
	return leaderOf(j.groups[shard].noLeader())
}

// ChangeMembers has a step of a change of a shard's members taken that begins it, or takes it back; see Replica.ChangeMembers.
// Where this node does not lead the shard, that is a *NotLeader.
func (n *Node) ChangeMembers(ctx context.Context, number storage.ShardID, step shard.Step) error {
	local := n.local(number)
	if local == nil {
		return errAbsent
	}
	return local.replica.ChangeMembers(ctx, step)
}

// Progress returns how far the members of a shard are, if this node leads it, or a *NotLeader.
func (n *Node) Progress(ctx context.Context, shard storage.ShardID) ([]MemberProgress, error) {
	local := n.local(shard)
	if local == nil {
		return nil, errAbsent
	}
	return local.replica.Progress(ctx)
}

// Local returns a shard's group as this node's member answers for it. Where it has none, that is ErrNotLeader.
func (n *Node) Local(shard storage.ShardID) Group {
	if local := n.local(shard); local != nil {
		return local
	}
	return absent{}
}

// Receive takes a message that another node has sent to this one's member of a shard's group. It does not wait. The
// message belongs to the node from then on.
func (n *Node) Receive(shard storage.ShardID, message *raftpb.Message) {
	if local := n.local(shard); local != nil && local.replica.isFor(message) {
		local.replica.receive(message)
	}
}

// Unreachable is told that messages to a node were lost.
func (n *Node) Unreachable(node storage.NodeID) {
	for _, local := range n.Locals() {
		local.replica.unreachable(node)
	}
}

// ReceiveSnapshot takes the state of a shard that another node has sent to this one's member, with a message. It
// returns when the member has it on disk, or does not need it any more, or with an error.
func (n *Node) ReceiveSnapshot(ctx context.Context, shard storage.ShardID, message *raftpb.Message, r io.Reader) error {
	local := n.local(shard)
	if local == nil || !local.replica.isFor(message) || message.GetType() != raftpb.MsgSnap {
		return fmt.Errorf("node %d has no such member of shard %d", n.options.ID, shard)
	}
	staged, err := local.state.Stage(r)
	if err != nil {
		return err
	}
	return local.replica.install(ctx, message, staged)
}

// stalled is told that the disk hangs, or does not hang any more.
func (n *Node) stalled(stalls bool) {
	for _, local := range n.Locals() {
		local.replica.stall(stalls)
	}
}

// HandOver has other nodes take over the shards that this one leads, and waits until they have, or ctx ends. It is for a
// node that is about to stop: who uses the shards then need not wait for an election.
func (n *Node) HandOver(ctx context.Context) {
	for _, local := range n.Locals() {
		local.replica.handOver()
	}
	for _, local := range n.Locals() {
		local.replica.awaitDeposed(ctx)
	}
}
