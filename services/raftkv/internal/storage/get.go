package storage

import (
	"bytes"
	"encoding/binary"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
)

// Get returns a key's record, whose value must not be changed, or false when the key does not exist. It fails with ErrClosed
// once the shard is closed, and with damage once that is known: the rows may be gone then, or another member's.
func (s *State) Get(key []byte) (record kv.Record, exists bool, err error) {
	for {
		seen := s.look(key)
		if seen.known {
			return seen.record, seen.record.Version != 0, nil
		}
		if seen.slot == nil {
			return kv.Record{}, false, s.ended()
		}
		record, exists, err = s.get(key, seen)
		// The rows of a slot are deleted when another one counts (see Install): as long as this one does, they were there.
		if seen.slot == s.slot.Load() {
			return record, exists, err
		}
	}
}

// seen is what is known of a key without a look into Pebble, and where and when Pebble is to be looked into.
type seen struct {
	record  kv.Record
	known   bool
	slot    *slot
	flushes uint64 // how often changes went to Pebble before
}

func (s *State) look(key []byte) (seen seen) {
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	seen.record, seen.known = s.records.look(key)
	seen.slot, seen.flushes = s.slot.Load(), s.records.flushes
	return seen
}

// get is Get for a key that has to be looked for in Pebble.
func (s *State) get(key []byte, seen seen) (record kv.Record, exists bool, err error) {
	row, closer, err := s.store.Get(seen.slot.key(key))
	if row == nil || err != nil {
		return kv.Record{}, false, err
	}
	defer closer.Close()
	if record, err = decodeRecord(row); err != nil {
		return kv.Record{}, false, err
	}
	record.Value = bytes.Clone(record.Value)
	s.records.add(key, record, seen.flushes)
	return record, true, nil
}

// A record is stored as its version, in eight bytes, and its value.
func decodeRecord(row []byte) (kv.Record, error) {
	if len(row) < 8 {
		return kv.Record{}, engine.Damage("a record is too short")
	}
	return kv.Record{Version: binary.BigEndian.Uint64(row), Value: row[8:]}, nil
}
