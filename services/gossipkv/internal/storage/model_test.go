package storage

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine/enginetest"
)

// model is what a store should have.
type model struct {
	entries map[string]merge.Entry
	state   State
}

// merge takes an entry, and says whether it beats what is there.
func (m *model) merge(e merge.Entry) bool {
	if old, there := m.entries[string(e.Key)]; there && !e.Beats(old) {
		return false
	}
	m.entries[string(e.Key)] = e
	return true
}

// inOrder returns the entries that a filter lets pass, in the order of versions.
func (m *model) inOrder(filter func(merge.Entry) bool) (entries []merge.Entry) {
	for _, e := range m.entries {
		if filter(e) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b merge.Entry) int {
		return cmp.Or(a.Version.Compare(b.Version), bytes.Compare(a.Key, b.Key))
	})
	return entries
}

func (m *model) counts() (c Counts) {
	for _, e := range m.entries {
		if e.Deleted {
			c.Tombstones++
			continue
		}
		c.Keys++
		c.Bytes += uint64(e.Size())
	}
	return c
}

// TestModel: whatever is merged, removed and read, in whatever order, over restarts, a store shows what a map would.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		disk := vfs.NewMem()
		store, err := openOn(disk)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { store.Close() }()
		m := &model{entries: make(map[string]merge.Entry)}
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) { drawCommit(t, store, m) },
			"restart": func(t *rapid.T) {
				if err := store.Close(); err != nil {
					t.Fatal(err)
				}
				if store, err = openOn(disk); err != nil {
					t.Fatal(err)
				}
				if !store.State().Equal(m.state) {
					t.Fatalf("the state is %+v, not %+v", store.State(), m.state)
				}
			},
			"": func(t *rapid.T) { checkModel(t, store, m) },
		})
	})
}

// drawCommit makes a batch of anything.
func drawCommit(t *rapid.T, store *Store, m *model) {
	batch := store.NewBatch()
	for range rapid.IntRange(0, 6).Draw(t, "changes") {
		switch rapid.IntRange(0, 4).Draw(t, "change") {
		default:
			e := someDrawn.Draw(t, "entry").entry()
			changed, err := batch.Merge(e)
			if err != nil {
				t.Fatal(err)
			}
			if want := m.merge(e); changed != want {
				t.Fatalf("merging %s: changed is %t, not %t", describe(e), changed, want)
			}
		case 1:
			key := someKey.Draw(t, "key")
			if err := batch.Remove([]byte(key)); err != nil {
				t.Fatal(err)
			}
			delete(m.entries, key)
		case 2:
			m.state = someState.Draw(t, "state")
			batch.SetState(m.state)
		}
		key := someKey.Draw(t, "key")
		e, exists, err := batch.Stored([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		if want, there := m.entries[key]; exists != there || e.Version != want.Version || e.Deleted != want.Deleted {
			t.Fatalf("with the batch, %q is %t %s, not %t %s", key, exists, describe(e), there, describe(want))
		}
	}
	if err := store.Commit(batch); err != nil {
		t.Fatal(err)
	}
	if !store.NewBatch().Empty() {
		t.Fatal("a new batch is not empty")
	}
}

// checkModel compares all that a store shows with what it should.
func checkModel(t *rapid.T, store *Store, m *model) {
	key := someKey.Draw(t, "key")
	e, err := store.Get([]byte(key))
	if err != nil || describe(merge.Entry{Key: []byte(key), Value: e.Value, Deleted: e.Deleted, Version: e.Version}) != describe(entryOr(m.entries, key)) {
		t.Fatalf("%q is %s (%v), not %s", key, describe(e), err, describe(m.entries[key]))
	}
	if got, want := store.Counts(), m.counts(); got != want {
		t.Fatalf("the counts are %+v, not %+v", got, want)
	}
	checkRows(t, store, m)
	checkLacking(t, store, m)
	checkTombstones(t, store, m)
	checkDump(t, store, m)
	checkCovered(t, store, m)
}

// checkRows counts rows: nothing stays behind.
func checkRows(t *rapid.T, store *Store, m *model) {
	want := make(map[byte]int)
	for _, e := range m.entries {
		want[entryRow]++
		want[indexRow]++
		if e.Deleted {
			want[tombstoneRow]++
		}
		if len(e.Value) > maxShort {
			want[longRow]++
		}
	}
	for _, kind := range []byte{entryRow, indexRow, tombstoneRow, longRow} {
		rows, err := store.Rows([]byte{kind}, []byte{kind + 1})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.First(); rows.Valid(); rows.Next() {
			n++
		}
		if err := rows.Close(); n != want[kind] || err != nil {
			t.Fatalf("there are %d rows of kind %c, not %d (%v)", n, kind, want[kind], err)
		}
	}
}

// entryOr returns the entry of a key, or one that says that there is none.
func entryOr(entries map[string]merge.Entry, key string) merge.Entry {
	e := entries[key]
	e.Key = []byte(key)
	return e
}

func same(t *rapid.T, what string, got, want []merge.Entry) {
	if err := enginetest.Difference(describeAll(got), describeAll(want)); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// checkLacking reads what a vector lacks, in pieces.
func checkLacking(t *rapid.T, store *Store, m *model) {
	known, maxBytes := someVector.Draw(t, "known"), rapid.SampledFrom([]int{0, 5, 5000, 1 << 20}).Draw(t, "bytes")
	want := m.inOrder(func(e merge.Entry) bool { return !known.Covers(e.Version) })
	var got []merge.Entry
	var after merge.Version
	for last := false; !last; {
		var piece []merge.Entry
		var err error
		if piece, after, last, err = store.Lacking(known, after, maxBytes); err != nil {
			t.Fatal(err)
		}
		if len(piece) == 0 && len(want) > 0 || len(piece) > 0 && after != piece[len(piece)-1].Version {
			t.Fatalf("a piece up to %v is %q", after, describeAll(piece))
		}
		size := 0
		for i, e := range piece {
			if size += e.Size(); size > maxBytes && i > 0 && e.Version != piece[i-1].Version {
				t.Fatalf("a piece of more than %d bytes is %q", maxBytes, describeAll(piece))
			}
		}
		got = append(got, piece...)
	}
	same(t, fmt.Sprintf("what %v lacks", known), got, want)
	size := uint64(0)
	for _, e := range want {
		size += uint64(e.Size())
	}
	if entries, bytes, exact, err := store.Behind(known, len(want)); err != nil || entries != uint64(len(want)) || bytes != size || !exact {
		t.Fatalf("%v is behind by %d, %d, %t (%v); want %d, %d", known, entries, bytes, exact, err, len(want), size)
	}
	if len(want) > 0 {
		if entries, _, exact, err := store.Behind(known, len(want)-1); err != nil || entries != uint64(len(want)-1) || exact {
			t.Fatalf("of %d, there are %d up to a bound, exact %t (%v)", len(want), entries, exact, err)
		}
	}
}

func checkTombstones(t *rapid.T, store *Store, m *model) {
	covered, most := someVector.Draw(t, "covered"), rapid.IntRange(1, 5).Draw(t, "most")
	want := m.inOrder(func(e merge.Entry) bool { return e.Deleted && covered.Covers(e.Version) })
	got, err := store.Tombstones(covered, most)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "tombstones", got, want[:min(most, len(want))])
}

func checkDump(t *rapid.T, store *Store, m *model) {
	prefix, keysOnly := rapid.SampledFrom([]string{"", "a", "\xff", "z"}).Draw(t, "prefix"), rapid.Bool().Draw(t, "keys only")
	var after []byte
	if rapid.Bool().Draw(t, "from the beginning") {
		after = []byte(someKey.Draw(t, "after"))
	}
	want := m.inOrder(func(e merge.Entry) bool {
		return !e.Deleted && bytes.HasPrefix(e.Key, []byte(prefix)) && (after == nil || bytes.Compare(e.Key, after) > 0)
	})
	slices.SortFunc(want, func(a, b merge.Entry) int { return bytes.Compare(a.Key, b.Key) })
	view := store.View()
	defer view.Close()
	var got []merge.Entry
	if err := view.Dump([]byte(prefix), after, keysOnly, func(e merge.Entry) bool { got = append(got, e); return true }); err != nil {
		t.Fatal(err)
	}
	if keysOnly {
		for i := range want {
			want[i].Value = nil
		}
	}
	same(t, fmt.Sprintf("what begins with %q, after %q", prefix, after), got, want)
}

func checkCovered(t *rapid.T, store *Store, m *model) {
	known, most := someVector.Draw(t, "known"), rapid.IntRange(1, 5).Draw(t, "most")
	var got, want []string
	for next, more := []byte(nil), true; more; more = next != nil {
		keys, after, err := store.Covered(known, next, most)
		if err != nil || len(keys) > most {
			t.Fatal(keys, err)
		}
		for _, key := range keys {
			got = append(got, string(key))
		}
		next = after
	}
	for _, e := range m.inOrder(func(e merge.Entry) bool { return known.Covers(e.Version) }) {
		want = append(want, string(e.Key))
	}
	slices.Sort(want)
	if err := enginetest.Difference(got, want); err != nil {
		t.Fatalf("covered by %v: %v", known, err)
	}
}
