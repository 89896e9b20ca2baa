package storage

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/gossipkv/internal/merge"
)

// TestLacking_cost: what is lacking costs what is lacking: rows of what the other has, or had in an earlier piece, are not read. A
// row that cannot be read shows it.
func TestLacking_cost(t *testing.T) {
	s := begin(t, vfs.NewMem())
	defer s.end(t)
	const entries = 100
	other := merge.Origin{Server: 3}
	for n := range uint64(entries) {
		s.must(t, value(fmt.Sprint("key", n), n+1, "value"), merge.Entry{Key: fmt.Append(nil, "of the other ", n), Version: merge.Version{Time: n + 1, Origin: other}})
	}
	rows := s.Store.NewBatch()
	for n := range uint64(entries - 10) {
		rows.Set(versionRow(indexRow, at(n+1), fmt.Append(nil, "key", n)), []byte("no length"), nil)
	}
	if err := s.Store.Commit(rows, true); err != nil {
		t.Fatal(err)
	}
	if err := s.show(s.totals.counts, s.now.newest); err != nil {
		t.Fatal(err)
	}
	if err := s.lackingAll(); !IsDamage(err) {
		t.Fatalf("who has nothing meets %v: this test has lost its subject", err)
	}
	known := merge.Vector{self: entries - 10, other: entries - 1}
	if got, upto, last, err := s.Lacking(known, merge.Version{}, 1<<20); err != nil || len(got) != 11 || upto != at(entries) || !last {
		t.Errorf("there are %d up to %v, %t, %v", len(got), upto, last, err)
	}
	if n, _, exact, err := s.Behind(known, entries); err != nil || n != 11 || !exact {
		t.Errorf("it is behind by %d, %t, %v", n, exact, err)
	}
	if got, _, last, err := s.Lacking(nil, at(entries-10), 1<<20); err != nil || len(got) != 20 || !last {
		t.Errorf("behind an earlier piece there are %d, %t, %v", len(got), last, err)
	}
	all := merge.Vector{self: entries, other: entries}
	if spans := s.now.lacking(all, merge.Version{}); len(spans) > 0 {
		t.Errorf("to look for what nobody lacks, %v are read", spans)
	}
}
