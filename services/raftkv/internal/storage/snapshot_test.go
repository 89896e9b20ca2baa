package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
)

// snapshot returns a snapshot of a store.
func (t *testStore) snapshot(tb testing.TB) []byte {
	tb.Helper()
	var snapshot bytes.Buffer
	if err := t.state.WriteSnapshot(&snapshot); err != nil {
		tb.Fatal(err)
	}
	return snapshot.Bytes()
}

// rowsOf returns all rows of a slot, without the slot.
func (t *testStore) rowsOf(tb testing.TB, at slot) (rows []string) {
	tb.Helper()
	iterator, err := t.Rows(at.span())
	if err != nil {
		tb.Fatal(err)
	}
	defer iterator.Close()
	for iterator.First(); iterator.Valid(); iterator.Next() {
		rows = append(rows, fmt.Sprintf("%q is %q", iterator.Key()[prefixLen-1:], iterator.Value()))
	}
	if err := iterator.Error(); err != nil {
		tb.Fatal(err)
	}
	return rows
}

// count returns how many rows there are in a slot.
func (t *testStore) count(tb testing.TB, at slot) (rows int) {
	tb.Helper()
	iterator, err := t.Rows(at.span())
	if err != nil {
		tb.Fatal(err)
	}
	for iterator.First(); iterator.Valid(); iterator.Next() {
		rows++
	}
	if err := iterator.Close(); err != nil {
		tb.Fatal(err)
	}
	return rows
}

// allRows returns all rows of the state, once everything is written, the members' too.
func (t *testStore) allRows(tb testing.TB) []string {
	tb.Helper()
	if err := t.state.flush(); err != nil {
		tb.Fatal(err)
	}
	return t.rowsOf(tb, *t.state.slot.Load())
}

// ahead returns a store that holds the sample, a snapshot of it, and its rows.
func ahead(tb testing.TB) (store *testStore, snapshot []byte, rows []string) {
	tb.Helper()
	store = begin(tb, vfs.NewMem())
	tb.Cleanup(func() { store.end(tb) })
	if err := fillSample(store); err != nil {
		tb.Fatal(err)
	}
	return store, store.snapshot(tb), store.allRows(tb)
}

// behind opens a store that has little of what the sample has, other values, other clients, and some of it not written yet.
func behind(tb testing.TB, options Options) *testStore {
	tb.Helper()
	options.WriteBehind = 1 << 20
	store, err := openTest(options)
	if err != nil {
		tb.Fatal(err)
	}
	for _, command := range [][]byte{
		put(1, 1, "key1", "old"), put(10, 1, "large", strings.Repeat("o", 200)), put(16, 1, "only here", "old"), put(17, 1, "deleted", "old"),
	} {
		store.must(tb, command)
	}
	if err := store.Compact(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	store.must(tb, put(1, 2, "key1", "old, and not written yet"))
	if _, _, err := store.state.Get([]byte("only here")); err != nil { // from now on it is in the cache
		tb.Fatal(err)
	}
	return store
}

func (t *testStore) stage(tb testing.TB, snapshot []byte) *Staged {
	tb.Helper()
	staged, err := t.state.Stage(bytes.NewReader(snapshot))
	if err != nil {
		tb.Fatal(err)
	}
	return staged
}

// TestStage: what a snapshot has lies beside the state, which goes on as if there were none, and is not there after the next
// start, nor when it is discarded.
func TestStage(t *testing.T) {
	source, snapshot, rows := ahead(t)
	store := behind(t, Options{FS: vfs.NewCrashableMem()})
	before := store.everything(t)
	for _, how := range append(reopenings, "discarded") {
		staged := store.stage(t, snapshot)
		if staged.Position != source.state.applied || !reflect.DeepEqual(staged.Members, source.state.Members()) {
			t.Errorf("it is staged as %+v of %+v", staged.Position, staged.Members)
		}
		if err := enginetest.Difference(store.rowsOf(t, staged.slot), rows); err != nil {
			t.Errorf("what is staged: %v", err)
		}
		if err := enginetest.Difference(store.everything(t), before); err != nil {
			t.Errorf("while another state is staged: %v", err)
		}
		if _, err := store.state.Stage(bytes.NewReader(snapshot)); !errors.Is(err, ErrStaged) {
			t.Errorf("a second one: %v", err)
		}
		if how == "discarded" {
			staged.Discard()
			staged.Discard() // nothing happens
		} else {
			store = store.reopen(t, how)
		}
		if left := store.rowsOf(t, store.state.slot.Load().other()); len(left) > 0 {
			t.Errorf("%s: there is %v", how, left)
		}
		if err := enginetest.Difference(store.everything(t), before); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
	store.stage(t, snapshot)
	store.end(t)
}

// TestStage_damaged changes every byte of a snapshot, and cuts it at every length: it is refused, and nothing has
// happened.
func TestStage_damaged(t *testing.T) {
	random := seeded(t)
	source := begin(t, vfs.NewMem())
	defer source.end(t)
	source.must(t, put(1, 1, "dropped", long))
	source.must(t, kv.AppendForget(nil, 0))
	source.must(t, put(2, 1, "dropped", "a large reply"))
	snapshot := source.snapshot(t)
	store := behind(t, Options{FS: vfs.NewMem()})
	defer store.end(t)
	before := store.everything(t)
	refused := func(what string, i int, r io.Reader) {
		t.Helper()
		if staged, err := store.state.Stage(r); staged != nil || !errors.Is(err, ErrNoSnapshot) || IsDamage(err) {
			t.Errorf("%s %d of %d: %v", what, i, len(snapshot), err)
		}
		if left := store.rowsOf(t, store.state.slot.Load().other()); len(left) > 0 {
			t.Errorf("%s %d of %d: there is %v", what, i, len(snapshot), left)
		}
	}
	for i := range snapshot {
		refused("with another byte", i, bytes.NewReader(enginetest.Flip(random, snapshot, i)))
		refused("cut off at byte", i, bytes.NewReader(snapshot[:i]))
	}
	refused("a backup", 0, bytes.NewReader(source.backUp(t)))
	if err := enginetest.Difference(store.everything(t), before); err != nil {
		t.Error(err)
	}
	store.stage(t, snapshot).Discard()
}

// TestStage_interrupted: what a stream ends with is told, and nothing is left of what came before.
func TestStage_interrupted(t *testing.T) {
	_, snapshot, _ := ahead(t)
	store := behind(t, Options{FS: vfs.NewMem()})
	defer store.end(t)
	cut := errors.New("the link was cut")
	for i := range len(snapshot) {
		if _, err := store.state.Stage(io.MultiReader(bytes.NewReader(snapshot[:i]), broken{cut})); !errors.Is(err, cut) {
			t.Fatalf("cut off at byte %d: %v", i, err)
		}
	}
	if left := store.rowsOf(t, store.state.slot.Load().other()); len(left) > 0 {
		t.Errorf("there is %v", left)
	}
}

// broken is a reader that fails.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// TestStage_incomplete: frames that are whole, but do not make a state, are refused.
func TestStage_incomplete(t *testing.T) {
	source, _, _ := ahead(t)
	store := behind(t, Options{FS: vfs.NewMem()})
	defer store.end(t)
	for _, kind := range []byte{stateTotals, stateMembers} {
		var snapshot bytes.Buffer
		if err := source.state.writeRows(&snapshot, []byte(snapshotMagic), func(k byte) bool { return k != kind }); err != nil {
			t.Fatal(err)
		}
		if _, err := store.state.Stage(&snapshot); !errors.Is(err, ErrNoSnapshot) {
			t.Errorf("without rows of kind %c: %v", kind, err)
		}
		if left := store.count(t, store.state.slot.Load().other()); left > 0 { // they were written, to be looked at
			t.Errorf("without rows of kind %c: there are %d rows", kind, left)
		}
	}
	for key, value := range map[string]string{"m": "short", "g": "[", "c": "short", "cCLIENTCLIENTCLIE": "short"} {
		var snapshot bytes.Buffer
		snapshot.WriteString(snapshotMagic)
		out := frames{w: &snapshot}
		if err := errors.Join(out.row([]byte(key), []byte(value)), out.end()); err != nil {
			t.Fatal(err)
		}
		if _, err := store.state.Stage(&snapshot); !errors.Is(err, ErrNoSnapshot) || IsDamage(err) {
			t.Errorf("with %q being %q: %v", key, value, err)
		}
	}
}

// TestStage_memory: what has come of a snapshot does not gather in memory until all of it has come.
func TestStage_memory(t *testing.T) {
	const (
		pairs = 64
		value = 256 << 10
	)
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	var written, most int
	stream, out := io.Pipe()
	go func() {
		_, err := out.Write([]byte(snapshotMagic))
		frames := frames{w: writerFunc(func(p []byte) (int, error) {
			written += len(p)
			most = max(most, written-value*store.count(t, slot{secondSlot, 0}))
			return out.Write(p)
		})}
		for i := range pairs {
			err = errors.Join(err, frames.row([]byte{stateKey, byte(i)}, bytes.Repeat([]byte{'v'}, value)))
		}
		out.CloseWithError(errors.Join(err, frames.end(), io.ErrUnexpectedEOF))
	}()
	if _, err := store.state.Stage(stream); err == nil {
		t.Error("a snapshot without totals was taken")
	}
	if left := store.count(t, slot{secondSlot, 0}); left > 0 {
		t.Errorf("%d rows are left of it", left)
	}
	if limit := fillingBatch + 4*value; most > limit {
		t.Errorf("of %d bytes that had come, %d were not written; want %d at most", written, most, limit)
	}
	if written < 3*fillingBatch {
		t.Errorf("%d bytes have come: this test has lost its subject", written)
	}
}

// TestStage_full: on a full disk, no snapshot is taken, and the state is as it was.
func TestStage_full(t *testing.T) {
	_, snapshot, _ := ahead(t)
	store, err := openTest(Options{FS: fullDisk{vfs.NewMem()}, Reserve: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer store.end(t)
	store.must(t, put(1, 1, "key1", "first"))
	store.must(t, put(1, 2, "key1", "second"))
	before := store.everything(t)
	if _, err := store.state.Stage(bytes.NewReader(snapshot)); !errors.Is(err, ErrFull) {
		t.Errorf("the error is %v", err)
	}
	if err := enginetest.Difference(store.everything(t), before); err != nil {
		t.Error(err)
	}
}

// fullDisk is a disk that says that it is full.
type fullDisk struct{ vfs.FS }

func (fullDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: 1, TotalBytes: 1 << 30}, nil
}

// TestSnapshot_moment: a snapshot shows one moment, with the totals of that, while the state goes on changing.
func TestSnapshot_moment(t *testing.T) {
	source := begin(t, vfs.NewMem())
	defer source.end(t)
	for round := 1; round <= 3; round++ {
		source.must(t, writePair(round))
	}
	want, position := source.allRows(t), source.state.applied
	var snapshot bytes.Buffer
	writer := writerFunc(func(p []byte) (int, error) { // the first write, of the magic, comes before any row
		source.must(t, writePair(10))
		return snapshot.Write(p)
	})
	if err := source.state.WriteSnapshot(writer); err != nil {
		t.Fatal(err)
	}
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	staged := store.stage(t, snapshot.Bytes())
	if err := enginetest.Difference(store.rowsOf(t, staged.slot), want); err != nil || staged.Position != position {
		t.Errorf("at %v: %v", staged.Position, err)
	}
}

// TestSnapshot_frames: a frame that is missing is noticed, as in a backup.
func TestSnapshot_frames(t *testing.T) {
	source := begin(t, vfs.NewMem())
	defer source.end(t)
	for i := range uint64(3) {
		source.must(t, put(1, i+1, fmt.Sprint(i), strings.Repeat("v", backupFrame)))
	}
	snapshot := source.snapshot(t)
	first := len(snapshotMagic)
	second := first + 4 + int(binary.LittleEndian.Uint32(snapshot[first:])) + 4
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	if _, err := store.state.Stage(bytes.NewReader(slices.Delete(snapshot, first, second))); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("the error is %v", err)
	}
}
