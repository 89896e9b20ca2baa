package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine/enginetest"
)

var discard = slog.New(slog.DiscardHandler)

// openOn opens the store of a disk.
func openOn(disk vfs.FS) (*Store, error) {
	return Open(Options{Dir: enginetest.Dir, FS: disk, Logger: discard})
}

// describe describes an entry.
func describe(e merge.Entry) string {
	value := string(e.Value)
	if len(value) > 20 {
		value = fmt.Sprintf("%s… (%d bytes)", value[:20], len(value))
	}
	return fmt.Sprintf("%q: %q, deleted %t, %v", e.Key, value, e.Deleted, e.Version)
}

func describeAll(entries []merge.Entry) (lines []string) {
	for _, e := range entries {
		lines = append(lines, describe(e))
	}
	return lines
}

// seeded returns a source of random numbers; a failure says how to repeat it.
func seeded(tb testing.TB) *rand.Rand {
	return enginetest.Random(tb, "./services/gossipkv/internal/storage")
}

// begin opens the store of a disk.
func begin(tb testing.TB, disk vfs.FS) *Store {
	tb.Helper()
	store, err := openOn(disk)
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

func (s *Store) end(tb testing.TB) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

// self is who makes the writes of most tests.
var self = merge.Origin{Server: 7, Incarnation: 0x1122334455667788}

// at is a version of a time.
func at(time uint64) merge.Version { return merge.Version{Time: time, Origin: self} }

// value is an entry with a value, and tombstone one without.
func value(key string, time uint64, value string) merge.Entry {
	return merge.Entry{Key: []byte(key), Value: []byte(value), Version: at(time)}
}

func tombstone(key string, time uint64) merge.Entry {
	return merge.Entry{Key: []byte(key), Deleted: true, Version: at(time)}
}

// upTo is a state that knows all writes of most tests up to a time.
func upTo(time uint64) State {
	known := merge.Vector{self: time}
	return State{Self: self, Time: time, Known: known, Roster: merge.Roster{self: {State: merge.Member, Known: known}}}
}

// commit merges entries, and knows them afterwards.
func (s *Store) commit(entries ...merge.Entry) error {
	batch := s.NewBatch()
	state := s.state
	for _, e := range entries {
		if _, err := batch.Merge(e); err != nil {
			return err
		}
		state = upTo(max(state.Time, e.Version.Time))
	}
	batch.SetState(state)
	return s.Commit(batch)
}

func (s *Store) must(tb testing.TB, entries ...merge.Entry) {
	tb.Helper()
	if err := s.commit(entries...); err != nil {
		tb.Fatal(err)
	}
}

// remove removes keys.
func (s *Store) remove(keys ...string) error {
	batch := s.NewBatch()
	for _, key := range keys {
		if err := batch.Remove([]byte(key)); err != nil {
			return err
		}
	}
	return s.Commit(batch)
}

// compact has all that was written put into tables.
func (s *Store) compact() error {
	return s.Compact(context.Background(), func() error { return nil })
}

// fillSample makes a small store of everything: rows in tables and in the log, long values, tombstones, keys that were removed.
func fillSample(s *Store) (err error) {
	long := func(of string) string { return strings.Repeat(of, maxShort+10) }
	return cmp.Or(
		s.commit(value("a", 1, "first"), value("b", 2, long("b")), value("c", 3, "third"), value("", 4, "")),
		s.commit(tombstone("c", 5), tombstone("d", 6)),
		s.compact(),
		s.commit(value("b", 7, "short"), value("e", 8, long("e")), value("d", 9, "again")),
		s.remove("c", "a"),
		s.compact(),
		s.commit(value("b", 10, "shorter"), tombstone("f", 11)),
		s.commit(value("g", 12, long("g"))),
	)
}

// contents describes all that a store has, line by line. It is read in all ways that there are, which must agree.
func (s *Store) contents() (lines []string, err error) {
	entries, _, last, err := s.Lacking(nil, merge.Version{}, 1<<30)
	if err != nil {
		return nil, err
	}
	if !last {
		return nil, errors.New("there is more than a gigabyte")
	}
	for _, e := range entries {
		got, err := s.Get(e.Key)
		if err != nil {
			return nil, err
		}
		if describe(got) != describe(e) {
			return nil, fmt.Errorf("the index has %s, and there is %s", describe(e), describe(got))
		}
	}
	lines = describeAll(entries)
	dead, err := s.Tombstones(merge.Vector{self: 1 << 60}, 1000)
	if err != nil {
		return nil, err
	}
	keys, _, err := s.Covered(merge.Vector{self: 1 << 60}, nil, 1000)
	if err != nil {
		return nil, err
	}
	view := s.View()
	defer view.Close()
	var dumped []merge.Entry
	if err := view.Dump(nil, nil, false, func(e merge.Entry) bool { dumped = append(dumped, e); return true }); err != nil {
		return nil, err
	}
	lines = append(lines, describeAll(dead)...)
	lines = append(lines, describeAll(dumped)...)
	return append(lines, fmt.Sprintf("%q, %+v, %+v", keys, s.Counts(), s.State())), nil
}
