package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine"
	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// backUp returns a backup of a store.
func (t *testStore) backUp(tb testing.TB) []byte {
	tb.Helper()
	var backup bytes.Buffer
	if err := t.state.Backup(shard.BackupID{1}, &backup); err != nil {
		tb.Fatal(err)
	}
	return backup.Bytes()
}

// filling are the options of a start that fills the folder with a backup.
func filling(disk vfs.FS, backup []byte) Options {
	return Options{FS: disk, Restore: reading{backup, alone(1)}}
}

// reading is a Source that opens a backup when that is needed: an attempt that fails comes from Open.
type reading struct {
	backup []byte
	plan   Plan
}

func (r reading) Fill(store *Store) (string, error) {
	backup, err := OpenBackup(bytes.NewReader(r.backup))
	if err != nil {
		return "", err
	}
	return RestoreFrom(backup, r.plan.always).Fill(store)
}

func (r reading) Compare(filled string) (string, bool, error) {
	backup, err := OpenBackup(bytes.NewReader(r.backup))
	if err != nil {
		return "", false, err
	}
	return RestoreFrom(backup, r.plan.always).Compare(filled)
}

// alone is the plan of a node alone.
func alone(shards int) Plan { return planOf(1, []NodeID{1}, shards, 1) }

// always is the plan as RestoreFrom wants it.
func (p Plan) always() (Plan, error) { return p, nil }

// planOf is the plan of a node of a cluster whose keys go by their last byte.
func planOf(self NodeID, nodes []NodeID, shards, replicas int) Plan {
	var all []shard.Node
	for _, id := range nodes {
		all = append(all, shard.Node{ID: id})
	}
	cluster, err := shard.Form(shard.ClusterID{}, 1, all, shards, replicas)
	if err != nil {
		panic(err)
	}
	return Plan{Cluster: cluster, Self: self, Place: func(key []byte) (ShardID, error) { return ShardID(int(key[len(key)-1]) % shards), nil }}
}

// framesOf returns what comes after the beginning of the one part of a backup, which is different each time.
func framesOf(backup []byte) []byte {
	second := len(backupMagic) + bytes.IndexByte(backup[len(backupMagic):], '\n')
	return backup[second+1+4:]
}

// stateRows returns all rows of the state that a backup has.
func (t *testStore) stateRows(tb testing.TB) (rows []string) {
	tb.Helper()
	iterator, err := t.Rows(t.state.slot.Load().span())
	if err != nil {
		tb.Fatal(err)
	}
	defer iterator.Close()
	for iterator.First(); iterator.Valid(); iterator.Next() {
		if iterator.Key()[prefixLen-1] != stateMembers {
			rows = append(rows, fmt.Sprintf("%q is %q", iterator.Key(), iterator.Value()))
		}
	}
	if err := iterator.Error(); err != nil {
		tb.Fatal(err)
	}
	return rows
}

// sampleBackup returns a backup of a small store of everything, and the rows of its state.
func sampleBackup(tb testing.TB) (backup []byte, want []string) {
	tb.Helper()
	store := begin(tb, vfs.NewMem())
	defer store.end(tb)
	if err := fillSample(store); err != nil {
		tb.Fatal(err)
	}
	return store.backUp(tb), store.stateRows(tb)
}

// TestBackup_restored: everything comes back, versions and indexes go on, and so it stays after every end.
func TestBackup_restored(t *testing.T) {
	backup, want := sampleBackup(t)
	for _, how := range reopenings {
		t.Run(how, func(t *testing.T) {
			store, err := openTest(filling(vfs.NewCrashableMem(), backup))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := enginetest.Difference(store.stateRows(t), want); err != nil {
					t.Fatal(err)
				}
				if again := store.backUp(t); !bytes.Equal(framesOf(again), framesOf(backup)) {
					t.Errorf("a backup of what was restored has %d bytes, and is not that of before, of %d", len(again), len(backup))
				}
				store = store.reopen(t, how)
			}
			if err := store.goOn(); err != nil {
				t.Error(err)
			}
			changed := store.stateRows(t)
			store = store.reopen(t, how)
			defer store.end(t)
			if err := enginetest.Difference(store.stateRows(t), changed); err != nil {
				t.Error(err)
			}
		})
	}
}

// goOn writes to a store that holds the sample, and says what is wrong with the replies.
func (t *testStore) goOn() error {
	before := t.state.Figures()
	if first, err := t.log.FirstIndex(); err != nil || first != uint64(before.Applied)+1 {
		return fmt.Errorf("the log begins at %d after entry %d (%v)", first, before.Applied, err)
	}
	again, err := t.execute(put(10, 6, "large", strings.Repeat("c", 200)))
	if want := strings.Repeat("b", 200); err != nil || len(again.Results) != 1 || string(again.Results[0].Previous) != want {
		return fmt.Errorf("the repetition of a write with a large reply was answered with %.80v (%v)", again, err)
	}
	small, err := t.execute(put(11, 5, "key1", "value 1 of round 2"))
	if err != nil || len(small.Results) != 1 || string(small.Results[0].Previous) != "value 1 of round 1" {
		return fmt.Errorf("the repetition of a write with a small reply was answered with %v (%v)", small, err)
	}
	late, err := t.execute(put(1, 1, "key1", "late"))
	if err != nil || late.Outcome != kv.UnknownClient {
		return fmt.Errorf("a dropped client's write ended with outcome %d (%v)", late.Outcome, err)
	}
	reply, err := t.execute(put(19, 1, "new", "value"))
	if err != nil || len(reply.Results) != 1 || reply.Results[0].Version != before.Revision+1 {
		return fmt.Errorf("the first write was answered with %v after version %d (%v)", reply, before.Revision, err)
	}
	if after := t.state.Figures(); after.Applied != before.Applied+4 {
		return fmt.Errorf("four entries after %d are up to %d", before.Applied, after.Applied)
	}
	return nil
}

// TestBackup_large: a backup of several frames, one of them with a row larger than a frame.
func TestBackup_large(t *testing.T) {
	random := seeded(t)
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	for i := range uint64(40) {
		length := random.IntN(backupFrame / 8)
		if i == 20 {
			length = 5 * backupFrame / 2
		}
		store.must(t, put(byte(i%3), i/3+1, strings.Repeat("k", int(i+1)), strings.Repeat("v", length)))
	}
	restored, err := openTest(filling(vfs.NewMem(), store.backUp(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer restored.end(t)
	if err := enginetest.Difference(restored.stateRows(t), store.stateRows(t)); err != nil {
		t.Error(err)
	}
}

// TestBackup_frameMissing: every frame of a backup may be whole, and one of them missing.
func TestBackup_frameMissing(t *testing.T) {
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	for i := range uint64(3) {
		store.must(t, put(1, i+1, fmt.Sprint(i), strings.Repeat("v", backupFrame)))
	}
	backup := store.backUp(t)
	first := len(backup) - len(framesOf(backup))
	second := first + 4 + int(binary.LittleEndian.Uint32(backup[first:])) + 4
	if _, err := openTest(filling(vfs.NewMem(), slices.Delete(backup, first, second))); !errors.Is(err, ErrNoBackup) {
		t.Errorf("the error is %v", err)
	}
}

// TestBackup_empty: a store that nothing was ever written to can be backed up too.
func TestBackup_empty(t *testing.T) {
	empty := begin(t, vfs.NewMem())
	defer empty.end(t)
	store, err := openTest(filling(vfs.NewCrashableMem(), empty.backUp(t)))
	if err != nil {
		t.Fatal(err)
	}
	store = store.reopen(t, "power failed")
	store.must(t, put(1, 1, "key", "value"))
	store = store.reopen(t, "killed")
	defer store.end(t)
	if f := store.state.Figures(); f.Keys != 1 || f.Applied != 1 {
		t.Errorf("one key in one entry: %+v", f)
	}
}

// TestBackup_moment: a backup shows one moment while the state goes on changing.
func TestBackup_moment(t *testing.T) {
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	for round := 1; round <= 3; round++ {
		store.must(t, writePair(round))
	}
	want := store.stateRows(t)
	var backup bytes.Buffer
	writer := writerFunc(func(p []byte) (int, error) { // the first write, of the magic, comes before any row
		store.must(t, writePair(10))
		return backup.Write(p)
	})
	if err := store.state.Backup(shard.BackupID{1}, writer); err != nil {
		t.Fatal(err)
	}
	restored, err := openTest(filling(vfs.NewMem(), backup.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer restored.end(t)
	if err := enginetest.Difference(restored.stateRows(t), want); err != nil {
		t.Error(err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestBackup_unwritable: an error of the writer is the backup's, wherever it comes.
func TestBackup_unwritable(t *testing.T) {
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	store.must(t, writePair(1))
	full := errors.New("the disk is full")
	for n := range 4 {
		calls := 0
		err := store.state.Backup(shard.BackupID{1}, writerFunc(func(p []byte) (int, error) {
			if calls++; calls > n {
				return 0, full
			}
			return len(p), nil
		}))
		if (err != nil) != (n < 3) || err != nil && !errors.Is(err, full) {
			t.Errorf("when write %d of 3 fails: %v", n+1, err)
		}
	}
}

// TestBackup_damaged changes every byte of a backup, and cuts it at every length. Nothing of it is taken, and
// the folder can still be filled with a good one.
func TestBackup_damaged(t *testing.T) {
	random := seeded(t)
	source := begin(t, vfs.NewMem())
	defer source.end(t)
	source.must(t, put(1, 1, "dropped", long))
	source.must(t, kv.AppendForget(nil, 0))
	source.must(t, put(2, 1, "dropped", "a large reply"))
	backup, want := source.backUp(t), source.stateRows(t)
	disk := vfs.NewMem() // the same one for all: what is left of an attempt does not matter to the next
	refused := func(what string, i int, damaged []byte) {
		store, err := openTest(filling(disk, damaged))
		if err == nil {
			store.end(t)
			disk = vfs.NewMem()
		}
		if !errors.Is(err, ErrNoBackup) {
			t.Errorf("%s %d of %d: the error is %v", what, i, len(backup), err)
		}
	}
	for i := range backup {
		refused("with another byte", i, enginetest.Flip(random, backup, i))
		refused("cut off at byte", i, backup[:i])
	}
	store, err := openTest(filling(disk, backup))
	if err != nil {
		t.Fatal(err)
	}
	defer store.end(t)
	if err := enginetest.Difference(store.stateRows(t), want); err != nil {
		t.Error(err)
	}
}

// TestBackup_exists: a backup is never put over a store, not even over an empty one.
func TestBackup_exists(t *testing.T) {
	backup, _ := sampleBackup(t)
	disk := vfs.NewMem()
	for _, fill := range []func(*testStore){func(*testStore) {}, func(store *testStore) { store.must(t, put(1, 1, "key", "value")) }} {
		store := begin(t, disk)
		fill(store)
		want := store.stateRows(t)
		store.end(t)
		if _, err := openTest(filling(disk, backup)); !errors.Is(err, engine.ErrExists) {
			t.Errorf("the error is %v", err)
		}
		store = begin(t, disk)
		if err := enginetest.Difference(store.stateRows(t), want); err != nil {
			t.Error(err)
		}
		store.end(t)
	}
}

// TestBackup_again: a start that should restore the backup which has filled the store goes on with that; another one's
// is refused, with the names of both.
func TestBackup_again(t *testing.T) {
	first, _ := sampleBackup(t)
	second := append((&Part{Backup: shard.BackupID{2}, Shards: 1}).encode(), framesOf(first)...)
	old, err := os.ReadFile("testdata/backup1")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{ // of what comes in a message
		"first": fmt.Sprintf("backup %v", shard.BackupID{1}),
		"old":   fmt.Sprintf("%s%x", format1, sha256.Sum256(old)),
	}
	backups := map[string][]byte{"first": first, "second": second, "old": old}
	for _, name := range []string{"first", "old"} {
		disk := vfs.NewMem()
		store, err := openTest(filling(disk, backups[name]))
		if err != nil {
			t.Fatal(err)
		}
		store.must(t, put(19, 1, "new", "value"))
		want := store.stateRows(t)
		store.end(t)
		for other, backup := range backups {
			store, err := openTest(filling(disk, backup))
			if other != name {
				if !errors.Is(err, engine.ErrExists) || !strings.Contains(err.Error(), names[name]) || !strings.Contains(err.Error(), "this is backup") && !strings.Contains(err.Error(), "this is a backup") {
					t.Errorf("the %s backup where the %s one was: %v", other, name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("the %s backup again: %v", name, err)
				continue
			}
			if err := enginetest.Difference(store.stateRows(t), want); err != nil {
				t.Errorf("the %s backup again: %v", name, err)
			}
			store.end(t)
		}
	}
}

// crashPoints opens and closes a store on a disk, and returns what crashes on the way would have left.
func crashPoints(tb testing.TB, random *rand.Rand, disk *vfs.MemFS, options func(vfs.FS) Options) []*vfs.MemFS {
	tb.Helper()
	left, err := enginetest.CrashPoints(random, disk, func(disk vfs.FS) error {
		store, err := openTest(options(disk))
		if err != nil {
			return err
		}
		return store.Close()
	})
	if err != nil {
		tb.Fatal(err)
	}
	return left
}

// TestOpen_crashes crashes the making of a store at every operation. The next start finds nothing or a
// whole store, and goes on from there.
func TestOpen_crashes(t *testing.T) {
	left := crashPoints(t, seeded(t), vfs.NewCrashableMem(), func(disk vfs.FS) Options { return Options{FS: disk} })
	for i, disk := range left {
		store, err := openTest(Options{FS: disk})
		if err != nil {
			t.Errorf("crash %d of %d: %v", i, len(left), err)
			continue
		}
		store.must(t, put(1, 1, "key", "value"))
		store = store.reopen(t, reopenings[i%3])
		if f := store.state.Figures(); f.Keys != 1 || f.Applied != 1 {
			t.Errorf("crash %d of %d: one key in one entry: %+v", i, len(left), f)
		}
		store.end(t)
	}
	t.Logf("%d crashes", len(left))
}

// TestBackup_crashes crashes the restoring of a backup at every operation. The next start finds nothing begun or
// everything, or it asks for the backup again.
func TestBackup_crashes(t *testing.T) {
	backup, want := sampleBackup(t)
	random := seeded(t)
	left := crashPoints(t, random, vfs.NewCrashableMem(), func(disk vfs.FS) Options { return filling(disk, backup) })
	complete, refused := 0, 0
	for i, disk := range left {
		copied := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: random})
		store, err := openTest(Options{FS: copied})
		exists := err == nil && store.state.Figures() != Figures{}
		switch {
		case errors.Is(err, engine.ErrRestoring):
			refused++
		case err != nil:
			t.Errorf("crash %d of %d: %v", i, len(left), err)
			continue
		case exists:
			complete++
			if err := enginetest.Difference(store.stateRows(t), want); err != nil {
				t.Errorf("crash %d of %d: %v", i, len(left), err)
			}
		}
		if err == nil {
			store.end(t)
		}

		store, err = openTest(filling(disk, backup))
		if err != nil {
			t.Errorf("crash %d of %d left everything: %t; and restoring it again ends with: %v", i, len(left), exists, err)
			continue
		}
		if err := enginetest.Difference(store.stateRows(t), want); err != nil {
			t.Errorf("crash %d of %d, and restored again: %v", i, len(left), err)
		}
		store.end(t)
	}
	if complete == 0 || refused == 0 || complete+refused == len(left) {
		t.Errorf("%d of %d crashes left everything, %d a part: this test has lost its subject", complete, len(left), refused)
	}
	t.Logf("%d of %d crashes left everything, %d a part", complete, len(left), refused)
}
