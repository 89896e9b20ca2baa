package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2"
)

func (s *Store) open() error {
	var err error
	if s.existed, err = s.exists(); err != nil {
		return err
	}
	if s.existed {
		tables, err := checkManifest(s.fs, s.options.Dir)
		if err != nil {
			return err
		}
		if err := checkLogs(s.fs, s.options.Dir, tables); err != nil {
			return err
		}
		if s.newest, err = newestLog(s.fs, s.options.Dir); err != nil {
			return err
		}
	} else if err := checkNothing(s.fs, s.options.Dir); err != nil {
		return err
	}
	if err := s.openDB(); err != nil {
		return err
	}
	complete, err := s.complete()
	if err == nil && complete && s.options.Restore != nil {
		err = ErrExists
	}
	if err == nil && !complete {
		err = s.checkIncomplete()
	}
	if err == nil && !complete {
		err = s.create()
	}
	if err != nil && s.db != nil && !s.Failed() {
		s.db.Close()
	}
	return err
}

// exists says whether the folder has a Pebble store, complete or not.
func (s *Store) exists() (bool, error) {
	desc, err := pebble.Peek(s.options.Dir, s.fs)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return desc.Exists, nil
}

// complete says whether the store was made to the end.
func (s *Store) complete() (bool, error) {
	version, closer, err := s.db.Get(layoutKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, s.readError(err)
	}
	defer closer.Close()
	if string(version) != layoutVersion {
		return false, fmt.Errorf("its layout is version %q; this program knows version %s", version, layoutVersion)
	}
	return true, nil
}

// create makes the store usable. A crash before its last step leaves a store that is not complete, with
// nothing that counts; the next Open begins anew.
//
// One that is being filled with a backup has a row that says so until then (see Restore): nobody shall take an empty
// store for what was in the backup.
func (s *Store) create() error {
	if err := s.clear(); err != nil {
		return err
	}
	// The second time, the write-ahead log has the newest format from its first byte on.
	db := s.db
	s.db = nil
	if err := db.Close(); err != nil {
		return err
	}
	if err := s.openDB(); err != nil {
		return err
	}
	if s.options.Restore != nil {
		if err := s.options.Restore(s); err != nil {
			return err
		}
		s.states = nil // that which was restored; the one to use is opened anew
	}
	batch := s.db.NewBatch()
	defer batch.Close()
	if s.options.Restore != nil {
		batch.Delete(restoringKey, nil)
	}
	batch.Set(layoutKey, []byte(layoutVersion), nil)
	return s.guard(func() error { return batch.Commit(pebble.Sync) })
}

// checkIncomplete refuses a store that was not made to the end, but must not be made anew.
func (s *Store) checkIncomplete() error {
	names, err := s.fs.List(s.options.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, markPrefix) || strings.HasSuffix(name, unfinishedMark) {
			continue
		}
		path := s.fs.PathJoin(s.options.Dir, name)
		mark, err := openMark(s.fs, path)
		if err != nil {
			return err
		}
		mark.close()
		if mark.last != (position{}) {
			return &damage{what: fmt.Sprintf("%s says that something was synced, but a .log file that is needed is missing or damaged", path)}
		}
	}
	if s.options.Restore != nil {
		return nil
	}
	_, closer, err := s.db.Get(restoringKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return s.readError(err)
	}
	closer.Close()
	return ErrRestoring
}

// clear removes what an earlier attempt has left. A new store has nothing to remove; a deletion would be
// carried through its tables for nothing.
func (s *Store) clear() error {
	iterator, err := s.db.NewIter(&pebble.IterOptions{UpperBound: restoringKey})
	if err != nil {
		return err
	}
	left := iterator.First()
	if err := iterator.Close(); err != nil || !left {
		return err
	}
	return s.guard(func() error { return s.db.DeleteRange([]byte{0}, restoringKey, pebble.Sync) })
}
