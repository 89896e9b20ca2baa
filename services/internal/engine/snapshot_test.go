package engine

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestSnapshot: a snapshot shows what there was, whatever is written and compacted since.
func TestSnapshot(t *testing.T) {
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	store.must(t, put("key", "old"))
	snapshot, err := store.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	store.must(t, put("key", "new"))
	store.must(t, put("other", "new"))
	if err := store.Compact(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	row, closer, err := snapshot.Get(rowKey('k', "key"))
	if err != nil || string(row) != "old" {
		t.Fatalf("the row is %q, %v", row, err)
	}
	closer.Close()
	if row, _, err := snapshot.Get(rowKey('k', "other")); row != nil || err != nil {
		t.Errorf("a row that is newer is %q, %v", row, err)
	}
	rows, err := snapshot.Rows([]byte{'k'}, []byte{'l'})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for rows.First(); rows.Valid(); rows.Next() {
		n++
	}
	if err := rows.Close(); n != 1 || err != nil {
		t.Errorf("there are %d rows, %v", n, err)
	}
	if err := snapshot.Close(); err != nil {
		t.Error(err)
	}
}
