package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrFull is returned by Writable while the disk is full.
var ErrFull = errors.New("the disk is full")

const (
	reserveFile = "reserve"
	// reserveShare is the greatest part of a disk that the reserve takes: one in so many.
	reserveShare = 8
)

// room looks after the room on the disk: a full one must have a way out, for a store that cannot write cannot delete
// either.
//
// There is a reserve: a file that holds nothing but room. While less than the reserve's length is free beside it, the
// disk counts as full: the store then takes deletions alone, which Writable tells. Should something run into the end of
// the disk all the same, the reserve is given up and what has failed is tried again; so is it at a start on a full disk.
// When there is room again, for the reserve and half as much again, the store is as before.
type room struct {
	fs  vfs.FS
	dir string

	want    uint64 // the length of the reserve, in bytes; 0 for none
	settled bool   // want will not change any more: so it is before the store is in use

	soon chan struct{} // has an element when the room should be looked at soon

	mu       sync.Mutex // of the reserve's file
	reserved bool
	full     atomic.Bool
	starved  atomic.Bool   // Pebble had no room for a table, and tries again
	short    atomic.Uint64 // how often that was
	free     atomic.Uint64 // bytes, when last looked at
	written  atomic.Uint64 // bytes since then
}

func newRoom(fsys vfs.FS, dir string, want uint64) *room {
	return &room{fs: fsys, dir: dir, want: want, soon: make(chan struct{}, 1)}
}

func (r *room) path() string { return r.fs.PathJoin(r.dir, reserveFile) }

// begin is called before the store is opened. On a full disk it gives up the reserve, as opening takes room.
func (r *room) begin() error {
	free, known := r.look()
	if !known {
		return nil
	}
	info, err := r.fs.Stat(r.path())
	if err != nil {
		return nil // there is none yet
	}
	if r.reserved = uint64(info.Size()) == r.want; r.reserved && free >= r.want {
		return nil
	}
	r.full.Store(free < r.want)
	return r.giveUp()
}

// look returns how many bytes are free, unless the file system does not tell, or the folder is still to be made.
func (r *room) look() (free uint64, known bool) {
	usage, err := r.fs.GetDiskUsage(r.dir)
	if err != nil {
		return 0, false
	}
	if !r.settled {
		r.want, r.settled = min(r.want, usage.TotalBytes/reserveShare), true
	}
	r.free.Store(usage.AvailBytes)
	return usage.AvailBytes, true
}

// giveUp removes the reserve.
func (r *room) giveUp() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reserved = false
	err := r.fs.Remove(r.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// exhausted is called when something has met the end of the disk, and before it is tried again.
func (r *room) exhausted() {
	r.full.Store(true)
	_ = r.giveUp() // if that fails, so does what is tried again
	r.lookSoon()
}

// scarce says whether less is left than a quarter of the reserve, reckoned from the last look and what was written
// since.
func (r *room) scarce() bool {
	return r.want > 0 && r.free.Load() < r.want/4+r.written.Load()
}

// wrote counts bytes that were written, and has the room looked at when they are many: a second is a long time for a
// fast disk.
func (r *room) wrote(bytes int) {
	if r.want > 0 && r.written.Add(uint64(bytes)) > r.want/4 {
		r.lookSoon()
	}
}

func (r *room) lookSoon() {
	select {
	case r.soon <- struct{}{}:
	default:
	}
}

// check looks at the room, and makes the reserve anew when there is enough.
func (r *room) check() (err error) {
	r.written.Store(0)
	free, known := r.look()
	if !known {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.reserved && r.want > 0 && free >= r.want+r.lowWater() {
		if err = r.reserve(); err == nil {
			free -= r.want
		}
	}
	r.free.Store(free)
	if free >= r.want {
		r.starved.Store(false)
	}
	r.full.Store(isFull(r.full.Load(), free, r.want, r.reserved))
	return err
}

// lowWater is how many bytes must be free, beside the reserve, for a store that was full to be so no longer.
func (r *room) lowWater() uint64 { return r.want + r.want/2 }

// needed is lowWater with the reserve, if that is still to be made.
func (r *room) needed() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reserved {
		return r.lowWater()
	}
	return r.want + r.lowWater()
}

// isFull decides whether a disk counts as full that counted so before, or not.
func isFull(before bool, free, reserve uint64, reserved bool) bool {
	if before {
		return !reserved && reserve > 0 || free < reserve+reserve/2
	}
	return free < reserve
}

// reserve makes the reserve. A crash may leave it shorter; the next start then makes it anew.
func (r *room) reserve() error {
	file, err := r.fs.Create(r.path(), vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("making the reserve: %w", err)
	}
	err = errors.Join(allocate(file, int64(r.want)), file.Sync(), file.Close())
	if err != nil {
		return fmt.Errorf("making the reserve: %w", errors.Join(err, r.fs.Remove(r.path())))
	}
	r.reserved = true
	return nil
}

func writeZeros(file vfs.File, length int64) error {
	zeros := make([]byte, 1<<20)
	for length > 0 {
		n, err := file.Write(zeros[:min(length, int64(len(zeros)))])
		if err != nil {
			return err
		}
		length -= int64(n)
	}
	return nil
}

// Writable returns nil when the store takes writes of any kind, or else an ErrFull that says how much is missing. Then
// it takes deletions alone.
func (s *Store) Writable() error {
	if !s.room.full.Load() {
		return nil
	}
	return fmt.Errorf("%w: %s has %d bytes free, and %d are needed", ErrFull, s.options.Dir, s.room.free.Load(), s.room.needed())
}
