package engine

import (
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// NewBatch returns a batch that names the store: checkLogs refuses one of another store's.
func (s *Store) NewBatch() *pebble.Batch {
	batch := s.db.NewBatch()
	batch.LogData(s.identity.tag(), nil)
	return batch
}

// Commit writes a batch, and waits until it is on disk if it is to be synced. After an error Pebble may still use the
// batch: it must not be closed then.
func (s *Store) Commit(batch *pebble.Batch, sync bool) error {
	s.room.wrote(batch.Len())
	options := pebble.NoSync
	if sync {
		options = pebble.Sync
	}
	return s.guard(func() error {
		s.writing.RLock()
		defer s.writing.RUnlock()
		return batch.Commit(options)
	})
}

// Begin writes a batch and asks for its sync, which Await waits for: meanwhile others can be written, in the same order,
// and may share the sync. After an error Pebble may still use the batch.
func (s *Store) Begin(batch *pebble.Batch) error {
	s.room.wrote(batch.Len())
	return s.guard(func() error {
		s.writing.RLock()
		defer s.writing.RUnlock()
		return s.db.ApplyNoSyncWait(batch, pebble.Sync)
	})
}

// Await waits until a batch that was begun is on disk. It may be called from another goroutine.
func (s *Store) Await(batch *pebble.Batch) error {
	return s.guard(func() error { return s.syncsUnderWay.do(batch.SyncWait) })
}

// Sync waits until all that was written before is on disk.
func (s *Store) Sync() error {
	return s.guard(func() error {
		s.writing.RLock()
		defer s.writing.RUnlock()
		return s.syncsUnderWay.do(func() error { return s.db.LogData(s.identity.tag(), pebble.Sync) })
	})
}

// Get returns a row, to be used until it is closed; or nil, and nothing to close, when it is not there.
func (s *Store) Get(key []byte) ([]byte, io.Closer, error) { return s.get(s.db, key) }

func (s *Store) get(from pebble.Reader, key []byte) ([]byte, io.Closer, error) {
	row, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil, nil
	}
	return row, closer, s.ReadError(err)
}

// Row returns a copy of a row, or nil when it is not there.
func (s *Store) Row(key []byte) ([]byte, error) {
	row, closer, err := s.Get(key)
	if row == nil || err != nil {
		return nil, err
	}
	defer closer.Close()
	return append([]byte{}, row...), nil
}

// Rows returns an iterator over the rows from lower to before upper, as of now. What goes wrong on the way is to be passed
// through ReadError.
func (s *Store) Rows(lower, upper []byte) (*pebble.Iterator, error) {
	return s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
}

// End returns the end of the span of all keys that begin with a prefix, or nil when there is none.
func End(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return append(append([]byte(nil), prefix[:i]...), prefix[i]+1)
		}
	}
	return nil
}
