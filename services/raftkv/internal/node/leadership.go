package node

import (
	"context"
	"math/rand/v2"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"numstore.example/services/raftkv/internal/storage"
)

// A leader gives its office away: to the preferred leader, when that has caught up, so that shards are led where the map
// has them; to anybody who can take it before its node stops, and while its disk is full; and, by falling silent, when its
// disk hangs.

const (
	// leadBefore is how many ticks a member leads before it gives its office to the preferred leader.
	leadBefore = 5 * int64(time.Second/tickInterval)
	// firstGiving is how many ticks there are between two attempts, at first. It doubles with each, up to lastGiving.
	firstGiving = 10 * int64(time.Second/tickInterval)
	lastGiving  = 10 * int64(time.Minute/tickInterval)
	// firstFull and lastFull are the same for a leader whose disk is full. They are shorter, so that one that others give
	// the office back to, as the preferred leader, does not keep it.
	firstFull = int64(time.Second / tickInterval)
	lastFull  = int64(time.Minute / tickInterval)
)

// giving is what a replica knows of giving away its leadership.
type giving struct {
	leads int64 // in ticks: since when it leads
	next  int64 // in ticks: when it may be given to the preferred leader
	pause int64 // in ticks: between two attempts
	ends  bool  // the node is about to stop

	nextFull  int64 // in ticks: when it may be given away again because the disk is full
	pauseFull int64 // in ticks: between two attempts to
}

// lead is told that this member leads from now on.
func (g *giving) lead(now int64) {
	g.leads = now
	g.next = max(g.next, now+leadBefore)
}

// giveAway gives the leadership to who should have it rather than this member.
func (r *Replica) giveAway() {
	if r.config.Full() {
		r.giveFull()
		return
	}
	r.givePreferred()
}

// giveFull gives the leadership to any member that has all that is committed. The leader is whom clients ask, and one whose disk
// is full refuses all but deletions. It is not known whose disk has room: so it is by chance who gets it, and who has no room
// either gives it on. Where there is no room anywhere it goes around at ever longer intervals.
func (r *Replica) giveFull() {
	status := r.raft.BasicStatus()
	if r.giving.ends || r.ticks < r.giving.nextFull || status.LeadTransferee != 0 {
		return
	}
	heirs := r.heirs(storage.Index(status.HardState.GetCommit()))
	if len(heirs) == 0 {
		return
	}
	if r.ticks > r.giving.nextFull+2*r.giving.pauseFull {
		r.giving.pauseFull = 0 // it has been with others for long enough
	}
	r.giving.pauseFull = min(max(2*r.giving.pauseFull, firstFull), lastFull)
	r.giving.nextFull = r.ticks + r.giving.pauseFull
	heir := heirs[rand.IntN(len(heirs))]
	r.config.Logger.Debug("giving the leadership away, as the disk is full", "shard", r.config.Shard, "to", heir)
	r.raft.TransferLeader(uint64(heir))
}

// heirs returns the other voters that answer, and are known to have the log up to an entry on their disks.
func (r *Replica) heirs(upTo storage.Index) (heirs []storage.MemberID) {
	r.answering(func(member storage.MemberID, match storage.Index) {
		if match >= upTo {
			heirs = append(heirs, member)
		}
	})
	return heirs
}

// answering calls f for each of the other voters that answers, with the last entry that it is known to have on its disk.
func (r *Replica) answering(f func(member storage.MemberID, match storage.Index)) {
	r.raft.WithProgress(func(id uint64, kind raft.ProgressType, progress tracker.Progress) {
		if member := storage.MemberID(id); kind == raft.ProgressTypePeer && member != r.config.ID && r.answers(member) {
			f(member, storage.Index(progress.Match))
		}
	})
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
	r.answering(func(member storage.MemberID, match storage.Index) {
		if best == 0 || match > most {
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
