package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// places is a small file that is written often, and whole at every moment without being synced. It has two places, in
// sectors of their own, that are written in turns: a torn or damaged one leaves the other.
type places struct {
	file    vfs.File
	path    string
	turn    int    // the place that is written next
	content []byte // of a place, with its checksum

	unreadable error // why a place could not be read when the file was opened, if that was so
}

const (
	placeDistance  = 4096   // from the beginning of one place to that of the next
	unfinishedFile = ".new" // of the name of a file until it is whole
)

// createPlaces makes the file, with the same content in both places. It gets its name when it is whole: a crash before
// that leaves none.
func createPlaces(fs vfs.FS, path string, content []byte) (*places, error) {
	file, err := fs.Create(path+unfinishedFile, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	p := &places{file: file, path: path, content: make([]byte, len(content)+4)}
	for range 2 {
		if err == nil {
			err = p.write(content)
		}
	}
	if err == nil {
		err = p.name(fs)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

// name gives the file its name.
func (p *places) name(fs vfs.FS) error {
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := fs.Rename(p.path+unfinishedFile, p.path); err != nil {
		return err
	}
	return syncDir(fs, fs.PathDir(p.path))
}

// openPlaces opens the file, whose places have a content of so many bytes, and returns what is in them: nil for one
// that is damaged. The caller sets turn.
func openPlaces(fsys vfs.FS, path string, size int) (p *places, found [2][]byte, err error) {
	there, err := isThere(fsys, path)
	if err != nil {
		return nil, found, err
	}
	if !there {
		return nil, found, &damage{what: path + " is missing"} // the next call would make it
	}
	file, err := fsys.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, found, err
	}
	p = &places{file: file, path: path, content: make([]byte, size+4)}
	for i := range found {
		content := make([]byte, size+4)
		_, err := file.ReadAt(content, int64(i)*placeDistance)
		switch {
		case err == nil && Sealed(content):
			found[i] = content[:size]
		case err != nil && err != io.EOF:
			p.unreadable = fmt.Errorf("reading %s: %w", path, err)
		}
	}
	if found[0] == nil && found[1] == nil {
		file.Close()
		if p.unreadable != nil {
			return nil, found, p.unreadable
		}
		return nil, found, &damage{what: path + " is damaged"}
	}
	return p, found, nil
}

// write changes one of the places, and does not sync it.
func (p *places) write(content []byte) error {
	copy(p.content, content)
	Seal(p.content)
	if _, err := p.file.WriteAt(p.content, int64(p.turn)*placeDistance); err != nil {
		return fmt.Errorf("writing %s: %w", p.path, err)
	}
	p.turn = 1 - p.turn
	return nil
}

// Seal puts the checksum of the bytes before its last four at the end of b, where it has room for it.
func Seal(b []byte) {
	binary.LittleEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[:len(b)-4], castagnoli))
}

// Sealed says whether b ends with the checksum that Seal has put there. It has four bytes at least.
func Sealed(b []byte) bool {
	return binary.LittleEndian.Uint32(b[len(b)-4:]) == crc32.Checksum(b[:len(b)-4], castagnoli)
}

// isThere says whether there is a file.
func isThere(fsys vfs.FS, path string) (bool, error) {
	_, err := fsys.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func syncDir(fs vfs.FS, path string) error {
	dir, err := fs.OpenDir(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// makeDir makes a folder and what is missing above it, so that it survives a power failure.
func makeDir(fsys vfs.FS, dir string) error {
	parent := fsys.PathDir(dir)
	if _, err := fsys.Stat(dir); err == nil || parent == dir {
		return nil
	}
	if err := makeDir(fsys, parent); err != nil {
		return err
	}
	if err := fsys.MkdirAll(dir, privateDir); err != nil {
		return err
	}
	return syncDir(fsys, parent)
}
