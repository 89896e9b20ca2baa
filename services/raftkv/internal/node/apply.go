package node

import (
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/storage"
)

// Applying an entry may wait for the room that Pebble makes in memory. So the driver does not apply: it
// leaves committed entries to the applier, and answers who proposed them when that reports back through the mailbox.
// Raft hands out no more than maxApplying bytes of entries before it is told that others were applied.

// applied is an entry that the machine shows.
type applied struct {
	storage.Position
	entry   // its commands are not looked at any more
	replies [][]byte
	kept    storage.Index // what the machine keeps now
	bytes   int           // of the entry in the log
	step    *stepped      // if it has changed the members
}

// applying is committed entries of a replica, in Raft's message.
type applying struct {
	of      *Replica
	message *raftpb.Message
}

// apply is the applier's goroutine, which owns the machines.
func (c *crew) apply() {
	for {
		work := c.applies.await()
		if work == nil {
			return
		}
		for _, a := range work {
			a.of.applyEntries(a.message)
			a.of.underway.Done()
		}
		c.calls.wake()
	}
}

// applyEntries applies entries, and reports that.
func (r *Replica) applyEntries(message *raftpb.Message) {
	if r.isOver() || r.unappliable {
		return
	}
	done := make([]applied, 0, len(message.GetEntries()))
	for _, entry := range message.GetEntries() {
		r.at(BeforeApply)
		a, err := r.applyEntry(entry)
		if err != nil {
			r.unappliable = true
			r.mail.fail(err)
			return
		}
		r.at(AfterApply)
		done = append(done, a)
	}
	r.mail.applied(done, message.GetResponses())
}

func (r *Replica) applyEntry(entry *raftpb.Entry) (applied, error) {
	if entry.GetType() != raftpb.EntryNormal {
		return r.applyStep(entry)
	}
	e, err := decodeEntry(entry)
	if err != nil {
		return applied{}, err
	}
	at := storage.PositionOf(entry)
	replies, kept, err := r.config.Machine.Apply(at, e.time, e.commands)
	return applied{Position: at, entry: e, replies: replies, kept: kept, bytes: len(entry.GetData())}, err
}

// settle answers who proposed an entry that was applied.
func (r *Replica) settle(a *applied) {
	if a.Index <= r.applied {
		return // a state that was installed meanwhile shows it; nobody here waits for it
	}
	r.kept = a.kept
	r.clock.saw(a.time, r.look())
	if a.Term > r.appliedTerm {
		r.ledger.overtaken(a.Term, r.notLeader())
	}
	r.applied, r.appliedTerm = a.Index, a.Term
	r.ledger.settle(a.id, a.replies)
	if a.id == r.lastEntry && a.id != 0 {
		r.crew.gathering.answer(r.lastRound, r.crew.waiting())
	}
	r.tail.add(a.Index, a.bytes)
	if a.step != nil {
		r.stepApplied(a.step)
	}
}
