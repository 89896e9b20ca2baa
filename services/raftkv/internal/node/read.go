package node

import (
	"context"
	"encoding/binary"

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

// reads are barriers that wait: for Raft to tell the index, then for that to be applied. A barrier is in one of the three
// at a time, and is called once, whatever comes: fail is for all of them.
type reads struct {
	early     []func(error) // of which Raft was not asked yet
	asked     uint64        // the number of the last question to Raft
	waiting   map[uint64][]func(error)
	confirmed []confirmedReads
}

type confirmedReads struct {
	index storage.Index
	done  []func(error)
}

// readIndex asks Raft for the index of all barriers at once. Each question is a new one: an answer to an
// earlier question tells nothing of barriers that came after it.
func (r *Replica) readIndex(barriers []func(error)) {
	if len(barriers) == 0 {
		return
	}
	basic := r.raft.BasicStatus()
	if basic.RaftState != raft.StateLeader {
		for _, done := range barriers {
			done(ErrNotLeader)
		}
		return
	}
	if r.appliedTerm != storage.Term(basic.HardState.GetTerm()) {
		// A new leader does not know how far the log was committed until an entry of its own term is. Raft
		// makes questions wait for that, but not in a group of one voter, and after a crash it would tell too low
		// an index: writes that were answered may be in the log and not be applied yet.
		r.reads.early = append(r.reads.early, barriers...)
		return
	}
	r.reads.asked++
	if r.reads.waiting == nil {
		r.reads.waiting = make(map[uint64][]func(error))
	}
	r.reads.waiting[r.reads.asked] = barriers
	r.raft.ReadIndex(binary.LittleEndian.AppendUint64(nil, r.reads.asked))
}

// readEarly asks for the barriers that are new, and for those that came too early, again.
func (r *Replica) readEarly() {
	early := r.reads.early
	r.reads.early = nil
	r.readIndex(early)
}

// confirm takes Raft's answer.
func (r *reads) confirm(state raft.ReadState) {
	question := binary.LittleEndian.Uint64(state.RequestCtx)
	r.confirmed = append(r.confirmed, confirmedReads{storage.Index(state.Index), r.waiting[question]})
	delete(r.waiting, question)
}

// release lets those go on whose index is applied.
func (r *reads) release(applied storage.Index) {
	kept := r.confirmed[:0]
	for _, reads := range r.confirmed {
		if reads.index > applied {
			kept = append(kept, reads)
			continue
		}
		for _, done := range reads.done {
			done(nil)
		}
	}
	clear(r.confirmed[len(kept):])
	r.confirmed = kept
}

// fail lets all go on with an error.
func (r *reads) fail(err error) {
	for _, done := range r.early {
		done(err)
	}
	r.early = nil
	for question, barriers := range r.waiting {
		for _, done := range barriers {
			done(err)
		}
		delete(r.waiting, question)
	}
	for _, reads := range r.confirmed {
		for _, done := range reads.done {
			done(err)
		}
	}
	r.confirmed = nil
}
