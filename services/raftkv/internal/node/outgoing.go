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
