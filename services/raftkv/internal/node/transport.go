package node

import "go.etcd.io/raft/v3/raftpb"

// Transport carries Raft's messages from a member of a group to the others.
//
// Raft counts on little: a message may be lost, come late, twice, or behind one that was sent after it. It must not
// come changed, or to another node than that of its To.
type Transport interface {
	// Send sends messages, each to the node of its To. It is called by the goroutine that everyone waits for, so it
	// does not wait: what it has no room for is lost. The messages stay as they are from then on.
	Send(messages []*raftpb.Message)
}

// maxReceived is how many bytes of messages from other nodes may wait for the replica, one message more excepted. What
// comes then is lost, as it might be on its way.
const maxReceived = 64 << 20

// Receive takes a message that another node has sent to this member. It does not wait. The message belongs to the
// replica from then on.
func (r *Replica) Receive(message *raftpb.Message) { r.mail.receive(message) }

// alone is the transport of a group with one member, which has nobody to send to.
type alone struct{}

func (alone) Send([]*raftpb.Message) {}

// messageSize returns about how many bytes a message takes in memory.
func messageSize(message *raftpb.Message) int {
	const overhead = 128 // of a message, and of each entry
	size := overhead
	for _, entry := range message.GetEntries() {
		size += overhead + len(entry.GetData())
	}
	return size
}
