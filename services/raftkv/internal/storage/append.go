package storage

import (
	"github.com/cockroachdb/pebble/v2"
	"go.etcd.io/raft/v3/raftpb"
)

// Appends are appends to logs of a store that share a batch, and so a sync. They belong to the goroutine that writes these logs:
// Add what is there, then Begin, then Await. What is added to one log is written in that order.
type Appends struct {
	store *Store
	batch *pebble.Batch
	ends  []ending
}

// ending is a log to which something is appended, and where it ends then.
type ending struct {
	log *Log
	at  Position
}

// NewAppends returns appends to nothing yet.
func (s *Store) NewAppends() *Appends { return &Appends{store: s} }

// Add appends entries to a log, which may replace its end, and a hard state unless that is nil. They count when Await has
// returned without an error. It says whether there is anything to be written.
func (a *Appends) Add(l *Log, entries []*raftpb.Entry, hard *raftpb.HardState) bool {
	voted := false
	if hard != nil {
		now := hardStateOf(hard)
		voted = now.term != l.hard.term || now.vote != l.hard.vote
		l.hard = now
	}
	// A commit index alone is not worth a write: the state knows what was applied.
	if len(entries) == 0 && !voted {
		return false
	}
	if a.batch == nil {
		a.batch = a.store.NewBatch()
	}
	l.writeHardState(a.batch)
	l.writeEntries(a.batch, entries)
	if n := len(a.ends); n > 0 && a.ends[n-1].log == l {
		a.ends[n-1].at = l.last
	} else {
		a.ends = append(a.ends, ending{l, l.last})
	}
	return true
}

// Size returns about how many bytes are to be written, 0 if there is nothing.
func (a *Appends) Size() int {
	if a.batch == nil {
		return 0
	}
	return a.batch.Len()
}

// Begin writes what was added, and asks for a sync.
func (a *Appends) Begin() (err error) {
	if a.batch == nil {
		return nil
	}
	if a.store.options.SyncInterval == 0 {
		err = a.store.Begin(a.batch) // awaited in Await
	} else {
		err = a.store.Commit(a.batch, false)
	}
	for _, end := range a.ends {
		end.log.mu.Lock()
		end.log.ended = end.at
		end.log.mu.Unlock()
		if err == nil {
			end.log.underway.Add(1)
		}
	}
	return err
}

// Await returns when all of it is on disk, or at once if the store syncs at intervals. After an error of Begin, it must not be called.
func (a *Appends) Await() error {
	if a.batch == nil {
		return nil
	}
	defer func() {
		for _, end := range a.ends {
			end.log.underway.Done()
		}
	}()
	if a.store.options.SyncInterval == 0 {
		if err := a.store.Await(a.batch); err != nil {
			return err // Pebble may still use the batch
		}
		for _, end := range a.ends {
			if err := end.log.mark.Set(synced(end.at)); err != nil {
				return err
			}
		}
	}
	return a.batch.Close()
}

// writeEntries puts entries behind those that stay, in memory and into the batch.
func (l *Log) writeEntries(batch *pebble.Batch, entries []*raftpb.Entry) {
	if len(entries) == 0 {
		return
	}
	first := PositionOf(entries[0]).Index
	if first <= l.last.Index {
		batch.DeleteRange(entryKey(l.shard, first), entryKey(l.shard, l.last.Index+1), nil)
	}
	for _, entry := range entries {
		l.writeEntry(batch, entry)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if keep := int(first) - int(l.recentFirst()); keep >= 0 && keep <= len(l.recent) {
		l.recent = append(l.recent[:keep:keep], entries...)
	} else {
		l.recent = append([]*raftpb.Entry(nil), entries...)
	}
	l.last = PositionOf(entries[len(entries)-1])
}
