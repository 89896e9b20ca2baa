package node

import (
	"context"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"numstore.example/services/raftkv/internal/storage"
)

// A leader gives its office away: to the preferred leader, when that has caught up, so that shards are led where the map
// has them; to anybody who can take it before its node stops; and, by falling silent, when its disk hangs.

const (
	// leadBefore is how many ticks a member leads before it gives its office to the preferred leader.
	leadBefore = 5 * int64(time.Second/tickInterval)
	// firstGiving is how many ticks there are between two attempts, at first. It doubles with each, up to lastGiving.
	firstGiving = 10 * int64(time.Second/tickInterval)
	lastGiving  = 10 * int64(time.Minute/tickInterval)
)

// giving is what a replica knows of giving away its leadership.
type giving struct {
	leads int64 // in ticks: since when it leads
	next  int64 // in ticks: when it may be given to the preferred leader
	pause int64 // in ticks: between two attempts
	ends  bool  // the node is about to stop
}

// lead is told that this member leads from now on.
func (g *giving) lead(now int64) {
	g.leads = now
	g.next = max(g.next, now+leadBefore)
}

// givePreferred gives the leadership to the preferred leader, if that answers and has all that is committed. Not in
// quick turns: one whose disk is slow might lose it again and again.
func (r *Replica) givePreferred() {
	members := r.Members()
	preferred := members.Members[0].ID
	if preferred == r.config.ID || members.Learner != nil && members.Learner.Replaces == preferred || r.giving.ends || r.ticks < r.giving.next || !r.answers(preferred) {
		return
	}
	status := r.raft.BasicStatus()
	if status.LeadTransferee != 0 || r.match(preferred) < storage.Index(status.HardState.GetCommit()) {
		return
	}
	r.giving.pause = min(max(2*r.giving.pause, firstGiving), lastGiving)
	r.giving.next = r.ticks + r.giving.pause
	r.config.Logger.Debug("giving the leadership to the preferred leader", "shard", r.config.Shard, "to", preferred)
	r.raft.TransferLeader(uint64(preferred))
}

// match returns the last entry that another member is known to have on its disk.
func (r *Replica) match(member storage.MemberID) (index storage.Index) {
	r.raft.WithProgress(func(id uint64, kind raft.ProgressType, progress tracker.Progress) {
		if storage.MemberID(id) == member && kind == raft.ProgressTypePeer {
			index = storage.Index(progress.Match)
		}
	})
	return index
}

// handOver has the replica give its leadership away, if it leads, and not take it back.
func (r *Replica) handOver() {
	_ = r.order(func(r *Replica) {
		r.giving.ends = true
		r.giveAny()
	})
}

// giveAny gives the leadership to the voter that has most of the log, of those that answer, and says whether there is one.
func (r *Replica) giveAny() bool {
	if r.Status().Role != Leader {
		return false
	}
	var best storage.MemberID
	var most storage.Index
	r.raft.WithProgress(func(id uint64, kind raft.ProgressType, progress tracker.Progress) {
		member, match := storage.MemberID(id), storage.Index(progress.Match)
		if kind == raft.ProgressTypePeer && member != r.config.ID && r.answers(member) && (best == 0 || match > most) {
			best, most = member, match
		}
	})
	if best != 0 {
		r.raft.TransferLeader(uint64(best))
	}
	return best != 0
}

// awaitDeposed waits until the replica does not lead, or ctx ends. One that has no other members leads for ever.
func (r *Replica) awaitDeposed(ctx context.Context) {
	if r.alone() {
		return
	}
	for r.Status().Role == Leader {
		select {
		case <-time.After(tickInterval / 5):
		case <-r.ended:
			return
		case <-ctx.Done():
			return
		}
	}
}

// stall is told that the disk hangs, or does not any more. A replica whose disk hangs has no part in its group: it is
// silent, hears nothing, and its clock stands still, so that the others choose another leader; who waits for an answer from
// it is told that there will be none. A member alone has nobody who could take over, and waits.
func (r *Replica) stall(stalls bool) {
	if r.alone() {
		return
	}
	_ = r.order(func(r *Replica) {
		r.stalled = stalls
		if stalls {
			r.ledger.fail(ErrDeposed)
		}
		r.publish()
	})
}

// refuseAll refuses what nothing was done of yet.
func (r *Replica) refuseAll() {
	reason := r.notLeader()
	for _, proposal := range r.held {
		proposal.Done(nil, reason)
	}
	r.held = nil
	r.reads.fail(reason)
}

// isFor says whether a message is for this member, and from another node's, who is a member or may become one. One that is none any
// more may not know it: where an operator has decided who votes (see shard.Members.Survive), it may even lead those who do not.
func (r *Replica) isFor(message *raftpb.Message) bool {
	from := storage.MemberID(message.GetFrom())
	return storage.MemberID(message.GetTo()) == r.config.ID && from.Node() != r.config.ID.Node() && !r.Members().Gone(from)
}

// unreachable is told that messages to a node were lost.
func (r *Replica) unreachable(node storage.NodeID) {
	if len(r.Members().All()) > 1 {
		_ = r.mail.put(func(m *mail) { m.lost = append(m.lost, node) })
	}
}

// reportLost tells Raft of members that may not have got what was sent.
func (r *Replica) reportLost(nodes []storage.NodeID) {
	for _, member := range r.Members().All() {
		for _, node := range nodes {
			if member.ID.Node() == node {
				r.raft.ReportUnreachable(uint64(member.ID))
				break
			}
		}
	}
}

// notLeader is the error for who asks this member to do what the leader has to.
func (r *Replica) notLeader() error {
	leader := storage.MemberID(r.raft.BasicStatus().Lead).Node()
	if leader == r.config.ID.Node() {
		leader = 0
	}
	return &NotLeader{Leader: leader}
}
