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

// unsynced is an append on its way to the disk, and what Raft is to be told when it is there.
type unsynced struct {
	pending   *storage.Pending
	responses []*raftpb.Message
}

// run is the goroutine that owns the group.
func (r *Replica) run() {
	r.failure = ErrStopped // unless it is known better; the store may end this goroutine (see storage)
	defer func() {
		close(r.ended)
		close(r.appends)
		r.mail.close(r.failure)
		for _, proposal := range r.held {
			proposal.Done(nil, r.failure)
		}
		r.ledger.fail(r.failure)
		r.reads.fail(r.failure)
	}()
	if err := r.loop(); err != nil {
		r.failure = fmt.Errorf("%w: %w", ErrStopped, err)
		r.config.OnFailure(err)
	}
}

func (r *Replica) loop() (err error) {
	defer func() {
		if p := recover(); p != nil {
			rules, ok := p.(broken)
			if !ok {
				panic(p)
			}
			err = rules
		}
	}()
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	if r.config.Campaign {
		if err := r.raft.Campaign(); err != nil {
			return err
		}
	}
	for {
		for r.raft.HasReady() {
			if err := r.handle(r.raft.Ready()); err != nil {
				return err
			}
		}
		select {
		case <-r.mail.signal:
		case <-ticker.C:
			r.raft.Tick()
			r.ticks++
			r.worked.look()
		case <-r.stopping:
			return nil
		}
		if err := r.takeMail(); err != nil {
			return err
		}
	}
}

// takeMail gives Raft what has gathered in the mailbox.
func (r *Replica) takeMail() error {
	mail := r.mail.take()
	if mail.failure != nil {
		mail.refuse(fmt.Errorf("%w: %w", ErrStopped, mail.failure))
		return mail.failure
	}
	if err := r.deliver(mail.responses); err != nil {
		return err
	}
	for _, message := range mail.received {
		// An error means that the message came too late, or from nobody of this group.
		_ = r.raft.Step(message)
		if raft.IsResponseMsg(message.GetType()) {
			r.heard[message.GetFrom()] = r.ticks
		}
	}
	r.unsynced -= mail.synced
	r.held = append(r.held, mail.proposals...)
	if r.unsynced < maxUnsynced {
		r.propose(r.held)
		r.held = nil
	}
	r.readIndex(mail.reads)
	return nil
}

// handle does what Raft wants done.
func (r *Replica) handle(ready raft.Ready) error {
	if ready.SoftState != nil {
		r.roleChanged(ready.SoftState)
	}
	if err := r.deliver(ready.Messages); err != nil {
		return err
	}
	for _, state := range ready.ReadStates {
		r.reads.confirm(state)
	}
	r.reads.release(r.applied)
	r.readEarly()
	r.publish()
	return nil
}

// deliver brings each message of Raft's to whom it is for: to the log, to the machine, to this member itself, or to
// other nodes. Those for other nodes are sent before the log is synced; what must not leave before that comes as a
// response to the append.
func (r *Replica) deliver(messages []*raftpb.Message) error {
	var remote []*raftpb.Message
	for _, message := range messages {
		var err error
		switch message.GetTo() {
		case raft.LocalAppendThread:
			err = r.append(message)
		case raft.LocalApplyThread:
			err = r.apply(message)
		case r.config.ID:
			_ = r.raft.Step(message) // an error means that it came too late
		default:
			remote = append(remote, message)
		}
		if err != nil {
			return err
		}
	}
	if len(remote) > 0 {
		r.config.Transport.Send(remote)
	}
	return nil
}

// append writes entries to the log and passes them on to the syncer.
func (r *Replica) append(message *raftpb.Message) error {
	r.at(BeforeAppend)
	var hard *raftpb.HardState
	if message.Term != nil {
		hard = &raftpb.HardState{Term: message.Term, Vote: message.Vote, Commit: message.Commit}
	}
	pending, err := r.config.Log.Append(message.GetEntries(), hard)
	if err != nil {
		return err
	}
	r.at(BeforeSync)
	if pending == nil && len(message.GetResponses()) == 0 {
		return nil // a commit index alone
	}
	r.unsynced++
	r.appends <- unsynced{pending, message.GetResponses()}
	return nil
}

// sync is the syncer's goroutine. It keeps the order of the appends: Raft takes the answer to a later one
// for an answer to all before.
func (r *Replica) sync() {
	for append := range r.appends {
		if append.pending != nil {
			if err := append.pending.Wait(); err != nil {
				r.mail.fail(err)
				continue
			}
			r.syncs.Add(1)
			r.at(AfterSync)
		}
		r.mail.synced(append.responses)
	}
}

// apply applies committed entries and answers those who proposed them.
func (r *Replica) apply(message *raftpb.Message) error {
	for _, entry := range message.GetEntries() {
		r.at(BeforeApply)
		e, err := decodeEntry(entry)
		if err != nil {
			return err
		}
		replies, kept, err := r.config.Machine.Apply(entry.GetTerm(), entry.GetIndex(), e.time, e.commands)
		if err != nil {
			return err
		}
		r.kept = kept
		r.clock.saw(e.time, r.worked.look())
		r.at(AfterApply)
		r.applied, r.appliedTerm = entry.GetIndex(), entry.GetTerm()
		r.ledger.settle(e.id, replies)
		r.tail.add(entry.GetIndex(), len(entry.GetData()))
	}
	if err := r.deliver(message.GetResponses()); err != nil {
		return err
	}
	r.config.Log.Applied(r.applied)
	return r.truncate()
}

// truncate cuts off the log when that is worth it: behind what the machine keeps, and behind what all members have that
// answer, unless they are too far behind. Only the leader knows of the others; who follows goes by itself.
func (r *Replica) truncate() error {
	if r.tail.bytes < maxLog {
		return nil
	}
	index := min(r.kept, max(r.slowest(), r.tail.behind(maxBehind)))
	if index <= r.truncated {
		return nil
	}
	r.truncated = index
	r.tail.cut(index)
	return r.config.Log.Truncate(index)
}

// slowest returns the last entry that all members have which answer, as far as this one knows of others.
func (r *Replica) slowest() uint64 {
	index := uint64(math.MaxUint64)
	if r.Status().Role == raft.StateLeader {
		r.raft.WithProgress(func(id uint64, _ raft.ProgressType, member tracker.Progress) {
			if id == r.config.ID || r.answers(id) {
				index = min(index, member.Match)
			}
		})
	}
	return index
}

// answers says whether another member has answered lately. (Raft's own note of that begins anew at each election
// timeout: everybody is silent then for a moment.)
func (r *Replica) answers(id uint64) bool {
	heard, ever := r.heard[id]
	return ever && r.ticks-heard <= 2*electionTicks
}

func (r *Replica) at(moment Moment) {
	if r.config.At != nil {
		r.config.At(moment)
	}
}

// roleChanged lets a new leader count the log's time on, and gives up what a former one cannot answer any more.
func (r *Replica) roleChanged(state *raft.SoftState) {
	if state.RaftState == raft.StateLeader {
		r.clock.start(r.config.Machine.Now(), r.worked.look())
	} else {
		r.clock.stop()
		r.ledger.fail(ErrDeposed)
		r.reads.fail(ErrNotLeader)
	}
	if state.Lead != raft.None {
		select {
		case <-r.led:
		default:
			close(r.led)
		}
	}
}
