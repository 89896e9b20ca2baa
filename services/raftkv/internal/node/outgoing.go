package node

import "go.etcd.io/raft/v3/raftpb"

// outgoing is messages of a shard to other members.
type outgoing struct {
	of       *Replica
	messages []*raftpb.Message
}

// send has messages to other members sent at the end of the round. A member whose disk hangs is silent.
func (r *Replica) send(messages []*raftpb.Message) {
	if len(messages) > 0 && !r.stalled {
		r.crew.next.messages = append(r.crew.next.messages, outgoing{r, messages})
	}
}

// needless says that a message need not be sent: it tells a member how far the group has decided, and no more, and proposals are
// held, of which an entry is about to be made, that says it too. Raft sends one of these to each member for each entry, and wants
// it answered: half of all messages when many write. Should no entry come, the next heartbeat says it.
func (r *Replica) needless(message *raftpb.Message) bool {
	return message.GetType() == raftpb.MsgApp && len(message.GetEntries()) == 0 && len(r.held) > 0
}
