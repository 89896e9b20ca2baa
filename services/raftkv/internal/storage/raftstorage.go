package storage

import (
	"github.com/cockroachdb/pebble/v2"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/shard"
)

// InitialState implements raft.Storage.
func (l *Log) InitialState() (*raftpb.HardState, *raftpb.ConfState, error) {
	hard := &raftpb.HardState{Term: new(uint64(l.hard.term)), Vote: new(uint64(l.hard.vote)), Commit: new(uint64(l.hard.commit))}
	return hard, confState(l.state.Members()), nil
}

// confState returns the members of a shard as Raft knows them. It has no LearnersNext: who learns has never voted before.
// Between the last two steps of a change, the leader takes the last one by itself.
func confState(members shard.Members) *raftpb.ConfState {
	state := &raftpb.ConfState{Voters: numbers(members.Members), VotersOutgoing: numbers(members.Before)}
	if members.Learner != nil {
		state.Learners = []uint64{uint64(members.Learner.ID)}
	}
	if members.Joint() {
		state.AutoLeave = new(true)
	}
	return state
}

func numbers(members []shard.Member) (numbers []uint64) {
	for _, member := range members {
		numbers = append(numbers, uint64(member.ID))
	}
	return numbers
}

// ConfState returns the members of the shard at the moment that a snapshot is of, as Raft knows them.
func (s *Staged) ConfState() *raftpb.ConfState { return confState(s.content.members) }

// FirstIndex implements raft.Storage.
func (l *Log) FirstIndex() (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(l.truncated.Index) + 1, nil
}

// LastIndex implements raft.Storage.
func (l *Log) LastIndex() (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(l.last.Index), nil
}

// Term implements raft.Storage.
func (l *Log) Term(index uint64) (uint64, error) {
	l.mu.Lock()
	truncated, last := l.truncated, l.last
	l.mu.Unlock()
	switch Index(index) {
	case last.Index:
		return uint64(last.Term), nil
	case truncated.Index:
		return uint64(truncated.Term), nil
	}
	entries, err := l.read(Index(index), Index(index)+1)
	if err != nil {
		return 0, err
	}
	return entries[0].GetTerm(), nil
}

// Entries implements raft.Storage.
func (l *Log) Entries(lo, hi, maxSize uint64) ([]*raftpb.Entry, error) {
	entries, err := l.read(Index(lo), Index(hi))
	if err != nil {
		return nil, err
	}
	size := uint64(0)
	for i, entry := range entries {
		size += uint64(len(entry.GetData()))
		if i > 0 && size > maxSize {
			return entries[:i:i], nil
		}
	}
	return entries[:len(entries):len(entries)], nil
}

// read returns the entries from lo to before hi, from memory if they are there.
func (l *Log) read(lo, hi Index) ([]*raftpb.Entry, error) {
	recent, iterator, err := l.look(lo, hi)
	if err != nil || iterator == nil {
		return recent, err
	}
	defer iterator.Close()
	entries := make([]*raftpb.Entry, 0, hi-lo)
	for iterator.First(); iterator.Valid(); iterator.Next() {
		entry, err := decodeEntry(lo+Index(len(entries)), iterator.Value())
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	if err := iterator.Error(); err != nil {
		return nil, l.store.ReadError(err)
	}
	if Index(len(entries)) != hi-lo {
		return nil, engine.Damage("entries %d to %d of the log in %s are not all there", lo, hi-1, l.store.Dir())
	}
	return entries, nil
}

// look returns entries that are in memory, or else an iterator over those in Pebble. That is made under the lock, before
// an entry which was still there can be cut off: it shows it even then.
func (l *Log) look(lo, hi Index) ([]*raftpb.Entry, *pebble.Iterator, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.recentFirst()
	switch {
	case lo <= l.truncated.Index:
		return nil, nil, raft.ErrCompacted
	case hi > l.last.Index+1:
		return nil, nil, raft.ErrUnavailable
	case lo >= first:
		return l.recent[lo-first : hi-first], nil, nil
	}
	iterator, err := l.store.Rows(entryKey(l.shard, lo), entryKey(l.shard, hi))
	return nil, iterator, err
}

// Snapshot implements raft.Storage. It says which entry the state shows, and has no data: State.WriteSnapshot writes that,
// as of then or later.
func (l *Log) Snapshot() (*raftpb.Snapshot, error) {
	shown := l.state.shown.Load()
	if shown.position.Index == 0 {
		return nil, raft.ErrSnapshotTemporarilyUnavailable // Raft takes none that shows nothing
	}
	return &raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{
		Index: new(uint64(shown.position.Index)), Term: new(uint64(shown.position.Term)), ConfState: confState(shown.members),
	}}, nil
}
