package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// The rows of the engine's own. Its user's keys begin with bytes from 'c' to 'u'.
var (
	sourceKey   = []byte{'b'} // what the store was filled with, if it was
	layoutKey   = []byte{'v'} // the version of the layout, a digit, and the store's id; there once the store is complete
	fillingKeys = []byte{'w'} // what those begin with that are there while the store is filled
)

// FillingKey returns the key of a row that says that a part of the store is being filled, until all of it is.
func FillingKey(part []byte) []byte { return append(slices.Clone(fillingKeys), part...) }

func (s *Store) open() error {
	err := s.room.begin()
	if err == nil {
		err = s.prepare()
	}
	if err == nil {
		err = s.openDB()
	}
	if err == nil {
		err = s.finish()
	}
	if err == nil {
		s.presence, err = newPresence(s.fs, s.options.Dir, s.options.FS == nil)
	}
	if err == nil {
		err = s.room.check()
	}
	if err != nil && s.db != nil && !s.hasFailed() {
		_ = s.closeDB(s.db) // a compaction may meet the same damage just now
	}
	if err != nil {
		_ = s.letGo()
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: make room, and start again; nothing is lost: %w", ErrFull, err)
	}
	return err
}

// letGo closes what is open beside Pebble.
func (s *Store) letGo() (err error) {
	if s.manifest != nil {
		err = s.manifest.close()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// prepare checks the folder, and the files in it that Pebble would read too leniently, and makes both if need be.
func (s *Store) prepare() (err error) {
	s.fs = guardedFS{s.fs}
	if err := s.lockDir(); err != nil {
		return err
	}
	if s.existed, err = s.exists(); err != nil {
		return err
	}
	if err := s.identify(); err != nil {
		return err
	}
	if s.manifest, err = openManifestMark(s.fs, s.options.Dir, s.identity.id); err != nil {
		return err
	}
	s.fs = boundFS{s.fs, s.identity, s.manifest}
	if !s.existed {
		s.manifest.forget()
		return nil
	}
	tables, err := checkManifest(s.fs, s.options.Dir, s.manifest, s.identity)
	if err != nil {
		return err
	}
	if err := checkLogs(s.fs, s.options.Dir, tables, s.identity); err != nil {
		return err
	}
	s.newest, err = newestLog(s.fs, s.options.Dir)
	return err
}

// lockDir makes sure that no other process uses the folder, before anything is read that it may be writing.
func (s *Store) lockDir() error {
	exists, err := s.exists()
	if err == nil && !exists {
		if err = checkNothing(s.fs, s.options.Dir); err == nil {
			err = makeDir(s.fs, s.options.Dir)
		}
	}
	if err != nil {
		return err
	}
	if s.lock, err = pebble.LockDirectory(s.options.Dir, s.fs); errors.Is(err, syscall.EAGAIN) {
		return errors.New("it is in use by another process; stop that, or name another folder")
	}
	return err
}

// identify reads who the store is. A new one gets an identity, and so does one of layout 1: what it has written so far
// is not bound to it, what it writes from now on is.
func (s *Store) identify() (err error) {
	known := false
	if s.identity, known, err = readIdentity(s.fs, s.options.Dir, s.options.Layout); known || err != nil {
		return err
	}
	marked, err := isThere(s.fs, s.fs.PathJoin(s.options.Dir, manifestMarkName))
	if err != nil {
		return err
	}
	if s.existed && marked {
		return &damage{what: fmt.Sprintf("%s has %s, but the file %s is missing", s.options.Dir, manifestMarkName, identityName)}
	}
	s.identity, err = writeIdentity(s.fs, s.options.Dir, s.options.Layout)
	return err
}

// finish makes a store of what Pebble has opened, unless it is one.
func (s *Store) finish() error {
	version, err := s.version()
	switch {
	case err != nil:
		return err
	case version == 0:
		if err := s.checkIncomplete(); err != nil {
			return err
		}
		return s.create()
	}
	if err := s.checkSource(); err != nil {
		return err
	}
	switch {
	case version == s.options.Layout:
		return nil
	case s.options.TakeOver == nil:
		return fmt.Errorf("its layout is version %d, and this program knows %d alone; use an older program", version, s.options.Layout)
	}
	return s.takeOver(version)
}

// exists says whether the folder has a Pebble store, complete or not.
func (s *Store) exists() (bool, error) { return exists(s.fs, s.options.Dir) }

// Exists says whether a folder has a store, complete or not. Nothing is made, and a store that is open is not disturbed. FS is
// where the folder is: nil for the disk of this machine.
func Exists(fsys vfs.FS, dir string) (bool, error) {
	if fsys == nil {
		fsys = disk
	}
	return exists(guardedFS{fsys}, dir)
}

func exists(fsys vfs.FS, dir string) (bool, error) {
	desc, err := pebble.Peek(dir, fsys)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return desc.Exists, nil
}

// version returns the layout of a store, or 0 for one that was not made to the end.
func (s *Store) version() (int, error) {
	row, err := s.Row(layoutKey)
	switch {
	case row == nil || err != nil:
		return 0, err
	case string(row) == "1":
		return 1, nil
	case int(row[0]-'0') > s.options.Layout || len(row) != 1+storeIDSize:
		return 0, newerLayout(fmt.Sprintf("%.1s", row), s.options.Layout)
	}
	return int(row[0] - '0'), s.identity.id.owns("what is in "+s.options.Dir, row[1:])
}

// layoutRow says that the store is complete, and which one it is.
func (s *Store) layoutRow() []byte {
	return append([]byte{'0' + byte(s.options.Layout)}, s.identity.id[:]...)
}

// create makes the store usable. A crash before its last step leaves a store that is not complete, with
// nothing that counts; the next Open begins anew.
//
// One that is being filled with a backup has a row that says so until then (see FillingKey): nobody shall take an empty
// store for what was in the backup.
func (s *Store) create() error {
	if err := s.clear(); err != nil {
		return err
	}
	// The second time, the write-ahead log has the newest format from its first byte on.
	db := s.db
	s.db = nil
	if err := s.closeDB(db); err != nil {
		return err
	}
	if err := s.openDB(); err != nil {
		return err
	}
	batch := s.NewBatch()
	defer batch.Close()
	if s.options.Fill != nil {
		source, err := s.options.Fill.Fill(s)
		if err != nil {
			return err
		}
		batch.DeleteRange(fillingKeys, End(fillingKeys), nil)
		batch.Set(sourceKey, []byte(source), nil)
	}
	batch.Set(layoutKey, s.layoutRow(), nil)
	return s.Commit(batch, true)
}

// clear removes what an earlier attempt has left. A new store has nothing to remove; a deletion would be
// carried through its tables for nothing.
func (s *Store) clear() error {
	left, err := s.any(nil, fillingKeys)
	if err != nil || !left {
		return err
	}
	batch := s.NewBatch()
	defer batch.Close()
	batch.DeleteRange([]byte{0}, fillingKeys, nil)
	return s.Commit(batch, true)
}

// any says whether there is a row in a span.
func (s *Store) any(lower, upper []byte) (bool, error) {
	iterator, err := s.Rows(lower, upper)
	if err != nil {
		return false, err
	}
	found := iterator.First()
	return found, s.ReadError(iterator.Close())
}
