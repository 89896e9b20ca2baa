package storage

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// position is a place in a log.
type position struct{ term, index uint64 }

// before says whether a log that ends at p is older than one that ends at q: terms count first.
func (p position) before(q position) bool {
	return p.term < q.term || p.term == q.term && p.index < q.index
}

// mark is a small file that says of which store a log is, and how far it was synced. It is written after each sync and
// before anyone is told of it, and is not synced itself. So it never says too much; after the death of the process it
// says it all, after a power failure perhaps less. A log that ends before its mark was damaged: a torn tail
// has never been synced.
type mark struct {
	places *places
	last   position

	content [markSize]byte
}

const (
	markPrefix = "synced-" // of its name; the shard's number follows
	markSize   = storeIDSize + 8 + 8
)

// createMark makes a mark.
func createMark(fs vfs.FS, path string, id storeID, p position) (*mark, error) {
	m := newMark(id)
	m.put(p)
	var err error
	m.places, err = createPlaces(fs, path, m.content[:])
	return m, err
}

func newMark(id storeID) *mark {
	m := &mark{}
	copy(m.content[:], id[:])
	return m
}

// openMark opens the mark of a log and reads it.
func openMark(fsys vfs.FS, path string, id storeID) (*mark, error) {
	places, found, err := openPlaces(fsys, path, markSize)
	if err != nil {
		return nil, err
	}
	m := newMark(id)
	m.places = places
	for i, content := range found {
		if content == nil {
			continue
		}
		if err := id.owns(path, content); err != nil {
			m.close()
			return nil, err
		}
		p := position{binary.LittleEndian.Uint64(content[storeIDSize:]), binary.LittleEndian.Uint64(content[storeIDSize+8:])}
		if m.last == (position{}) || m.last.before(p) {
			m.last, places.turn = p, 1-i // the next one goes to the other place
		}
	}
	return m, nil
}

// set moves the mark.
func (m *mark) set(p position) error {
	m.put(p)
	return m.places.write(m.content[:])
}

func (m *mark) put(p position) {
	binary.LittleEndian.PutUint64(m.content[storeIDSize:], p.term)
	binary.LittleEndian.PutUint64(m.content[storeIDSize+8:], p.index)
	m.last = p
}

func (m *mark) close() error { return m.places.file.Close() }

// checkEmpty refuses a mark that says that something was synced.
func (m *mark) checkEmpty() error {
	if m.last == (position{}) {
		return nil
	}
	return &damage{what: fmt.Sprintf("%s says that something was synced, but a .log file that is needed is missing or damaged", m.places.path)}
}
