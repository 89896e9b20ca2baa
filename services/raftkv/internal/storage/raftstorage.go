package storage

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
)

// InitialState implements raft.Storage.
func (l *Log) InitialState() (*raftpb.HardState, *raftpb.ConfState, error) {
	hard := &raftpb.HardState{Term: new(l.hard.term), Vote: new(l.hard.vote), Commit: new(l.hard.commit)}
	return hard, &raftpb.ConfState{Voters: l.voters}, nil
}

// FirstIndex implements raft.Storage.
func (l *Log) FirstIndex() (uint64, error) { return l.truncated.index + 1, nil }

// LastIndex implements raft.Storage.
func (l *Log) LastIndex() (uint64, error) { return l.last.index, nil }

// Term implements raft.Storage.
func (l *Log) Term(index uint64) (uint64, error) {
	first := l.recentFirst()
	switch {
	case index == l.last.index:
		return l.last.term, nil
	case index == l.truncated.index:
		return l.truncated.term, nil
	case index < l.truncated.index:
		return 0, raft.ErrCompacted
	case index > l.last.index:
		return 0, raft.ErrUnavailable
	case index >= first:
		return l.recent[index-first].GetTerm(), nil
	}
	entries, err := l.read(index, index+1)
	if err != nil {
		return 0, err
	}
	return entries[0].GetTerm(), nil
}

// Entries implements raft.Storage.
func (l *Log) Entries(lo, hi, maxSize uint64) ([]*raftpb.Entry, error) {
	if lo <= l.truncated.index {
		return nil, raft.ErrCompacted
	}
	if hi > l.last.index+1 {
		return nil, raft.ErrUnavailable
	}
	entries, err := l.read(lo, hi)
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
func (l *Log) read(lo, hi uint64) ([]*raftpb.Entry, error) {
	if first := l.recentFirst(); lo >= first {
		return l.recent[lo-first : hi-first], nil
	}
	iterator, err := l.store.db.NewIter(&pebble.IterOptions{LowerBound: entryKey(l.shard, lo), UpperBound: entryKey(l.shard, hi)})
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	entries := make([]*raftpb.Entry, 0, hi-lo)
	for iterator.First(); iterator.Valid(); iterator.Next() {
		entry, err := decodeEntry(lo+uint64(len(entries)), iterator.Value())
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	if err := iterator.Error(); err != nil {
		return nil, l.store.readError(err)
	}
	if uint64(len(entries)) != hi-lo {
		return nil, &damage{what: fmt.Sprintf("entries %d to %d of the log in %s are not all there", lo, hi-1, l.store.options.Dir)}
	}
	return entries, nil
}

// Snapshot implements raft.Storage. A group with one replica never asks for one.
func (l *Log) Snapshot() (*raftpb.Snapshot, error) {
	return nil, raft.ErrSnapshotTemporarilyUnavailable
}
