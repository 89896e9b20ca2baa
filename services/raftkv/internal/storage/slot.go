package storage

import (
	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
)

// slot is where the rows of a shard's state lie. There are two of them, and a row beside the log says which one counts:
// what comes from another node is written to the other slot, and becomes the state when that row is changed.
type slot struct {
	space byte
	shard ShardID
}

// newSlot returns the one that counts when no row says so.
func newSlot(shard ShardID) slot { return slot{firstSlot, shard} }

// other returns the other one.
func (s slot) other() slot {
	if s.space == firstSlot {
		return slot{secondSlot, s.shard}
	}
	return slot{firstSlot, s.shard}
}

// prefix returns what keys of a kind of row begin with.
func (s slot) prefix(kind byte) [prefixLen]byte { return prefix(s.space, s.shard, kind) }

// span returns the span of all rows.
func (s slot) span() (lower, upper []byte) {
	p := s.prefix(0)
	lower = p[:prefixLen-1]
	return lower, engine.End(lower)
}

// key returns the row of a key.
func (s slot) key(key []byte) []byte {
	p := s.prefix(stateKey)
	return append(append(make([]byte, 0, prefixLen+len(key)), p[:]...), key...)
}

// client returns a row of a client.
func (s slot) client(kind byte, client kv.ClientID) []byte {
	p := s.prefix(kind)
	return append(p[:], client[:]...)
}

// slotKey is the row that says which slot counts.
func slotKey(shard ShardID) []byte {
	p := prefix(spaceRaft, shard, raftSlot)
	return p[:]
}

// slotOf returns the slot of a shard that counts.
func (s *Store) slotOf(shard ShardID) (slot, error) {
	row, err := s.Row(slotKey(shard))
	switch {
	case err != nil:
		return slot{}, err
	case row == nil:
		return newSlot(shard), nil
	case len(row) != 1 || row[0] != firstSlot && row[0] != secondSlot:
		return slot{}, engine.Damage("the slot of shard %d in %s is %q", shard, s.Dir(), row)
	}
	return slot{row[0], shard}, nil
}

// empty deletes all rows of a slot, which must not be the one that counts. It is not synced: what a crash brings back is
// deleted when the state is opened.
func (s *Store) empty(at slot) error {
	lower, upper := at.span()
	iterator, err := s.Rows(lower, upper)
	if err != nil {
		return err
	}
	found := iterator.First()
	if err := iterator.Close(); err != nil || !found { // a deletion would be carried through the tables for nothing
		return s.ReadError(err)
	}
	batch := s.NewBatch()
	batch.DeleteRange(lower, upper, nil)
	if err := s.Commit(batch, false); err != nil {
		return err // Pebble may still use the batch
	}
	return batch.Close()
}
