package storage

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine"
)

// Batch is changes of a store that are made in one step, by Commit. There is one at a time: it is made when the one before was committed, and used by
// one goroutine.
//
// It keeps the entries that it was given, which must stay as they are until it was committed. Of several for one key, the last that won is
// written.
type Batch struct {
	store *Store
	keys  map[string]*change
	state *State // nil if it stays as it is
}

// change is what becomes of a key.
type change struct {
	before  stored      // as the store has it
	now     merge.Entry // without the value, if it stays as it was and is long
	present bool        // whether there is an entry now
	changed bool
}

// NewBatch returns an empty batch.
func (s *Store) NewBatch() *Batch { return &Batch{store: s, keys: make(map[string]*change)} }

// look returns what the batch knows of a key.
func (b *Batch) look(key []byte) (*change, error) {
	if c := b.keys[string(key)]; c != nil {
		return c, nil
	}
	row, closer, err := b.store.Store.Get(keyRow(entryRow, key))
	if err != nil {
		return nil, err
	}
	c := &change{}
	if row != nil {
		defer closer.Close()
		if c.before, err = decodeStored(row); err != nil {
			return nil, err
		}
		c.before.value = bytes.Clone(c.before.value)
		c.now, c.present = c.before.entry(bytes.Clone(key)), true
	}
	b.keys[string(key)] = c
	return c, nil
}

// Merge takes an entry if it beats the one that the store with this batch has of its key, and says whether it does.
func (b *Batch) Merge(e merge.Entry) (changed bool, err error) {
	c, err := b.look(e.Key)
	if err != nil {
		return false, err
	}
	if c.present {
		if err := b.complete(c, e.Version); err != nil {
			return false, err
		}
		b.tellTwins(e, c.now)
		if !e.Beats(c.now) {
			return false, nil
		}
	}
	c.now, c.present, c.changed = e, true, true
	return true, nil
}

// tellTwins tells operators of two writes of one version that are not the same: which of them wins is a matter of chance.
func (b *Batch) tellTwins(e, f merge.Entry) {
	if e.Version == f.Version && (e.Deleted != f.Deleted || !bytes.Equal(e.Value, f.Value)) {
		b.store.logger.Error("two different writes of a key have one version: a folder was copied, and both copies have written as one server; one of the two is lost",
			"key", fmt.Sprintf("%.100q", e.Key), "version", e.Version.String())
	}
}

// complete reads a value that was left out, if it is needed to say which of two entries wins.
func (b *Batch) complete(c *change, version merge.Version) error {
	if c.changed || c.before.kind != isLong || c.before.version != version || c.now.Value != nil {
		return nil
	}
	row, err := b.store.Row(keyRow(longRow, c.now.Key))
	if err == nil {
		c.now.Value, err = c.before.long(c.now.Key, row)
	}
	return err
}

// Stored returns the entry of a key that the store has with this batch, or false. Its value may be left out.
func (b *Batch) Stored(key []byte) (e merge.Entry, exists bool, err error) {
	c, err := b.look(key)
	if err != nil {
		return merge.Entry{}, false, err
	}
	return c.now, c.present, nil
}

// Remove takes away the entry or the tombstone of a key, if there is one. Nothing is left of it.
func (b *Batch) Remove(key []byte) error {
	c, err := b.look(key)
	if err != nil || !c.present {
		return err
	}
	c.now, c.present, c.changed = merge.Entry{}, false, true
	return nil
}

// SetState replaces all that the store has beside entries. What differs is written.
func (b *Batch) SetState(state State) { b.state = &state }

// Empty says whether a commit would change nothing.
func (b *Batch) Empty() bool {
	if b.state != nil && !b.state.Equal(b.store.state) {
		return false
	}
	for _, c := range b.keys {
		if c.changed {
			return false
		}
	}
	return true
}

// Commit makes the changes of a batch. They are on disk when it returns, and only then do reads show them. After an error nobody knows whether they
// are, and the store has failed.
func (s *Store) Commit(b *Batch) error {
	if b.Empty() {
		return nil
	}
	state, now := s.state, s.totals
	if b.state != nil {
		state = *b.state
	}
	now.commit++
	now.time, now.self = state.Time, state.Self
	newest := maps.Clone(s.now.newest)
	rows := s.Store.NewBatch()
	b.writeTo(rows, &now.counts, newest)
	writeState(rows, s.state, state)
	s.settle(rows, state)
	rows.Set([]byte{totalsRow}, now.encode(), nil)

	if err := s.Store.Commit(rows, true); err != nil {
		return err // Pebble may still use the rows
	}
	if err := s.mark.Set(engine.Synced{Index: now.commit}); err != nil {
		return err
	}
	s.state, s.totals = state, now
	if err := s.show(now.counts, newest); err != nil {
		return err
	}
	return rows.Close()
}

// writeTo puts into a batch of rows what becomes of the keys, and into what is known of all keys what that changes. The rows are in the order of keys, so
// that Pebble finds the place of each near that of the one before it.
func (b *Batch) writeTo(rows *pebble.Batch, counts *Counts, newest merge.Vector) {
	for _, key := range slices.Sorted(maps.Keys(b.keys)) {
		c := b.keys[key]
		if !c.changed {
			continue
		}
		c.writeTo(rows, []byte(key))
		counts.replace([]byte(key), c)
		if c.present {
			newest[c.now.Version.Origin] = max(newest[c.now.Version.Origin], c.now.Version.Time)
		}
	}
}

// writeTo puts into a batch of rows what becomes of a key.
func (c *change) writeTo(rows *pebble.Batch, key []byte) {
	var now stored
	if c.present {
		now = storedOf(c.now)
	}
	if c.before.exists() {
		rows.Delete(versionRow(indexRow, c.before.version, key), nil)
	}
	if c.before.kind == isTombstone {
		rows.Delete(versionRow(tombstoneRow, c.before.version, key), nil)
	}
	if c.before.kind == isLong && now.kind != isLong {
		rows.Delete(keyRow(longRow, key), nil)
	}
	if !now.exists() {
		if c.before.exists() {
			rows.Delete(keyRow(entryRow, key), nil)
		}
		return
	}
	rows.Set(keyRow(entryRow, key), now.encode(), nil)
	rows.Set(versionRow(indexRow, now.version, key), now.encodeSize(), nil)
	switch now.kind {
	case isTombstone:
		rows.Set(versionRow(tombstoneRow, now.version, key), now.encodeSize(), nil)
	case isLong:
		rows.Set(keyRow(longRow, key), c.now.Value, nil)
	}
}

// replace counts a change of a key.
func (c *Counts) replace(key []byte, by *change) {
	c.add(key, by.before, ^uint64(0))
	if by.present {
		c.add(key, storedOf(by.now), 1)
	}
}

// add counts an entry of a key that comes, 1, or goes, the negative of 1.
func (c *Counts) add(key []byte, s stored, sign uint64) {
	switch {
	case s.kind == isTombstone:
		c.Tombstones += sign
	case s.exists():
		c.Keys += sign
		c.Bytes += sign * (uint64(len(key)) + s.size)
	}
}
