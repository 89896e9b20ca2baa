package storage

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/internal/engine"
)

// Layout 1 was this:
//
//   - There was no identity. Nothing that Pebble wrote was bound to the store; the manifest had no mark.
//   - The mark of a log had no id: term, index and checksum in each of its places.
//   - The totals had no term: the applied index came before the revision at once.
//   - One row w said that the store was being filled with a backup.
//   - It always had shard 0, and no other.
//
// It is taken over at the first start: the engine sees to the identity and the marks, the rest is here.

// takeOverTotals completes the totals with the term of the last entry that was applied. That entry is in the log, or
// the last one that was cut off.
func takeOverTotals(below *engine.Store, batch *pebble.Batch) error {
	s := newStore(below, Options{})
	key := newSlot(0).prefix(stateTotals)
	row, err := s.Row(key[:])
	if row == nil || err != nil {
		return err
	}
	if len(row) != totalsSize-8 {
		return engine.Damage("the totals in %s have %d bytes", s.Dir(), len(row))
	}
	log := &Log{store: s, shard: 0}
	if err := log.load(); err != nil {
		return err
	}
	index := Index(binary.BigEndian.Uint64(row))
	if index < log.truncated.Index || index > log.last.Index {
		return log.misses(index)
	}
	term, err := log.Term(uint64(index))
	if err != nil {
		return err
	}
	return batch.Set(key[:], totalsWithTerm(row, Term(term)), nil)
}

// totalsWithTerm returns the totals of layout 1 as they are in layout 2.
func totalsWithTerm(row []byte, term Term) []byte {
	completed := append(make([]byte, 0, totalsSize), row[:8]...)
	completed = binary.BigEndian.AppendUint64(completed, uint64(term))
	return append(completed, row[8:]...)
}
