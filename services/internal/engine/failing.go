package engine

import (
	"errors"
	"fmt"
	"path"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// failingFS is the file system that Pebble gets. For an error of the disk Pebble would end the process, unless
// it was writing a table: so it hears of errors with tables alone. For all else (the write-ahead log, the
// manifest, the folder) the store fails instead, and the disk stays as it was at that moment. Pebble goes on
// believing that it writes, but nothing that it does counts (see guard) and nothing arrives: a manifest, for
// one, must not name a table whose place in the folder was not synced, and no log may be deleted because of it.
type failingFS struct {
	vfs.FS
	store *Store
}

func isTable(name string) bool { return path.Ext(name) == ".sst" }

// Create implements vfs.FS.
func (f failingFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.create(name, category, func() (vfs.File, error) { return f.FS.Create(name, category) })
}

// ReuseForWrite implements vfs.FS.
func (f failingFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.create(newname, category, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, category) })
}

// create makes a file. A table is not made after a failure: Pebble would read it.
func (f failingFS) create(name string, category vfs.DiskWriteCategory, create func() (vfs.File, error)) (vfs.File, error) {
	switch {
	case isTable(name) && f.store.hasFailed():
		return nil, ErrFailed
	case isTable(name):
		file, err := create()
		if err != nil {
			return nil, f.store.pace(err)
		}
		return &tableFile{File: file, store: f.store, merges: category == compaction}, nil
	case f.store.hasFailed():
		return nowhere{}, nil
	}
	file, err := create()
	w := &watchedFile{file, name, f.store}
	if err != nil {
		w.report(err)
		return nowhere{}, nil
	}
	return w, nil
}

// compaction is what Pebble calls a file that it writes to merge others.
const compaction vfs.DiskWriteCategory = "pebble-compaction"

// tableFile is a table that is written. One that merges others must leave the last of the room to the write-ahead log:
// it can be tried again, and that cannot.
type tableFile struct {
	vfs.File
	store  *Store
	merges bool
	failed error // what was written before; Pebble asks once for each block, and notices at the end
}

func (t *tableFile) Write(b []byte) (n int, err error) {
	t.store.room.wrote(len(b))
	switch {
	case t.failed != nil:
		return 0, t.failed
	case t.merges && t.store.room.scarce():
		err = syscall.ENOSPC
	default:
		n, err = t.File.Write(b)
	}
	t.failed = t.store.pace(err)
	return n, t.failed
}

// pace holds up who has had no room for a table: Pebble tries it again at once, and for ever.
func (s *Store) pace(err error) error {
	if errors.Is(err, syscall.ENOSPC) && s.room.want > 0 {
		select {
		case <-time.After(watchInterval):
		case <-s.failed:
		case <-s.stopping:
		}
	}
	return err
}

// OpenDir implements vfs.FS.
func (f failingFS) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &watchedFile{file, name, f.store}, nil
}

// Remove implements vfs.FS.
func (f failingFS) Remove(name string) error {
	if f.store.hasFailed() {
		return nil
	}
	return f.FS.Remove(name)
}

// Rename implements vfs.FS. Pebble renames a file while it opens the store. It would take an error for a reason to give up,
// which ends the process if it merges tables already.
func (f failingFS) Rename(oldname, newname string) error {
	if f.store.hasFailed() {
		return nil // the file may be nowhere, and Pebble would take that for an error
	}
	if err := f.FS.Rename(oldname, newname); err != nil {
		f.store.Fail(fmt.Errorf("renaming %s to %s: %w", oldname, newname, err))
	}
	return nil
}

// List implements vfs.FS. Pebble lists the folder once more, when it may merge tables already: see Rename.
func (f failingFS) List(dir string) ([]string, error) {
	names, err := f.FS.List(dir)
	if err != nil && f.store.opening.Load() {
		f.store.Fail(fmt.Errorf("listing %s: %w", dir, err))
		return nil, nil // whatever Pebble makes of that, it does not arrive
	}
	return names, err
}

// watchedFile reports errors to the store, and to nobody else. After the store has failed it writes nothing.
type watchedFile struct {
	vfs.File
	name  string
	store *Store
}

func (w *watchedFile) report(err error) {
	if err != nil {
		w.store.Fail(fmt.Errorf("writing %s: %w", w.name, err))
	}
}

// do does something to the file.
func (w *watchedFile) do(something func() error) {
	if !w.store.hasFailed() {
		w.report(something())
	}
}

func (w *watchedFile) Write(b []byte) (int, error) {
	w.do(func() error { _, err := w.File.Write(b); return err })
	return len(b), nil
}

func (w *watchedFile) Sync() error {
	w.do(w.File.Sync)
	return nil
}

func (w *watchedFile) SyncData() error {
	w.do(w.File.SyncData)
	return nil
}

func (w *watchedFile) SyncTo(length int64) (fullSync bool, err error) {
	w.do(func() (err error) { fullSync, err = w.File.SyncTo(length); return err })
	return fullSync, nil
}

// Stat is called for a file that is used again.
func (w *watchedFile) Stat() (vfs.FileInfo, error) {
	info, err := w.File.Stat()
	if err != nil {
		w.report(err)
		return emptyFile{}, nil
	}
	return info, nil
}

func (w *watchedFile) Close() error {
	w.report(w.File.Close())
	return nil
}

// nowhere stands in for a file that could not be made, or must not be. Pebble writes to it, and asks for the size of
// one that it believes to use again.
type nowhere struct{ vfs.File }

func (nowhere) Write(b []byte) (int, error)  { return len(b), nil }
func (nowhere) Preallocate(_, _ int64) error { return nil }
func (nowhere) Sync() error                  { return nil }
func (nowhere) SyncData() error              { return nil }
func (nowhere) SyncTo(int64) (bool, error)   { return true, nil }
func (nowhere) Close() error                 { return nil }
func (nowhere) Stat() (vfs.FileInfo, error)  { return emptyFile{}, nil }
func (nowhere) Prefetch(_, _ int64) error    { return nil }
func (nowhere) Fd() uintptr                  { return vfs.InvalidFd }

// emptyFile is what is known of a file that is nowhere.
type emptyFile struct{ vfs.FileInfo }

func (emptyFile) Size() int64 { return 0 }
