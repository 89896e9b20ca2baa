package engine

import (
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestOpen_layout: rows of an older layout are taken over by who knows how, once, and refused by who does not. A layout
// that the store could not remember is refused before anything is made.
func TestOpen_layout(t *testing.T) {
	disk := vfs.NewMem()
	open := func(layout int, takeOver func(*Store, int, *pebble.Batch) error) (*Store, error) {
		return Open(Options{Dir: testDir, FS: disk, Logger: discard, Layout: layout, TakeOver: takeOver})
	}
	for _, layout := range []int{-1, 0, 10} {
		if _, err := open(layout, nil); err == nil || !strings.Contains(err.Error(), "1 to 9") {
			t.Errorf("layout %d: %v", layout, err)
		}
		if _, err := disk.Stat(testDir); err == nil {
			t.Fatalf("layout %d: the folder was made", layout)
		}
	}
	key := rowKey('k', "key")
	taken := 0
	takeOver := func(s *Store, from int, batch *pebble.Batch) error {
		if taken++; from != 1 {
			t.Errorf("layout %d was taken over", from)
		}
		row, err := s.Row(key)
		if err != nil {
			return err
		}
		return batch.Set(key, append(row, '!'), nil)
	}
	use := func(layout int, takeOver func(*Store, int, *pebble.Batch) error, want string) {
		t.Helper()
		store, err := open(layout, takeOver)
		if err != nil {
			t.Fatal(err)
		}
		row, err := store.Row(key)
		if err != nil || string(row) != want {
			t.Errorf("with layout %d, the row is %q (%v), not %q", layout, row, err, want)
		}
		batch := store.NewBatch()
		if row == nil {
			err = batch.Set(key, []byte("first"), nil)
		}
		if err == nil {
			err = store.Commit(batch, true)
		}
		if err == nil {
			err = store.Close(nothing)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	use(1, nil, "")
	use(1, nil, "first")
	if _, err := open(2, nil); err == nil || !strings.Contains(err.Error(), "use an older program") {
		t.Errorf("who cannot take it over: %v", err)
	}
	use(1, nil, "first")
	use(3, takeOver, "first!")
	use(3, takeOver, "first!")
	if _, err := open(2, takeOver); err == nil || !strings.Contains(err.Error(), "use a newer program") {
		t.Errorf("an older program: %v", err)
	}
	if taken != 1 {
		t.Errorf("it was taken over %d times", taken)
	}
}
