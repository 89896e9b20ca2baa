package node

import (
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/storage"
)

// A write to the log may wait for the disk, and for the room that Pebble makes in memory. So the goroutine that ticks
// does none: it leaves them to the appender, which hands each on to the syncer.

// appending is what the appender shall do: write what Raft says, or cut off the log.
type appending struct {
	message  *raftpb.Message
	staging  *staging      // with a message: a state that comes before what it says
	truncate storage.Index // the last entry to be cut off, if there is no message
	counted  bool          // in Replica.unsynced
}

// unsynced is an append on its way to the disk, and what Raft is to be told when it is there.
type unsynced struct {
	pending   *storage.Pending
	staging   *staging // which is installed, if not nil
	responses []*raftpb.Message
	counted   bool
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
	a := appending{message: message, counted: counted}
	if snapshot := message.GetSnapshot(); snapshot != nil {
		a.staging = r.take(snapshot)
	}
	r.appends.put(a)
}

// write is the appender's goroutine, which owns the log. It keeps the order in which it was told.
func (r *Replica) write() {
	written := make(chan unsynced, maxAppends)
	defer close(written)
	r.running.Go(func() { r.sync(written) })
	for {
		work := r.appends.await()
		if work == nil {
			return
		}
		for _, a := range work {
			if err := r.writeOne(a, written); err != nil {
				r.mail.fail(err)
				return
			}
		}
	}
}

func (r *Replica) writeOne(a appending, written chan<- unsynced) error {
	if a.message == nil {
		return r.config.Log.Truncate(a.truncate)
	}
	r.at(BeforeAppend)
	var hard *raftpb.HardState
	if a.message.Term != nil {
		hard = &raftpb.HardState{Term: a.message.Term, Vote: a.message.Vote, Commit: a.message.Commit}
	}
	if a.staging != nil {
		if err := r.config.Log.Install(a.staging.staged, hard); err != nil {
			return err
		}
	}
	pending, err := r.config.Log.Append(a.message.GetEntries(), hard)
	if err != nil {
		return err
	}
	r.at(BeforeSync)
	if pending != nil || a.counted {
		written <- unsynced{pending, a.staging, a.message.GetResponses(), a.counted}
	}
	return nil
}

// sync is the syncer's goroutine. It keeps the order of the appends: Raft takes the answer to a later one
// for an answer to all before.
func (r *Replica) sync(written <-chan unsynced) {
	for append := range written {
		if append.pending != nil {
			if err := append.pending.Await(); err != nil {
				r.mail.fail(err)
				continue
			}
			r.syncs.Add(1)
			r.at(AfterSync)
		}
		r.mail.synced(append)
	}
}
