package storage

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/engine"
)

// Log is the Raft log of one shard: the entries that are on disk, and Raft's hard state. It is a
// raft.Storage. It is written to by Appends, Install and Truncate, which belong to one goroutine, and wait for the disk if need
// be; the methods of raft.Storage, and Applied, may be called by another, and wait for no write. Raft reads nothing through them
// that is still on its way: what it has given to be appended it keeps itself until that is on disk.
//
// Entries that were read lately, or not applied yet, are kept in memory too: what Raft asks for is
// nearly always among them.
type Log struct {
	store *Store
	shard ShardID
	state *State
	mark  *engine.Mark

	hard hardState // belongs to the goroutine that writes

	underway sync.WaitGroup // appends that were not awaited yet

	mu        sync.Mutex // of what follows; it is held for no write. Who writes may read these without it
	truncated Position   // of the last entry that was cut off
	last      Position
	applied   Index           // as OpenLog, Applied and Install were told
	recent    []*raftpb.Entry // the last entries, up to last; may be empty. The slice is replaced, never changed
	ended     Position        // last, as far as Pebble has it: what syncNow marks
}

// synced is a position as a mark says it.
func synced(p Position) engine.Synced {
	return engine.Synced{Epoch: uint64(p.Term), Index: uint64(p.Index)}
}

type hardState struct {
	term   Term
	vote   MemberID
	commit Index
}

func hardStateOf(hard *raftpb.HardState) hardState {
	return hardState{Term(hard.GetTerm()), MemberID(hard.GetVote()), Index(hard.GetCommit())}
}

var _ raft.Storage = (*Log)(nil)

// OpenLog opens the log of a member of a shard, or makes an empty one. The state, which was opened before for the same
// member, shows all entries up to applied. It fails with an error that IsDamage recognises when the log has lost something that was synced.
func (s *Store) OpenLog(shard ShardID, applied Index) (*Log, error) {
	l := &Log{store: s, shard: shard, state: s.opened(shard).state}
	if l.state == nil {
		return nil, fmt.Errorf("opening the log of shard %d: its state was not opened", shard)
	}
	if err := l.load(); err != nil {
		return nil, fmt.Errorf("opening the log of shard %d: %w", shard, err)
	}
	if err := l.openMark(); err != nil {
		return nil, fmt.Errorf("opening the log of shard %d: %w", shard, err)
	}
	s.hold(shard, l.state.incarnation)
	if applied < l.truncated.Index || applied > l.last.Index {
		l.mark.Close()
		return nil, l.misses(applied)
	}
	// Raft must not be told of less than was applied. The commit index need not be written for that.
	l.hard.commit = max(l.hard.commit, applied)
	l.applied = applied
	l.ended = l.last // Pebble has put what it read from its write-ahead logs into tables, and synced these
	s.mu.Lock()
	s.open[shard] = open{l.state, l}
	s.mu.Unlock()
	return l, nil
}

// misses is the error of a log that the state of its shard does not fit.
func (l *Log) misses(applied Index) error {
	return engine.Damage("the state in %s shows the log up to entry %d, but the log holds entries %d to %d",
		l.store.Dir(), applied, l.truncated.Index+1, l.last.Index)
}

func (l *Log) load() error {
	hard, err := l.readRow(raftHardState, 3)
	if err != nil {
		return err
	}
	truncated, err := l.readRow(raftTruncated, 2)
	if err != nil {
		return err
	}
	l.hard = hardState{Term(hard[0]), MemberID(hard[1]), Index(hard[2])}
	l.truncated = Position{Term(truncated[0]), Index(truncated[1])}
	l.last = l.truncated
	return l.loadEntries()
}

// loadEntries reads the entries that were not cut off, and takes them up as recent.
func (l *Log) loadEntries() error {
	p := prefix(spaceRaft, l.shard, raftEntry)
	iterator, err := l.store.Rows(entryKey(l.shard, l.truncated.Index+1), engine.End(p[:]))
	if err != nil {
		return err
	}
	defer iterator.Close()
	for iterator.First(); iterator.Valid(); iterator.Next() {
		index := Index(binary.BigEndian.Uint64(iterator.Key()[prefixLen:]))
		if index != l.last.Index+1 {
			return engine.Damage("the log in %s has entry %d after entry %d", l.store.Dir(), index, l.last.Index)
		}
		entry, err := decodeEntry(index, iterator.Value())
		if err != nil {
			return err
		}
		l.recent = append(l.recent, entry)
		l.last = PositionOf(entry)
	}
	return l.store.ReadError(iterator.Error())
}

// openMark compares the log with its mark.
func (l *Log) openMark() (err error) {
	fresh := l.last == (Position{}) && l.hard == (hardState{}) // nothing was ever synced, or all is lost
	l.mark, err = l.store.OpenMark(markName(l.shard, l.state.incarnation), synced(l.last), fresh)
	return err
}

// reset makes a new log begin after an entry that the state shows, with which it was restored.
func (l *Log) reset(p Position) error {
	l.hard.term = p.Term
	batch := l.store.NewBatch()
	defer batch.Close()
	l.restart(batch, p)
	if err := l.store.Commit(batch, true); err != nil {
		return err
	}
	// It says nothing yet, so that it does no harm if the store is never completed.
	mark, err := l.store.CreateMark(markName(l.shard, 0), engine.Synced{})
	if err != nil {
		return err
	}
	return mark.Close()
}

// restart puts into a batch what makes the log an empty one that goes on after an entry which the state shows.
func (l *Log) restart(batch *pebble.Batch, after Position) {
	if l.last.Index > l.truncated.Index {
		batch.DeleteRange(entryKey(l.shard, l.truncated.Index+1), entryKey(l.shard, l.last.Index+1), nil)
	}
	l.hard.commit = max(l.hard.commit, after.Index)
	// First in memory, as in Truncate.
	l.mu.Lock()
	l.truncated, l.last, l.recent = after, after, nil
	l.mu.Unlock()
	l.writeTruncated(batch)
	l.writeHardState(batch)
}

// written returns the Position of the last entry that was written, synced or not.
func (l *Log) written() Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// Applied is told up to which entry all were applied, and lets go of these in memory, but for the last one. Raft may have the
// old slice.
func (l *Log) Applied(index Index) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.applied = max(l.applied, index)
	if n := int(min(index, l.last.Index)) - int(l.recentFirst()); n > 0 && n < len(l.recent) {
		l.recent = slices.Clone(l.recent[n:])
	}
}

// Truncate cuts off the entries up to index, if they are there still. All of them must have been applied, and what they have
// changed must be kept (see State.Apply). It need not be synced: the state that shows them goes before it in the write-ahead
// log.
func (l *Log) Truncate(index Index) error {
	l.mu.Lock()
	truncated, applied := l.truncated.Index, l.applied
	l.mu.Unlock()
	switch {
	case index <= truncated:
		return nil
	case index > applied:
		return fmt.Errorf("the log of shard %d cannot be cut off after entry %d: entry %d was applied last", l.shard, index, applied)
	}
	term, err := l.Term(uint64(index))
	if err != nil {
		return err
	}
	batch := l.store.NewBatch()
	batch.DeleteRange(entryKey(l.shard, l.truncated.Index+1), entryKey(l.shard, index+1), nil)
	// First in memory: nobody looks for an entry from here on that is about to go (see look).
	l.mu.Lock()
	l.truncated = Position{Term(term), index}
	l.mu.Unlock()
	l.writeTruncated(batch)
	if err := l.store.Commit(batch, false); err != nil {
		return err // Pebble may still use the batch
	}
	return batch.Close()
}

// Failed is closed when the store of the log has failed. Other goroutines may call it.
func (l *Log) Failed() <-chan struct{} { return l.store.Failed() }

// Failure returns the reason, once it has failed.
func (l *Log) Failure() error { return l.store.Failure() }

// recentFirst returns the index of the first recent entry, or the next one to come if there is none. The lock is held.
func (l *Log) recentFirst() Index { return l.last.Index + 1 - Index(len(l.recent)) }
