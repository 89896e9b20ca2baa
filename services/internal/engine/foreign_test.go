package engine

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// fillTwin makes a store that has a twin for each letter: the same history, with other values of the same lengths. A
// table has many blocks of one length, and the write-ahead log has entries that are needed.
func fillTwin(letter string) func(*testStore) error {
	return func(t *testStore) error {
		random := rand.New(rand.NewPCG(1, 1)) // what it gives cannot be compressed, and is the same for all
		for i := range uint64(200) {
			value := make([]byte, 300)
			for j := range value {
				value[j] = byte(random.Uint32())
			}
			if err := t.execute(put(fmt.Sprintf("key%03d", i), letter+string(value))); err != nil {
				return err
			}
			if i == 190 {
				if err := t.Compact(context.Background(), nothing); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// twins are the files of two stores of one history, killed, and what the first one holds.
func twins(t *testing.T) (first, second files, want []string) {
	t.Helper()
	first, want = sample(t, fillTwin("a"), false)
	second, _ = sample(t, fillTwin("b"), false)
	return first, second, want
}

// largestTable returns the name of the largest table.
func (f files) largestTable() (largest string) {
	for name := range f {
		if isTable(name) && len(f[name]) > len(f[largest]) {
			largest = name
		}
	}
	return largest
}

// TestForeign: each file of a store is replaced by the one that another store of the same history has in its place.
// None is taken for the own one.
func TestForeign(t *testing.T) {
	first, second, want := twins(t)
	other, _ := sample(t, fillSample, false)
	second[current(first)] = other[current(first)] // the manifests of twins are the same
	kinds := map[string]bool{}
	for name, content := range first {
		switch {
		case second[name] == nil:
			continue // not needed any more, and deleted there already
		case bytes.Equal(second[name], content):
			continue // it says nothing of the store
		case len(second[name]) != len(content) && name != current(first):
			t.Errorf("%s has another length in the other store: this test has lost its subject", name)
		}
		kinds[strings.Trim(name, "-.0123456789")] = true
		refusal, wrong := first.with(name, second[name]).examine(name, want)
		needed := path.Ext(name) != ".log" || name == first.newestLog()
		if needed && refusal == nil || wrong != nil {
			t.Errorf("with the other store's %s: %v, %v; want a refusal", name, refusal, wrong)
		}
		t.Logf("%s: %v", name, refusal)
	}
	for _, kind := range []string{"log", "sst", "MANIFEST", identityName, manifestMarkName, strings.Trim(markPrefix, "-")} {
		if !kinds[kind] {
			t.Errorf("there was no %s among %v: this test has lost its subject", kind, kinds)
		}
	}
}

// TestForeign_older: a file of the store's own past is refused too, where one can be told from a crash.
func TestForeign_older(t *testing.T) {
	disk := vfs.NewMem()
	store := begin(t, disk)
	store.must(t, put("key", "before"))
	if err := store.Compact(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	before, err := readFiles(disk)
	if err != nil {
		t.Fatal(err)
	}
	store.must(t, put("key", "after"))
	if err := store.Compact(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	after, err := readFiles(disk)
	if err != nil {
		t.Fatal(err)
	}
	store.end(t)
	name := current(before)
	if name != current(after) || bytes.Equal(before[name], after[name]) {
		t.Fatalf("%s is as it was: this test has lost its subject", name)
	}
	if refusal, wrong := after.with(name, before[name]).examine(name, nil); refusal == nil || wrong != nil {
		t.Errorf("with %s of before: %v, %v; want a refusal", name, refusal, wrong)
	}
}

// plain returns a table without its mask.
func (f files) plain(t *testing.T, name string) []byte {
	t.Helper()
	disk, err := f.disk()
	if err != nil {
		t.Fatal(err)
	}
	own, _, err := readIdentity(disk, testDir, testLayout)
	if err != nil {
		t.Fatal(err)
	}
	content, err := readFile(boundDisk(disk, own.id), path.Join(testDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// unbound returns the files of a store such as was made before there was an identity, which it has been given since.
func (f files) unbound(t *testing.T) files {
	t.Helper()
	all := f.with(identityName, identity{id: storeID(f[manifestMarkName]), since: 1 << 40}.encode(testLayout))
	for name := range all {
		if isTable(name) {
			all[name] = f.plain(t, name)
		}
	}
	return all
}

// blocksOf returns where the blocks of data of a table without a mask lie, with their checksums.
func blocksOf(t *testing.T, table []byte) (blocks []block.Handle) {
	t.Helper()
	reader, err := sstable.NewMemReader(table, sstable.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	layout, err := reader.Layout()
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range layout.Data {
		blocks = append(blocks, data.Handle)
	}
	return blocks
}

// misplaced returns a table in which two blocks of the same length have changed places, and one in which the first of
// them lies in both.
func misplaced(table []byte, blocks []block.Handle) (swapped, copied []byte) {
	for i, a := range blocks {
		for _, b := range blocks[i+1:] {
			if a.Length != b.Length {
				continue
			}
			one, other := slices.Clone(table), slices.Clone(table)
			content := func(h block.Handle) []byte { return table[h.Offset:][:h.Length+block.TrailerLen] }
			copy(one[a.Offset:], content(b))
			copy(one[b.Offset:], content(a))
			copy(other[b.Offset:], content(a))
			return one, other
		}
	}
	return nil, nil
}

// TestForeign_blocks: a block that is whole, but lies where another was written, is not taken for that.
func TestForeign_blocks(t *testing.T) {
	all, _, want := twins(t)
	name := all.largestTable()
	swapped, copied := misplaced(all[name], blocksOf(t, all.plain(t, name)))
	if swapped == nil {
		t.Fatal("no two blocks have one length: this test has lost its subject")
	}
	for what, table := range map[string][]byte{"two blocks swapped": swapped, "one block copied over another": copied} {
		refusal, wrong := all.with(name, table).examine(name, want)
		if refusal == nil || wrong != nil {
			t.Errorf("%s: %v, %v; want a refusal", what, refusal, wrong)
		}
		t.Logf("%s: %v", what, refusal)
	}
}

// TestForeign_controls: without the mask Pebble takes what TestForeign and TestForeign_blocks have refused.
func TestForeign_controls(t *testing.T) {
	first, second, want := twins(t)
	first, second = first.unbound(t), second.unbound(t)
	if refusal, wrong := first.examine("", want); refusal != nil || wrong != nil {
		t.Fatal(refusal, wrong)
	}
	name := first.largestTable()
	swapped, copied := misplaced(first[name], blocksOf(t, first[name]))
	for what, table := range map[string][]byte{
		"another store's table": second[name], "two blocks swapped": swapped, "one block copied over another": copied,
	} {
		_, wrong := first.with(name, table).examine(name, want)
		if wrong == nil {
			t.Errorf("%s: nothing is wrong, or the table is named: the mask is not needed any more", what)
		}
		t.Logf("%s: %v", what, wrong)
	}
}
