package storage

import (
	"bytes"
	"sync/atomic"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine"
)

// moment is what a store had after one commit, when that was synced. It is used by all who read then, and lives until the last of them is done.
type moment struct {
	*engine.Snapshot
	store  *Store
	counts Counts
	newest merge.Vector // the greatest time of an entry that ever was there, of each origin that has or had any

	uses atomic.Int64 // who reads, and the store as long as there is no later one
}

// moment returns what the store has, to be let go of.
func (s *Store) moment() *moment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.now.uses.Add(1)
	return s.now
}

// let is called by who does not use the moment any more.
func (m *moment) let() error {
	if m.uses.Add(-1) > 0 {
		return nil
	}
	return m.Close()
}

// show lets all who read from now on see what was written until now.
func (s *Store) show(counts Counts, newest merge.Vector) error {
	snapshot, err := s.Snapshot()
	if err != nil {
		return err
	}
	m := &moment{Snapshot: snapshot, store: s, counts: counts, newest: newest}
	m.uses.Store(1)
	s.mu.Lock()
	old := s.now
	s.now = m
	s.mu.Unlock()
	if old == nil {
		return nil
	}
	return old.let()
}

// Get returns the entry of a key, a tombstone too; the zero entry if there is none.
func (s *Store) Get(key []byte) (merge.Entry, error) {
	m := s.moment()
	defer m.let()
	return m.entry(key)
}

// Counts returns how much there is.
func (s *Store) Counts() Counts {
	m := s.moment()
	defer m.let()
	return m.counts
}

// Newest returns the greatest time of each origin of which the store has, or had in this run, an entry, whether or not a vector covers it.
func (s *Store) Newest() merge.Vector {
	m := s.moment()
	defer m.let()
	return m.newest
}

// entry returns the entry of a key, whose bytes are the caller's; the zero entry if there is none.
func (m *moment) entry(key []byte) (merge.Entry, error) {
	row, closer, err := m.Get(keyRow(entryRow, key))
	if row == nil || err != nil {
		return merge.Entry{}, err
	}
	defer closer.Close()
	s, err := decodeStored(row)
	if err != nil {
		return merge.Entry{}, err
	}
	return m.whole(key, s)
}

// whole returns the entry of a key, of which the row was read.
func (m *moment) whole(key []byte, s stored) (merge.Entry, error) {
	e := s.entry(bytes.Clone(key))
	e.Value = bytes.Clone(e.Value)
	if s.kind != isLong {
		return e, nil
	}
	row, closer, err := m.Get(keyRow(longRow, key))
	if err != nil {
		return merge.Entry{}, err
	}
	if closer != nil {
		defer closer.Close()
	}
	e.Value, err = s.long(key, row)
	return e, err
}

// View is what a store had at one moment.
type View struct{ moment *moment }

// View returns what the store has now. It must be closed before the store is. As long as it is not, what was overwritten
// or deleted since then keeps its room on the disk.
func (s *Store) View() *View { return &View{s.moment()} }

// Close lets go of the view.
func (v *View) Close() error { return v.moment.let() }

// Dump calls yield for the entries whose keys begin with a prefix and come behind another key, if that is not nil, in the
// order of their keys, until there are no more or yield returns false. Tombstones are left out, and with keysOnly all values. What yield gets
// stays as it is, and belongs to it.
func (v *View) Dump(prefix, after []byte, keysOnly bool, yield func(merge.Entry) bool) error {
	lower := keyRow(entryRow, prefix)
	upper := engine.End(lower)
	if after != nil {
		if behind := append(keyRow(entryRow, after), 0); bytes.Compare(behind, lower) > 0 {
			lower = behind
		}
	}
	return v.moment.eachEntry(lower, upper, func(key []byte, s stored) (more bool, err error) {
		if s.kind == isTombstone {
			return true, nil
		}
		if keysOnly {
			return yield(merge.Entry{Key: bytes.Clone(key), Version: s.version}), nil
		}
		e, err := v.moment.whole(key, s)
		return err == nil && yield(e), err
	})
}

// eachEntry visits the rows of entries in a span, until there are no more or visit returns false or an error. What visit gets may be used until
// it returns.
func (m *moment) eachEntry(lower, upper []byte, visit func(key []byte, s stored) (more bool, err error)) error {
	if bytes.Compare(lower, upper) >= 0 {
		return nil
	}
	rows, err := m.Rows(lower, upper)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.First(); rows.Valid(); rows.Next() {
		row, err := rows.ValueAndErr()
		if err != nil {
			return m.store.ReadError(err)
		}
		s, err := decodeStored(row)
		if err != nil {
			return err
		}
		if more, err := visit(rows.Key()[1:], s); err != nil || !more {
			return err
		}
	}
	return m.store.ReadError(rows.Error())
}
