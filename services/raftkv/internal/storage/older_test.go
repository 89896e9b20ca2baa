package storage

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// olderLayouts are the layouts of before of which there is a folder.
var olderLayouts = []int{1, 2}

// older returns the files of a folder of an older layout, and what it holds. The last program that wrote it has filled
// it with the sample, and appended three more entries that were not applied before it was killed.
func older(t *testing.T, layout int) (all files, want []string) {
	t.Helper()
	name := fmt.Sprintf("testdata/layout%d", layout)
	archive, err := os.Open(name + ".tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	unpacked, err := gzip.NewReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile(name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	all = make(files)
	for content := tar.NewReader(unpacked); ; {
		header, err := content.Next()
		if err == io.EOF {
			return all, strings.Split(strings.TrimSuffix(string(lines), "\n"), "\n")
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if all[path.Base(header.Name)], err = io.ReadAll(content); err != nil {
			t.Fatal(err)
		}
	}
}

// backup1Pairs are the keys and values of testdata/backup1. A server of before format 2 was asked to put key1 to key40
// and large, to compact, to put key1 to key20 again, to delete key40, to put late1 to late10, and to back up.
func backup1Pairs() (pairs []string) {
	for i := 1; i < 40; i++ {
		value := fmt.Sprintf("value %d", i)
		if i <= 20 {
			value = fmt.Sprintf("newer %d", i)
		}
		pairs = append(pairs, fmt.Sprintf("key%d is %s", i, value))
	}
	for i := 1; i <= 10; i++ {
		pairs = append(pairs, fmt.Sprintf("late%d is v %d", i, i))
	}
	pairs = append(pairs, "large is "+strings.Repeat("x", 300))
	slices.Sort(pairs)
	return pairs
}

// pairs are the keys and values of a store.
func (t *testStore) pairs(tb testing.TB) (pairs []string) {
	tb.Helper()
	err := t.state.Scan(Range{}, true, func(key []byte, record kv.Record) (bool, error) {
		pairs = append(pairs, fmt.Sprintf("%s is %s", key, record.Value))
		return true, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	slices.Sort(pairs)
	return pairs
}

// isTakenOver fails the test unless a store of an older layout is one of layout 3 now, and holds what it should.
func (t *testStore) isTakenOver(tb testing.TB, want []string) {
	tb.Helper()
	got, err := t.contents()
	if err == nil {
		err = enginetest.Difference(got, want)
	}
	if err != nil {
		tb.Error(err)
	}
	row, err := t.Row([]byte{'v'})
	if err != nil || len(row) == 0 || row[0] != '3' || fmt.Sprintf("%x", row[1:]) != t.StoreID().String() {
		tb.Errorf("the layout's row is %q (%v)", row, err)
	}
	cluster, self, err := t.Cluster()
	if err != nil || self != 1 || cluster == nil || len(cluster.Nodes) != 1 || cluster.Nodes[0] != (shard.Node{ID: 1, Store: t.StoreID()}) {
		tb.Fatalf("it is node %d of %+v (%v)", self, cluster, err)
	}
	if members := t.state.Members(); cluster.ID == (shard.ClusterID{}) || cluster.Placement != 1 || len(cluster.Shards) != 1 ||
		len(members.Members) != 1 || members.Members[0] != (shard.Member{ID: 1, Store: t.StoreID()}) {
		tb.Errorf("the cluster is %+v, the members of the shard are %+v", cluster, members)
	}
	if t.state.applied != t.log.last || t.log.mark.Last() != synced(t.log.last) {
		tb.Errorf("the log is up to %v, the state shows %v, the mark says %v", t.log.last, t.state.applied, t.log.mark.Last())
	}
}

// TestOlder: a folder of an older layout is taken over at the first start, once, with all that is in it: to a cluster of one
// node.
func TestOlder(t *testing.T) {
	for _, layout := range olderLayouts {
		t.Run(fmt.Sprint(layout), func(t *testing.T) { testOlder(t, layout) })
	}
}

func testOlder(t *testing.T, layout int) {
	all, want := older(t, layout)
	disk, err := all.on(vfs.NewCrashableMem())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	options := Options{FS: disk, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	bare, err := Open(Options{Dir: testDir, FS: disk, Logger: options.Logger})
	if err != nil {
		t.Fatal(err)
	}
	state, err := bare.OpenState(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	// That of layout 1 has written each change at once, and that of layout 2 the last ones when it was compacted.
	if want := map[int]Position{1: {1, 24}, 2: {1, 19}}[layout]; state.applied != want {
		t.Errorf("before anything is applied, the state shows %v; want %v", state.applied, want)
	}
	cluster, _, err := bare.Cluster()
	if err != nil {
		t.Fatal(err)
	}
	if err := bare.Close(); err != nil {
		t.Fatal(err)
	}
	store, err := openTest(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range reopenings {
		store.isTakenOver(t, want)
		if again, _, err := store.Cluster(); err != nil || again.ID != cluster.ID {
			t.Errorf("the cluster was %v, and is %v (%v)", cluster, again, err)
		}
		store = store.reopen(t, how)
	}
	if err := store.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	store.isTakenOver(t, want)
	store.end(t)
	if said := strings.Count(log.String(), "\n"); said != 1 || !strings.Contains(log.String(), fmt.Sprint("had layout ", layout)) {
		t.Errorf("it said %s", &log)
	}
}

// TestOlder_crashes crashes the first start with a folder of an older layout at every operation. The next start takes it
// over, with all that is in it.
func TestOlder_crashes(t *testing.T) {
	for _, layout := range olderLayouts {
		t.Run(fmt.Sprint(layout), func(t *testing.T) { testOlderCrashes(t, layout) })
	}
}

func testOlderCrashes(t *testing.T, layout int) {
	random := seeded(t)
	all, want := older(t, layout)
	disk, err := all.on(vfs.NewCrashableMem())
	if err != nil {
		t.Fatal(err)
	}
	left := crashPoints(t, random, disk, func(disk vfs.FS) Options { return Options{FS: disk} })
	for i, disk := range left {
		store, err := openTest(Options{FS: disk})
		if err != nil {
			t.Errorf("crash %d of %d: %v", i, len(left), err)
			continue
		}
		store.isTakenOver(t, want)
		store = store.reopen(t, reopenings[i%3])
		store.isTakenOver(t, want)
		store.end(t)
	}
	t.Logf("%d crashes", len(left))
}

// TestOlder_damage: a folder of an older layout that is damaged is not taken over.
func TestOlder_damage(t *testing.T) {
	for _, layout := range olderLayouts {
		t.Run(fmt.Sprint(layout), func(t *testing.T) { testOlderDamage(t, layout) })
	}
}

func testOlderDamage(t *testing.T, layout int) {
	random := seeded(t)
	all, want := older(t, layout)
	for name, content := range all {
		for i := random.IntN(11); i < len(content); i += 11 {
			if _, wrong := all.with(name, enginetest.Flip(random, content, i)).examine(name, want); wrong != nil {
				t.Errorf("byte %d of %s: %v", i, name, wrong)
			}
		}
	}
}

// TestLayout1_older: what knows layout 1 alone does not open a folder that was taken over.
func TestLayout1_older(t *testing.T) {
	all, _ := sample(t, fillSample, 1, true)
	disk, err := all.disk()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pebble.Peek(testDir, disk); err == nil || !strings.Contains(err.Error(), "unknown format") {
		t.Errorf("without what hides the guard, the error is %v", err)
	}
}

// TestLayout_newer: a layout that is not known yet is refused with a sentence, wherever it is seen.
func TestLayout_newer(t *testing.T) {
	all, _ := sample(t, fillSample, 1, true)
	text := []byte("layout 4\nsomething that is not known\n")
	newer := all.with("IDENTITY", fmt.Appendf(text, "crc %08x\n", crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli))))
	if refusal, _ := newer.examine("", nil); refusal == nil || IsDamage(refusal) || !strings.Contains(refusal.Error(), "newer program") {
		t.Errorf("in IDENTITY: %v", refusal)
	}

	store := begin(t, vfs.NewMem())
	batch := store.NewBatch()
	if err := errors.Join(batch.Set([]byte{'v'}, []byte("4"), nil), batch.Commit(pebble.Sync)); err != nil {
		t.Fatal(err)
	}
	store.end(t)
	if _, err := openTest(Options{FS: store.options.FS}); err == nil || IsDamage(err) || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("in the row: %v", err)
	}
}

// TestBackup_format1: a backup of before layout 2 is restored, and its log goes on.
func TestBackup_format1(t *testing.T) {
	backup, err := os.ReadFile("testdata/backup1")
	if err != nil {
		t.Fatal(err)
	}
	store, err := openTest(filling(vfs.NewCrashableMem(), backup))
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range reopenings {
		if err := enginetest.Difference(store.pairs(t), backup1Pairs()); err != nil {
			t.Error(err)
		}
		if term, err := store.log.Term(uint64(store.state.applied.Index)); err != nil || Term(term) != store.state.applied.Term {
			t.Errorf("the state is up to %v, an entry of term %d (%v)", store.state.applied, term, err)
		}
		store = store.reopen(t, how)
	}
	store.must(t, put(1, 1, "key", "value"))
	store.end(t)
	random := seeded(t)
	for i := range backup {
		store, err := openTest(filling(vfs.NewMem(), enginetest.Flip(random, backup, i)))
		if err == nil {
			store.end(t)
		}
		if !errors.Is(err, ErrNoBackup) {
			t.Errorf("with another byte %d of %d: the error is %v", i, len(backup), err)
		}
	}
}
