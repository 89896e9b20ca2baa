package engine

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Synced is how far a log was synced: in which of its epochs, and up to which entry.
type Synced struct{ Epoch, Index uint64 }

// Before says whether a log that was synced up to s is older than one that was synced up to other: epochs count first.
func (s Synced) Before(other Synced) bool {
	return s.Epoch < other.Epoch || s.Epoch == other.Epoch && s.Index < other.Index
}

// Mark is a small file that says of which store a log is, and how far it was synced. It is written after each sync and
// before anyone is told of it, and is not synced itself. So it never says too much; after the death of the process it
// says it all, after a power failure perhaps less. A log that ends before its mark was damaged: a torn tail
// has never been synced.
type Mark struct {
	store  *Store
	places *places
	last   Synced

	content [markSize]byte
}

const (
	markPrefix = "synced-" // of its name; that of the log follows
	markSize   = storeIDSize + 8 + 8
)

// OpenMark opens the mark of a log that ends there. A log that nothing was ever written to has none yet, and it is made. One
// that ends before its mark, or whose mark is missing, has lost something that was synced: that is damage.
func (s *Store) OpenMark(log string, ends Synced, fresh bool) (*Mark, error) {
	path := s.markPath(log)
	if fresh { // or it is lost with all that was in it, and the mark has stayed
		there, err := isThere(s.fs, path)
		if err != nil {
			return nil, err
		}
		if !there {
			return s.CreateMark(log, Synced{})
		}
	}
	m, err := openMark(s.fs, path, s.identity.id)
	if err != nil {
		return nil, err
	}
	m.store = s
	if ends.Before(m.last) {
		m.Close()
		return nil, Damage("the log ends at entry %d, but entry %d was synced (%s): %s is damaged, or a newer .log file is missing",
			ends.Index, m.last.Index, path, s.newest)
	}
	return m, nil
}

// CreateMark makes the mark of a log, which says how far that was synced.
func (s *Store) CreateMark(log string, synced Synced) (*Mark, error) {
	m, err := createMark(s.fs, s.markPath(log), s.identity.id, synced)
	if err != nil {
		return nil, err
	}
	m.store = s
	return m, nil
}

// RemoveMark removes the mark of a log that is not open, and whose rows are gone. It does nothing if there is none. That is
// on disk when it returns.
func (s *Store) RemoveMark(log string) error {
	err := s.fs.Remove(s.markPath(log))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = syncDir(s.fs, s.options.Dir)
	}
	return err
}

// Marked returns the names of all logs that have a mark.
func (s *Store) Marked() (logs []string, err error) {
	paths, err := s.marks()
	for _, path := range paths {
		logs = append(logs, strings.TrimPrefix(s.fs.PathBase(path), markPrefix))
	}
	return logs, err
}

func (s *Store) markPath(log string) string { return s.fs.PathJoin(s.options.Dir, markPrefix+log) }

func createMark(fs vfs.FS, path string, id storeID, synced Synced) (*Mark, error) {
	m := newMark(id)
	m.put(synced)
	var err error
	if m.places, err = createPlaces(fs, path, m.content[:]); err != nil {
		return nil, err
	}
	return m, nil
}

func newMark(id storeID) *Mark {
	m := &Mark{}
	copy(m.content[:], id[:])
	return m
}

func openMark(fsys vfs.FS, path string, id storeID) (*Mark, error) {
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
			m.Close()
			return nil, err
		}
		synced := Synced{binary.LittleEndian.Uint64(content[storeIDSize:]), binary.LittleEndian.Uint64(content[storeIDSize+8:])}
		if m.last == (Synced{}) || m.last.Before(synced) {
			m.last, places.turn = synced, 1-i // the next one goes to the other place
		}
	}
	return m, nil
}

// Last returns what the mark says.
func (m *Mark) Last() Synced { return m.last }

// Set moves the mark. If it cannot, the store has failed: what was synced shall not be acknowledged without it.
func (m *Mark) Set(synced Synced) error {
	return m.store.guard(func() error {
		m.put(synced)
		return m.places.write(m.content[:])
	})
}

// Lower takes back what the mark says, before its log is replaced by one that ends earlier. That is on disk when Lower
// returns: or else a power failure might leave the new log, and the old mark. If it cannot, the store has failed.
func (m *Mark) Lower(synced Synced) error {
	return m.store.guard(func() error {
		m.put(synced)
		for range 2 { // the greater of the two places would count
			if err := m.places.write(m.content[:]); err != nil {
				return err
			}
		}
		return m.store.syncsUnderWay.do(m.places.file.Sync)
	})
}

func (m *Mark) put(synced Synced) {
	binary.LittleEndian.PutUint64(m.content[storeIDSize:], synced.Epoch)
	binary.LittleEndian.PutUint64(m.content[storeIDSize+8:], synced.Index)
	m.last = synced
}

// Close closes the file.
func (m *Mark) Close() error { return m.places.file.Close() }

// checkEmpty refuses a mark that says that something was synced.
func (m *Mark) checkEmpty() error {
	if m.last == (Synced{}) {
		return nil
	}
	return Damage("%s says that something was synced, but a .log file that is needed is missing or damaged", m.places.path)
}

// marks returns the paths of the marks of all logs.
func (s *Store) marks() (paths []string, err error) {
	names, err := s.fs.List(s.options.Dir)
	for _, name := range names {
		if strings.HasPrefix(name, markPrefix) && !strings.HasSuffix(name, unfinishedFile) {
			paths = append(paths, s.fs.PathJoin(s.options.Dir, name))
		}
	}
	return paths, err
}
