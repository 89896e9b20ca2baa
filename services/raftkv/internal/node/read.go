package node

import (
	"context"
	"encoding/binary"
	"slices"

	"go.etcd.io/raft/v3"

	"numstore.example/services/raftkv/internal/storage"
)

// A read is linearizable if it looks at a state that shows every write which was answered before the read
// began. Raft's ReadIndex (dissertation, section 6.4) tells how far the log was committed at a moment when
// this replica was surely the leader; the read then waits until that is applied. There are no leases:
// they trust clocks.

// Barrier calls done when the machine shows all writes that were answered before the call, or with an error
// when the replica cannot tell. It is called by the goroutine that everyone waits for, so it must be quick.
func (r *Replica) Barrier(done func(error)) {
	if err := r.mail.put(func(m *mail) { m.reads = append(m.reads, done) }); err != nil {
		done(err)
	}
}

// AwaitBarrier is Barrier for a goroutine that waits.
func (r *Replica) AwaitBarrier(ctx context.Context) error {
	passed := make(chan error, 1)
	r.Barrier(func(err error) { passed <- err })
	select {
	case err := <-passed:
		return err
	case <-r.Failed():
		return r.Failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// barrier is a read that waits, since a tick.
type barrier struct {
	done  func(error)
	since int64
}

// reads are barriers that wait: for a leader who can be asked, for his answer, which is an index, then for that to be
// applied. A barrier is in one of the three at a time, and is called once, whatever comes: fail is for all of them.
type reads struct {
	early     []barrier // of which Raft was not asked yet, the oldest first but for those that are to be asked for again
	asked     uint64    // the number of the last question to Raft
	waiting   map[uint64]question
	confirmed []confirmedReads
}

// question is barriers that Raft was asked for, at a tick.
type question struct {
	barriers []barrier
	at       int64
}

type confirmedReads struct {
	index    storage.Index
	barriers []barrier
}

const (
	// readTicks is how long a barrier waits, in ticks, until it is told that the group has no leader.
	readTicks = int64(leaderPatience / tickInterval)
	// askTicks is how long an answer is waited for until Raft is asked again: questions and answers get lost on their way to
	// and from the leader, and Raft does not say so.
	askTicks = electionTicks / 2
)

func newReads() reads { return reads{asked: randomID(), waiting: make(map[uint64]question)} }

// add takes up barriers.
func (r *reads) add(done []func(error), now int64) {
	for _, d := range done {
		r.early = append(r.early, barrier{d, now})
	}
}

// readIndex asks Raft for the index of all barriers at once. Each question is a new one: an answer to an
// earlier question tells nothing of barriers that came after it. Who follows has the leader asked.
func (r *Replica) readIndex(barriers []barrier) {
	if len(barriers) == 0 {
		return
	}
	basic := r.raft.BasicStatus()
	leads := basic.RaftState == raft.StateLeader
	// A new leader does not know how far the log was committed until an entry of its own term is. Raft
	// makes questions wait for that, but not in a group of one voter, and after a crash it would tell too low
	// an index: writes that were answered may be in the log and not be applied yet.
	if basic.Lead == raft.None || leads && r.appliedTerm != storage.Term(basic.HardState.GetTerm()) {
		r.reads.early = append(r.reads.early, barriers...)
		return
	}
	r.reads.asked++
	r.reads.waiting[r.reads.asked] = question{barriers, r.ticks}
	r.raft.ReadIndex(binary.LittleEndian.AppendUint64(nil, r.reads.asked))
}

// readEarly asks for the barriers that are new, and for those that came too early, again.
func (r *Replica) readEarly() {
	early := r.reads.early
	r.reads.early = nil
	r.readIndex(early)
}

// askAgain has everything asked for again that no answer came to: its leader may have gone. An answer that comes late is
// to a question that nobody has.
func (r *reads) askAgain() {
	for number, question := range r.waiting {
		r.early = append(r.early, question.barriers...)
		delete(r.waiting, number)
	}
}

// expire has questions asked again that no answer came to, and gives up barriers that wait for too long.
func (r *reads) expire(now int64, reason func() error) {
	for number, question := range r.waiting {
		if now-question.at >= askTicks {
			r.early = append(r.early, question.barriers...)
			delete(r.waiting, number)
		}
	}
	r.early = expired(r.early, now, reason)
	for i := range r.confirmed {
		r.confirmed[i].barriers = expired(r.confirmed[i].barriers, now, reason)
	}
}

// expired tells those of the barriers that wait for too long, and returns the others.
func expired(barriers []barrier, now int64, reason func() error) []barrier {
	return slices.DeleteFunc(barriers, func(b barrier) bool {
		if now-b.since < readTicks {
			return false
		}
		b.done(reason())
		return true
	})
}

// confirm takes Raft's answer.
func (r *reads) confirm(state raft.ReadState) {
	number := binary.LittleEndian.Uint64(state.RequestCtx)
	if question, ok := r.waiting[number]; ok {
		r.confirmed = append(r.confirmed, confirmedReads{storage.Index(state.Index), question.barriers})
		delete(r.waiting, number)
	}
}

// release lets those go on whose index is applied.
func (r *reads) release(applied storage.Index) {
	kept := r.confirmed[:0]
	for _, reads := range r.confirmed {
		if reads.index > applied {
			kept = append(kept, reads)
			continue
		}
		for _, barrier := range reads.barriers {
			barrier.done(nil)
		}
	}
	clear(r.confirmed[len(kept):])
	r.confirmed = kept
}

// fail lets all go on with an error.
func (r *reads) fail(err error) {
	all := r.early
	r.early = nil
	for number, question := range r.waiting {
		all = append(all, question.barriers...)
		delete(r.waiting, number)
	}
	for _, reads := range r.confirmed {
		all = append(all, reads.barriers...)
	}
	r.confirmed = nil
	for _, barrier := range all {
		barrier.done(err)
	}
}
