package node

import (
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/storage"
)

// A write to the log may wait for the disk, and for the room that Pebble makes in memory. So the driver does none: it leaves
// them to the appender, which writes all that lies there as one batch, and has that synced before it looks again.

// maxBatch is about how many bytes the appender writes at a time.
const maxBatch = 1 << 20

// appending is what the appender shall do for a replica: write what Raft says, or cut off the log.
type appending struct {
	of       *Replica
	message  *raftpb.Message
	staging  *staging      // with a message: a state that comes before what it says
	truncate storage.Index // the last entry to be cut off, if there is no message
	counted  bool          // in Replica.unsynced
	wrote    bool          // there was something to be written
}

// append has entries, a vote or a term written. What follows from them is in the message, as responses that come back
// through the mailbox.
func (r *Replica) append(message *raftpb.Message) {
	// A commit index alone need not be waited for.
	counted := len(message.GetEntries()) > 0 || len(message.GetResponses()) > 0
	if counted {
		r.begin()
		r.unsynced++
	}
	a := appending{of: r, message: message, counted: counted}
	if snapshot := message.GetSnapshot(); snapshot != nil {
		a.staging = r.take(snapshot)
	}
	r.toAppend(a)
}

func (r *Replica) toAppend(a appending) {
	r.underway.Add(1)
	r.crew.next.appends = append(r.crew.next.appends, a)
}

// write is the appender's goroutine, which owns the logs. It keeps the order in which it was told.
func (c *crew) write() {
	for {
		work := c.appends.await()
		if work == nil {
			return
		}
		batch := c.store.NewAppends()
		begun := 0
		for i, a := range work {
			if batch.Size() > maxBatch || a.staging != nil {
				c.sync(batch, work[begun:i])
				batch, begun = c.store.NewAppends(), i
			}
			work[i].wrote = a.of.add(batch, a)
		}
		c.sync(batch, work[begun:])
	}
}

// add puts what is to be written into a batch, and says whether there is something.
func (r *Replica) add(batch *storage.Appends, a appending) bool {
	if r.isOver() || r.unwritable {
		return false
	}
	if a.message == nil {
		r.cannotWrite(r.config.Log.Truncate(a.truncate))
		return false
	}
	r.at(BeforeAppend)
	var hard *raftpb.HardState
	if a.message.Term != nil {
		hard = &raftpb.HardState{Term: a.message.Term, Vote: a.message.Vote, Commit: a.message.Commit}
	}
	if a.staging != nil {
		if err := r.config.Log.Install(a.staging.staged, hard); err != nil {
			r.cannotWrite(err)
			return false
		}
	}
	return batch.Add(r.config.Log, a.message.GetEntries(), hard)
}

// cannotWrite is told by the appender how something has ended. After an error, nothing more of the replica's is written.
func (r *Replica) cannotWrite(err error) {
	if err != nil {
		r.unwritable = true
		r.mail.fail(err)
	}
}

// sync has a batch written and synced, and reports that. Raft takes the answer to a later append for an answer to all before.
func (c *crew) sync(batch *storage.Appends, work []appending) {
	err := batch.Begin()
	for _, a := range work {
		if a.message != nil {
			a.of.at(BeforeSync)
		}
	}
	if err == nil {
		err = batch.Await()
	}
	for _, a := range work {
		r := a.of
		if a.wrote {
			r.cannotWrite(err)
		}
		if a.message != nil && !r.unwritable {
			if a.wrote {
				r.syncs.Add(1)
				r.at(AfterSync)
			}
			r.mail.synced(a)
		}
		r.underway.Done()
	}
	c.calls.wake()
}
