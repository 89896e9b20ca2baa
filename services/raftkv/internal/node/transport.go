package node

import (
	"io"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/storage"
)

// Transport reaches the other nodes: it carries Raft's messages to their members of the groups, states to members that need
// one, and what clients ask of shards that others lead.
type Transport interface {
	// Send sends messages of a shard's group, each to the node of its To, for Node.Receive there.
	//
	// Raft counts on little: a message may be lost, come late, twice, or behind one that was sent after it. It must not
	// come changed, or to another node. Send is called by the goroutine that everyone waits for, so it does not wait: what
	// it has no room for is lost, and told to Node.Unreachable. The messages stay as they are from then on.
	Send(shard storage.ShardID, messages []*raftpb.Message)

	// SendSnapshot sends the state of a shard to the member that a message, a MsgSnap, is for, with the message, for
	// Node.ReceiveSnapshot there. It does not wait. Write writes the state. Done is told once how it has ended: without an
	// error if the member has it.
	SendSnapshot(shard storage.ShardID, message *raftpb.Message, write func(io.Writer) error, done func(error))

	// Group returns a shard's group as another node's member answers for it (see Node.Local): what that has no member for, or
	// does not lead, it does not pass on.
	//
	// A proposal that could not be sent has the error ErrNotLeader, as nothing has happened; one that was sent, and that
	// nothing came back of, ErrDeposed.
	Group(node storage.NodeID, shard storage.ShardID) Group
}

// maxReceived is how many bytes of messages from other nodes may wait for the replica, one message more excepted. What
// comes then is lost, as it might be on its way.
const maxReceived = 64 << 20

// receive takes a message that another member has sent to this one.
func (r *Replica) receive(message *raftpb.Message) { r.mail.receive(message) }

// messageSize returns about how many bytes a message takes in memory.
func messageSize(message *raftpb.Message) int {
	const overhead = 128 // of a message, and of each entry
	size := overhead
	for _, entry := range message.GetEntries() {
		size += overhead + len(entry.GetData())
	}
	return size
}
