package node

import (
	"fmt"
	"math"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"numstore.example/services/raftkv/internal/storage"
)

// tick moves Raft's clock.
func (r *Replica) tick() {
	r.ticks++
	r.look()
	r.retrySnapshots()
	if !r.overwhelmed() && !r.stalled {
		r.raft.Tick()
	}
	if !r.alone() {
		r.reads.expire(r.ticks, r.notLeader)
	}
	switch {
	case r.Status().Role == Leader:
		r.goOn()
		r.giveAway()
	case r.ticks-r.deposed >= readTicks:
		r.ledger.fail(ErrDeposed)
	}
}

// overwhelmed says whether the disk is so far behind that no more work is taken. The replica hears nothing then, and its
// clock stands still: it does not stand for election because it hears nothing.
func (r *Replica) overwhelmed() bool { return r.unsynced >= maxAppends }

// takeMail gives Raft what has gathered in the mailbox, in this order:
//
// First what was applied, as an answer to it may be what a client waits for, and reads may go on with it. Then what Raft
// is to be told of appends and applications, from which most follows. Then other members' messages. Proposals are held, until the
// driver has all members propose.
func (r *Replica) takeMail() error {
	mail := r.mail.take()
	if mail.failure != nil {
		mail.refuse(fmt.Errorf("%w: %w", ErrStopped, mail.failure))
		return mail.failure
	}
	if mail.stop {
		mail.refuse(ErrStopped)
		return errStop
	}
	// Who waits is noted before Raft is given anything: it may find the rules broken, and that ends the replica (see loop).
	r.held = append(r.held, mail.proposals...)
	r.reads.add(mail.reads, r.ticks)
	if mail.synced+mail.applications > 0 {
		r.moved = r.ticks
	}
	if r.unsynced -= mail.synced; r.unsynced == 0 {
		r.written()
	}
	r.applying -= mail.applications
	for i := range mail.done {
		r.settle(&mail.done[i])
	}
	for _, staging := range mail.installed {
		r.installed(staging)
	}
	r.deliver(mail.responses)
	if len(mail.done)+len(mail.installed) > 0 {
		r.config.Log.Applied(r.applied)
		r.truncate()
		r.release()
	}
	for _, order := range mail.orders {
		order(r)
	}
	r.takeReports(&mail)
	if !r.overwhelmed() && !r.stalled {
		r.takeReceived(mail.received)
	}
	for _, staging := range mail.offered {
		r.offer(staging)
	}
	if r.stalled {
		r.refuseAll()
	}
	if len(r.held) > 0 {
		r.crew.hold(r)
	}
	return nil
}

// written is told that nothing of the replica's is on its way to the disk.
func (r *Replica) written() {
	if r.writes {
		r.writes = false
		if r.crew.writing--; r.crew.writing == 0 {
			r.crew.gathering.sync(time.Now())
		}
	}
}

// takeReports tells Raft what has become of what was sent to others.
func (r *Replica) takeReports(mail *mail) {
	r.reportLost(mail.lost)
	for _, sent := range mail.sent {
		r.arrived(sent)
	}
}

// takeReceived gives Raft messages of other members.
func (r *Replica) takeReceived(messages []*raftpb.Message) {
	knowsNothing := r.Members().Version == 0
	for _, message := range messages {
		if knowsNothing && message.GetType() == raftpb.MsgApp && message.GetIndex() == 0 {
			continue // the first entries are for members that know who they are; this one waits for the state
		}
		// An error means that the message came too late, or from nobody of this group.
		_ = r.raft.Step(message)
		if raft.IsResponseMsg(message.GetType()) {
			r.heard[storage.MemberID(message.GetFrom())] = r.ticks
		}
	}
}

// handle does what Raft wants done. A change of role comes first: what a former leader has promised must be given up
// before anything else is done in the new role. Reads come last, when it is known how far the log is committed.
func (r *Replica) handle(ready raft.Ready) {
	if ready.SoftState != nil {
		r.roleChanged(ready.SoftState)
	}
	r.deliver(ready.Messages)
	for _, state := range ready.ReadStates {
		r.reads.confirm(state)
	}
	r.release()
}

// release lets reads go on that waited for what the machine shows by now.
func (r *Replica) release() {
	r.reads.release(r.applied)
	r.readEarly()
	r.publish()
}

// deliver brings each message of Raft's to whom it is for: to the log, to the machine, to this member itself, or to
// other nodes.
func (r *Replica) deliver(messages []*raftpb.Message) {
	var remote []*raftpb.Message
	for _, message := range messages {
		switch message.GetTo() {
		case raft.LocalAppendThread:
			r.append(message)
		case raft.LocalApplyThread:
			r.begin()
			r.applying++
			r.underway.Add(1)
			r.crew.next.applies = append(r.crew.next.applies, applying{r, message})
		case uint64(r.config.ID):
			_ = r.raft.Step(message) // an error means that it came too late
		default:
			if message.GetType() == raftpb.MsgSnap {
				r.sendSnapshot(message)
				continue
			}
			if !r.needless(message) {
				remote = append(remote, message)
			}
		}
	}
	r.send(remote)
}

// begin is told that something is handed to the appender or to the applier.
func (r *Replica) begin() {
	if r.unsynced+r.applying == 0 {
		r.moved = r.ticks
	}
}

// look returns how long the replica has been at work. While it waits for its disk, it is not.
func (r *Replica) look() time.Duration {
	if r.unsynced+r.applying > 0 && r.ticks-r.moved > int64(maxPause/tickInterval) {
		return r.worked.rest()
	}
	return r.worked.look()
}

// truncate cuts off the log when that is worth it: behind what the machine keeps, and behind what all members have, unless
// they are too far behind. Only the leader knows of the others; who follows goes by itself.
func (r *Replica) truncate() {
	if r.tail.bytes < r.config.LogShare {
		return
	}
	all, answering := r.slowest()
	index := min(r.kept, max(answering, r.tail.behind(maxBehind*r.config.MaxLog)), max(all, r.tail.behind(maxAbsent*r.config.MaxLog)))
	index = r.keptForSnapshots(index)
	if index > r.truncated {
		r.cutOff(index)
	}
}

// cutOff cuts off the log up to an entry that the machine keeps.
func (r *Replica) cutOff(index storage.Index) {
	r.truncated = index
	r.tail.cut(index)
	r.toAppend(appending{of: r, truncate: index})
}

// slowest returns the last entry that all members have, and that all have which answer, as far as this one knows of others.
func (r *Replica) slowest() (all, answering storage.Index) {
	all, answering = math.MaxUint64, math.MaxUint64
	if r.Status().Role == Leader {
		r.raft.WithProgress(func(id uint64, _ raft.ProgressType, progress tracker.Progress) {
			member, match := storage.MemberID(id), storage.Index(progress.Match)
			all = min(all, match)
			if member == r.config.ID || r.answers(member) {
				answering = min(answering, match)
			}
		})
	}
	return all, answering
}

// answers says whether another member has answered lately. (Raft's own note of that begins anew at each election
// timeout: everybody is silent then for a moment.)
func (r *Replica) answers(id storage.MemberID) bool {
	heard, ever := r.heard[id]
	return ever && r.ticks-heard <= 2*electionTicks
}

func (r *Replica) at(moment Moment) {
	if r.config.At != nil {
		r.config.At(moment)
	}
}

// roleChanged lets a new leader count the log's time on. Reads are asked for again, of the new leader.
func (r *Replica) roleChanged(state *raft.SoftState) {
	if state.RaftState == raft.StateLeader {
		r.clock.start(r.config.Machine.Now(), r.look())
		r.giving.lead(r.ticks)
	} else {
		if r.clock.runs {
			r.deposed = r.ticks
		}
		r.clock.stop()
		r.failChange(ErrDeposed)
	}
	r.reads.askAgain()
	if state.Lead != raft.None {
		select {
		case <-r.led:
		default:
			close(r.led)
		}
	}
}
