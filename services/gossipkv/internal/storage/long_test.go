package storage

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine/enginetest"
)

// TestLong_unread: who wants to know of a long value which version it has, or how long it is, does not read it. Whoever needs it and does not find it
// is told of damage.
func TestLong_unread(t *testing.T) {
	s := begin(t, vfs.NewMem())
	defer s.end(t)
	long := value("key", 5, string(bytes.Repeat([]byte{'v'}, maxShort+1)))
	s.must(t, long)
	rows := s.Store.NewBatch() // without the value
	rows.Delete(keyRow(longRow, long.Key), nil)
	if err := s.Store.Commit(rows, true); err != nil {
		t.Fatal(err)
	}
	if err := s.show(s.totals.counts, s.now.newest); err != nil {
		t.Fatal(err)
	}
	batch := s.NewBatch()
	if e, exists, err := batch.Stored(long.Key); err != nil || !exists || e.Version != long.Version || e.Value != nil {
		t.Errorf("stored is %s (%v)", describe(e), err)
	}
	if changed, err := batch.Merge(value("key", 4, "old")); changed || err != nil {
		t.Errorf("an older value changes it: %t, %v", changed, err)
	}
	if _, size, _, err := s.Behind(nil, 1); err != nil || size != uint64(long.Size()) {
		t.Errorf("who has nothing is behind by %d bytes (%v)", size, err)
	}
	for what, err := range map[string]error{
		"Get":     second(s.Get(long.Key)),
		"Lacking": s.lackingAll(),
		"Merge":   second(batch.Merge(value("key", 5, "another value of this version"))),
	} {
		if !IsDamage(err) {
			t.Errorf("%s, without the value: %v", what, err)
		}
	}
	if changed, err := batch.Merge(value("key", 6, "new")); !changed || err != nil {
		t.Errorf("a newer value changes it: %t, %v", changed, err)
	}
	if err := s.Commit(batch); err != nil {
		t.Fatal(err)
	}
}

// TestMerge_twins: two different writes of one version are told, and one write that comes twice is not.
func TestMerge_twins(t *testing.T) {
	var log strings.Builder
	s, err := Open(Options{Dir: enginetest.Dir, FS: vfs.NewMem(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.end(t)
	long := strings.Repeat("v", maxShort+1)
	s.must(t, value("short", 1, "v"), value("long", 2, long), tombstone("none", 3))
	batch := s.NewBatch()
	for _, e := range []merge.Entry{value("short", 1, "v"), value("long", 2, long), tombstone("none", 3)} {
		if changed, err := batch.Merge(e); changed || err != nil || log.Len() > 0 {
			t.Errorf("%s once more: %t, %v, %s", describe(e), changed, err, &log)
		}
	}
	for e, wins := range map[*merge.Entry]bool{
		new(value("short", 1, "w")): true,
		new(value("long", 2, "u")):  false,
		new(value("none", 3, "z")):  false,
	} {
		log.Reset()
		if changed, err := batch.Merge(*e); changed != wins || err != nil || !strings.Contains(log.String(), "one version") {
			t.Errorf("%s: %t, %v, %s", describe(*e), changed, err, &log)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func (s *Store) lackingAll() error {
	_, _, _, err := s.Lacking(nil, merge.Version{}, 1<<30)
	return err
}

// TestLacking_memory: values of 16 MiB come one at a time, and no more than one is in memory for it. Entries that fit come together.
func TestLacking_memory(t *testing.T) {
	if enginetest.Racing {
		t.Skip("the race detector takes memory of its own")
	}
	const (
		values = 6
		length = 16 << 20
	)
	s, err := Open(Options{Dir: t.TempDir(), Logger: discard})
	if err != nil {
		t.Fatal(err)
	}
	defer s.end(t)
	for n := range uint64(values) {
		s.must(t, value(fmt.Sprint("large", n), 2*n+1, string(make([]byte, length))), value(fmt.Sprint("small", n), 2*n+2, "small"))
	}
	if err := s.compact(); err != nil {
		t.Fatal(err)
	}
	var after merge.Version
	var sizes []int
	most := 0
	for last := false; !last; {
		before := enginetest.Heap()
		var entries []merge.Entry
		if entries, after, last, err = s.Lacking(nil, after, 1<<20); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(entries))
		most = max(most, enginetest.Heap()-before)
		if len(entries[0].Value) != length && len(entries[0].Value) != len("small") {
			t.Fatalf("a piece begins with %s", describe(entries[0]))
		}
	}
	if len(sizes) != 2*values {
		t.Errorf("there were pieces of %d entries", sizes)
	}
	if most > 2*length+8<<20 { // beside one value, what Pebble has in its cache
		t.Errorf("a piece took %d bytes", most)
	}
	if pieces, _, last, err := s.Lacking(merge.Vector{self: 2*values - 1}, merge.Version{}, 1<<20); err != nil || len(pieces) != 1 || !last {
		t.Errorf("of what is small there are %d, %t, %v", len(pieces), last, err)
	}
}
