package engine

import (
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// Snapshot is all rows of one moment. Its methods may be called from several goroutines at once, but for Close.
//
// It costs little to have one, but what was overwritten or deleted since cannot give back its room on the disk.
type Snapshot struct {
	store *Store
	rows  *pebble.Snapshot
}

// Snapshot returns the rows as they were written until now, whether that was synced or not. It must be closed before the store is.
func (s *Store) Snapshot() (*Snapshot, error) {
	return UnlessFailed(s, func() (*Snapshot, error) { return &Snapshot{s, s.db.NewSnapshot()}, nil })
}

// Get is Store.Get, as of the moment.
func (s *Snapshot) Get(key []byte) ([]byte, io.Closer, error) { return s.store.get(s.rows, key) }

// Rows is Store.Rows, as of the moment. The iterator must be closed before the snapshot is.
func (s *Snapshot) Rows(lower, upper []byte) (*pebble.Iterator, error) {
	return s.rows.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
}

// Close lets go of the moment.
func (s *Snapshot) Close() error {
	_, err := UnlessFailed(s.store, func() (struct{}, error) { return struct{}{}, s.rows.Close() })
	return err
}
