package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// position is a place in a log.
type position struct{ term, index uint64 }

// before says whether a log that ends at p is older than one that ends at q: terms count first.
func (p position) before(q position) bool {
	return p.term < q.term || p.term == q.term && p.index < q.index
}

// mark is a small file that says how far a log was synced. It is written after each sync and before anyone is
// told of it, and is not synced itself. So it never says too much; after the death of the process it
// says it all, after a power failure perhaps less. A log that ends before its mark was damaged: a torn tail
// has never been synced.
//
// The file has two places, in sectors of their own, that are written in turns: a torn or damaged one leaves
// the other.
type mark struct {
	file vfs.File
	path string
	turn int
	last position
}

const (
	markPrefix     = "synced-" // of its name; the shard's number follows
	unfinishedMark = ".new"    // of its name until it is whole

	markPlace = 4096 // bytes from one place to the next
	markSize  = 8 + 8 + 4
)

// createMark makes the mark of a new log. It gets its name when it is whole: a crash before that leaves none.
func createMark(fs vfs.FS, path string) (*mark, error) {
	unfinished := path + unfinishedMark
	file, err := fs.Create(unfinished, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	m := &mark{file: file, path: path}
	for range 2 {
		if err := m.set(position{}); err != nil {
			return nil, err
		}
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	if err := fs.Rename(unfinished, path); err != nil {
		return nil, err
	}
	return m, syncDir(fs, fs.PathDir(path))
}

// openMark opens the mark of a log and reads it.
func openMark(fsys vfs.FS, path string) (*mark, error) {
	if _, err := fsys.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &damage{what: path + " is missing"} // the next call would make it
	}
	file, err := fsys.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	m := &mark{file: file, path: path}
	valid := 0
	for turn := range 2 {
		var b [markSize]byte
		if _, err := file.ReadAt(b[:], int64(turn)*markPlace); err != nil || !sealed(b[:]) {
			continue
		}
		valid++
		p := position{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}
		if valid == 1 || m.last.before(p) {
			m.last, m.turn = p, 1-turn // the next one goes to the other place
		}
	}
	if valid == 0 {
		file.Close()
		return nil, &damage{what: path + " is damaged"}
	}
	return m, nil
}

// set moves the mark.
func (m *mark) set(p position) error {
	var b [markSize]byte
	binary.LittleEndian.PutUint64(b[:], p.term)
	binary.LittleEndian.PutUint64(b[8:], p.index)
	seal(b[:])
	if _, err := m.file.WriteAt(b[:], int64(m.turn)*markPlace); err != nil {
		return fmt.Errorf("writing %s: %w", m.path, err)
	}
	m.turn = 1 - m.turn
	m.last = p
	return nil
}

func (m *mark) close() error { return m.file.Close() }

// seal puts the checksum of the bytes before it at the end of b.
func seal(b []byte) {
	binary.LittleEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[:len(b)-4], castagnoli))
}

func sealed(b []byte) bool {
	return binary.LittleEndian.Uint32(b[len(b)-4:]) == crc32.Checksum(b[:len(b)-4], castagnoli)
}

func syncDir(fs vfs.FS, path string) error {
	dir, err := fs.OpenDir(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
