package storage

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Layout 1 was this:
//
//   - There was no identity. Nothing that Pebble wrote was bound to the store; the manifest had no mark.
//   - The mark of a log had no id: term, index and checksum in each of its places.
//   - The totals had no term: the applied index came before the revision at once.
//   - One row w said that the store was being filled with a backup.
//   - It always had shard 0, and no other.
//
// It is taken over at the first start. The identity is made first, so that everything that is written from then on is
// bound to the store. Then the mark is written anew, and last the rows, in one batch with the layout's number. A crash
// leaves a folder of layout 1 until then, whose next start goes on where it was. Older tables stay as they are until
// they are merged.
const layout1Mark = 8 + 8

// takeOver makes layout 2 of layout 1.
func (s *Store) takeOver() error {
	marks, err := s.marks()
	if err != nil {
		return err
	}
	for _, path := range marks {
		mark, err := s.openAnyMark(path)
		if err != nil {
			return err
		}
		mark.close()
	}
	batch := s.newBatch()
	defer batch.Close()
	if err := s.takeOverTotals(batch); err != nil {
		return err
	}
	batch.Set(layoutKey, s.layoutRow(), nil)
	if err := s.guard(func() error { return batch.Commit(pebble.Sync) }); err != nil {
		return err
	}
	s.options.Log.Info("the folder had layout 1, and has layout 2 now; older programs cannot use it any more", "dir", s.options.Dir, "store", s.identity.id.String())
	return nil
}

// takeOverTotals completes the totals with the term of the last entry that was applied. That entry is in the log, or
// the last one that was cut off.
func (s *Store) takeOverTotals(batch *pebble.Batch) error {
	key := prefix(spaceState, 0, stateTotals)
	row, err := s.row(key[:])
	if row == nil || err != nil {
		return err
	}
	if len(row) != totalsSize-8 {
		return &damage{what: fmt.Sprintf("the totals in %s have %d bytes", s.options.Dir, len(row))}
	}
	log := &Log{store: s, shard: 0}
	if err := log.load(); err != nil {
		return err
	}
	index := binary.BigEndian.Uint64(row)
	if index < log.truncated.index || index > log.last.index {
		return log.misses(index)
	}
	term, err := log.Term(index)
	if err != nil {
		return err
	}
	return batch.Set(key[:], totalsWithTerm(row, term), nil)
}

// totalsWithTerm returns the totals of layout 1 as they are in layout 2.
func totalsWithTerm(row []byte, term uint64) []byte {
	completed := append(make([]byte, 0, totalsSize), row[:8]...)
	completed = binary.BigEndian.AppendUint64(completed, term)
	return append(completed, row[8:]...)
}

// openAnyMark opens the mark of a log in a store that may have layout 1 still. A mark of layout 1 is written anew.
func (s *Store) openAnyMark(path string) (*mark, error) {
	if s.identity.since > 0 {
		last, old, err := readLayout1Mark(s.fs, path)
		if err != nil {
			return nil, err
		}
		if old {
			return createMark(s.fs, path, s.identity.id, last)
		}
	}
	return openMark(s.fs, path, s.identity.id)
}

// readLayout1Mark reads a mark, or returns false if it is not one of layout 1.
func readLayout1Mark(fs vfs.FS, path string) (last position, old bool, err error) {
	places, found, err := openPlaces(fs, path, layout1Mark)
	if IsDamage(err) {
		return last, false, nil // openMark will say so, if it is damaged
	}
	if err != nil {
		return last, false, err
	}
	defer places.file.Close()
	for _, content := range found {
		if content == nil {
			continue
		}
		p := position{binary.LittleEndian.Uint64(content), binary.LittleEndian.Uint64(content[8:])}
		if last.before(p) {
			last = p
		}
	}
	return last, true, nil
}
