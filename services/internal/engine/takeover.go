package engine

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A store may be older than its identity. Nothing that Pebble wrote then was bound to it; the manifest had no mark, and
// the marks of logs had no id: two numbers and a checksum in each of their places.
//
// Such a store, and one whose rows have an older layout, is taken over when it is first opened. The identity is made
// first, so that everything that is written from then on is bound to the store. Then the marks are written anew, and last
// the rows, in one batch with the layout's number. A crash leaves a store of the older layout until then, and the next
// opening goes on where it was. Older tables stay as they are until they are merged.
const oldMark = 8 + 8

// takeOver makes the present layout of an older one.
func (s *Store) takeOver(from int) error {
	if err := s.eachMark(func(*Mark) error { return nil }); err != nil { // which writes them anew
		return err
	}
	batch := s.NewBatch()
	defer batch.Close()
	if err := s.options.TakeOver(s, from, batch); err != nil {
		return err
	}
	batch.Set(layoutKey, s.layoutRow(), nil)
	if err := s.Commit(batch, true); err != nil {
		return err
	}
	s.options.Logger.Info(fmt.Sprintf("the folder had layout %d, and has layout %d now; older programs cannot use it any more", from, s.options.Layout),
		"dir", s.options.Dir, "store", s.identity.id.String())
	return nil
}

// eachMark opens the marks of all logs, in a store that may be older than its identity, until do returns an error. A mark
// is closed when do gets it.
func (s *Store) eachMark(do func(*Mark) error) error {
	marks, err := s.marks()
	if err != nil {
		return err
	}
	for _, path := range marks {
		mark, err := s.openAnyMark(path)
		if err != nil {
			return err
		}
		mark.Close()
		if err := do(mark); err != nil {
			return err
		}
	}
	return nil
}

// openAnyMark opens the mark of a log in a store that may have layout 1 still. A mark of layout 1 is written anew.
func (s *Store) openAnyMark(path string) (*Mark, error) {
	if s.identity.since > 0 {
		last, old, err := readOldMark(s.fs, path)
		if err != nil {
			return nil, err
		}
		if old {
			return createMark(s.fs, path, s.identity.id, last)
		}
	}
	return openMark(s.fs, path, s.identity.id)
}

// readOldMark reads a mark, or returns false if it is not one of layout 1.
func readOldMark(fs vfs.FS, path string) (last Synced, old bool, err error) {
	places, found, err := openPlaces(fs, path, oldMark)
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
		p := Synced{binary.LittleEndian.Uint64(content), binary.LittleEndian.Uint64(content[8:])}
		if last.Before(p) {
			last = p
		}
	}
	return last, true, nil
}
