package storage

import "github.com/cockroachdb/pebble/v2"

const fillingBatch = 4 << 20 // bytes of rows that are written at a time

// filler writes rows into slots, some at a time, so that memory is bounded whatever there is to come.
type filler struct {
	store *Store
	batch *pebble.Batch // what was not written yet
}

func (s *Store) fill() *filler { return &filler{s, s.NewBatch()} }

// set writes a row of a slot, whose key begins with its kind.
func (f *filler) set(at slot, key, value []byte) error {
	p := at.prefix(key[0])
	if err := f.batch.Set(append(p[:], key[1:]...), value, nil); err != nil || f.batch.Len() <= fillingBatch {
		return err
	}
	return f.flush(false)
}

// remove deletes a row that set may have written.
func (f *filler) remove(at slot, key []byte) error {
	p := at.prefix(key[0])
	return f.batch.Delete(append(p[:], key[1:]...), nil)
}

// flush writes all rows that were set before, and waits until they are on disk if they are to be synced.
func (f *filler) flush(sync bool) error {
	if err := f.store.Commit(f.batch, sync); err != nil {
		return err // Pebble may still use the batch
	}
	err := f.batch.Close()
	f.batch = f.store.NewBatch()
	return err
}
