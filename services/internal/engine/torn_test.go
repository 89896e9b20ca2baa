package engine

import (
	"encoding/binary"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
)

// TestTornTail cuts the newest write-ahead log. What was not synced may be missing: the store opens with all
// that was acknowledged. Of what was synced nothing may be missing.
func TestTornTail(t *testing.T) {
	var least, all files
	var want []string
	synctest.Test(t, func(t *testing.T) { least, all, want = unsynced(t) })
	name := all.newestLog()
	synced, written := len(least[name]), len(all[name])
	if synced >= written {
		t.Fatalf("%s was written and synced up to byte %d: this test has lost its subject", name, synced)
	}
	for _, length := range lengths(synced, written) {
		if refusal, wrong := all.with(name, all[name][:length]).examine(name, want); refusal != nil || wrong != nil {
			t.Errorf("with %d of %d bytes of %s, %d of them synced: %v %v", length, written, name, synced, refusal, wrong)
		}
	}
	refused := 0
	for _, length := range lengths(0, synced) {
		refusal, wrong := all.with(name, all[name][:length]).examine(name, want)
		if wrong != nil {
			t.Errorf("with %d of %d bytes of %s, %d of them synced: %v", length, written, name, synced, wrong)
		}
		if refusal != nil {
			refused++
		}
	}
	if refused < len(lengths(0, synced))*9/10 {
		t.Errorf("only %d cuts into what was synced were refused", refused)
	}
}

// unsynced makes a store that was not synced to the end: what is synced, what was written, what it holds.
func unsynced(t *testing.T) (synced, written files, want []string) {
	fs := vfs.NewCrashableMem()
	store, err := openTest(Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := fillSample(store); err != nil {
		t.Fatal(err)
	}
	// The last write is synced; that its value is written once more fills more than a block, and is not.
	last := put("key1", strings.Repeat("z", 40<<10))
	store.must(t, last)
	again := store.NewBatch()
	defer again.Close()
	again.Set(rowKey('k', last.key), []byte(last.value), nil)
	if err := store.Commit(again, false); err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // for Pebble to write the block
	if want, err = store.contents(); err != nil {
		t.Fatal(err)
	}
	if synced, err = readFiles(fs.CrashClone(vfs.CrashCloneCfg{})); err != nil {
		t.Fatal(err)
	}
	if written, err = readFiles(fs); err != nil {
		t.Fatal(err)
	}
	return synced, written, want
}

// lengths are lengths from least to before most: all near both ends, some in between.
func lengths(least, most int) (chosen []int) {
	for length := least; length < most; length++ {
		if length-least < 50 || most-length < 50 || length%211 == 0 || length%(32<<10) < 8 {
			chosen = append(chosen, length)
		}
	}
	return chosen
}

// TestTornManifest cuts the manifest at every length, at the ends of its records too. All of it was synced, and it is
// named.
func TestTornManifest(t *testing.T) {
	all, want := sample(t, fillSample, true)
	for name, content := range all {
		if !strings.HasPrefix(name, "MANIFEST") {
			continue
		}
		if name != current(all) {
			continue
		}
		for length := range content {
			refusal, wrong := all.with(name, content[:length]).examine(name, want)
			if refusal == nil || wrong != nil {
				t.Errorf("%d of %d bytes of %s: %v, %v; want a refusal that names it", length, len(content), name, refusal, wrong)
			}
		}
	}
}

// TestTornManifest_unsynced: a change of the manifest that was not synced may be torn off, at every length.
func TestTornManifest_unsynced(t *testing.T) {
	all, want := sample(t, fillSample, true)
	content := all[current(all)]
	torn := append(slices.Clone(content), content[len(content)/2:]...) // what comes first is no record's beginning
	for length := len(content); length < len(content)+recordHeader; length++ {
		if refusal, wrong := all.with(current(all), torn[:length]).examine("", want); refusal != nil || wrong != nil {
			t.Errorf("with %d bytes more than were synced: %v, %v", length-len(content), refusal, wrong)
		}
	}
}

// TestDamage_controls: each of the four gaps in what Pebble notices is there, and the mechanism closes it.
func TestDamage_controls(t *testing.T) {
	if enginetest.Racing {
		t.Skip("it opens thousands of stores with Pebble alone, which takes minutes under the race detector and has no code of this package")
	}
	random := enginetest.Random(t, "./services/internal/engine")
	t.Run("manifest not checked", func(t *testing.T) {
		all, _ := sample(t, fillSample, true)
		if losses(t, random, all, current(all), 1) == nil {
			t.Error("Pebble noticed every change of the manifest: the check is not needed any more")
		}
	})
	t.Run("logs not checked", func(t *testing.T) {
		all, _ := severalLogs(t, true)
		whole, err := rows(all)
		if err != nil {
			t.Fatal(err)
		}
		delete(all, before(all, all.newestLog()))
		if n, err := rows(all); err != nil || n >= whole {
			t.Errorf("without the log before the newest one Pebble finds %d of %d rows (%v): the check is not needed any more", n, whole, err)
		}
	})
	var twice, once []int
	t.Run("no mark", func(t *testing.T) {
		all := blocks(t, true)
		if twice = losses(t, random, all, all.newestLog(), 97); twice == nil {
			t.Error("Pebble noticed every change of its newest log: the mark is not needed any more")
		}
	})
	t.Run("opened once", func(t *testing.T) {
		all := blocks(t, false)
		if once = losses(t, random, all, all.newestLog(), 97); len(once) < 4*len(twice) {
			t.Error("Pebble noticed changes of its first log as well as of a later one: a store need not be opened twice any more")
		}
	})
}

// losses returns which changes of bytes of a file make Pebble alone show fewer rows, without an error.
func losses(t *testing.T, random *rand.Rand, all files, name string, step int) (offsets []int) {
	whole, err := rows(all)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(all[name]); i += step {
		if n, err := rows(all.with(name, enginetest.Flip(random, all[name], i))); err == nil && n < whole {
			offsets = append(offsets, i)
		}
	}
	t.Logf("%d changes of %s made rows disappear in silence", len(offsets), name)
	return offsets
}

// before returns the name of the newest write-ahead log but one.
func before(all files, newest string) (name string) {
	for other := range all {
		if path.Ext(other) == ".log" && other != newest {
			name = max(name, other)
		}
	}
	return name
}

// current returns the name of the manifest in use.
func current(all files) (name string) {
	for other := range all {
		if strings.HasPrefix(other, "MANIFEST") {
			name = max(name, other)
		}
	}
	return name
}

// blocks are the files of a bare Pebble store of 1000 rows, synced one by one, that was not closed.
func blocks(t *testing.T, twice bool) files {
	fs := vfs.NewMem()
	s, err := bare(fs)
	if err == nil {
		err = s.openDB()
	}
	if err != nil {
		t.Fatal(err)
	}
	if twice {
		if err := s.db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.openDB(); err != nil {
			t.Fatal(err)
		}
	}
	defer func() { s.db.Close() }()
	for i := range uint64(1000) {
		if err := s.db.Set(binary.BigEndian.AppendUint64(nil, i), []byte(strings.Repeat("v", 100)), pebble.Sync); err != nil {
			t.Fatal(err)
		}
	}
	all, err := readFiles(fs)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// bare is a store with Pebble's own checks alone.
func bare(fs vfs.FS) (*Store, error) {
	s := &Store{options: Options{Dir: testDir, Layout: testLayout, Logger: discard}, fs: guardedFS{fs}, failed: make(chan struct{}), room: newRoom(fs, testDir, 0)}
	identity, exists, err := readIdentity(fs, testDir, testLayout)
	if !exists || err != nil {
		return s, err
	}
	s.identity = identity
	s.fs = boundFS{s.fs, identity, &manifestMark{fs: fs, path: testDir + "/unused"}}
	return s, nil
}

// rows returns how many rows Pebble alone finds.
func rows(all files) (n int, err error) {
	disk, err := all.disk()
	if err != nil {
		return 0, err
	}
	s, err := bare(disk)
	if err != nil {
		return 0, err
	}
	if err := s.openDB(); err != nil {
		return 0, err
	}
	defer s.db.Close()
	iterator, err := s.db.NewIter(nil)
	if err != nil {
		return 0, err
	}
	defer iterator.Close()
	for iterator.First(); iterator.Valid(); iterator.Next() {
		n++
	}
	return n, iterator.Error()
}

// TestManifestMark_stale: what a crashed attempt to make a manifest has left in its mark does not count against the next
// one, which may get the same number, and crash as well.
func TestManifestMark_stale(t *testing.T) {
	random := enginetest.Random(t, "./services/internal/engine")
	sampled, _ := sample(t, fillSample, true)
	older := sampled.unbound(t)
	disk, err := older.disk()
	if err != nil {
		t.Fatal(err)
	}
	since, err := nextNumber(disk, testDir)
	if err != nil {
		t.Fatal(err)
	}
	own := identity{id: storeID(sampled[manifestMarkName]), since: since}
	folders := map[string]files{
		"a new store":       {identityName: identity{id: own.id}.encode(testLayout)},
		"a store of before": older.with(identityName, own.encode(testLayout)),
	}
	for what, all := range folders {
		for _, number := range []uint64{1, since, since + 1, since + 2, since + 3} {
			disk, err := all.on(vfs.NewCrashableMem())
			if err != nil {
				t.Fatal(err)
			}
			mark := &manifestMark{fs: disk, path: disk.PathJoin(testDir, manifestMarkName), id: own.id}
			if err := mark.set(syncedManifest{number: number, length: 1 << 20}, true); err != nil {
				t.Fatal(err)
			}
			left, err := enginetest.CrashPoints(random, disk, func(disk vfs.FS) error {
				store, err := openTest(Options{FS: disk})
				if err != nil {
					return err
				}
				return store.Close()
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, disk := range left {
				store, err := openTest(Options{FS: disk})
				if err != nil {
					t.Fatalf("%s, whose mark knows of MANIFEST-%06d: after crash %d: %v", what, number, i, err)
				}
				store.end(t)
			}
		}
	}
}
