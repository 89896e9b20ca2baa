package node

import (
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/storage"
)

// Transport carries Raft's messages from a node's members of the groups to those of other nodes.
//
// Raft counts on little: a message may be lost, come late, twice, or behind one that was sent after it. It must not
// come changed, or to another node than that of its To.
type Transport interface {
	// Send sends messages of a shard's group, each to the node of its To, for Node.Receive there. It is called by the goroutine that everyone waits for, so it
	// does not wait: what it has no room for is lost. The messages stay as they are from then on.
	Send(shard storage.ShardID, messages []*raftpb.Message)
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
