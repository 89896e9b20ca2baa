package storage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
)

// reopenings are the ways in which a store ends and comes back.
var reopenings = []string{"closed", "killed", "power failed"}

// reopen ends a store that lies on a crashable disk, and opens what is left of it.
func (t *testStore) reopen(tb testing.TB, how string) *testStore {
	tb.Helper()
	disk := t.options.FS.(*vfs.MemFS)
	switch how {
	case "killed":
		disk = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	case "power failed":
		disk = disk.CrashClone(vfs.CrashCloneCfg{})
	}
	t.end(tb)
	return beginBehind(tb, disk, t.options.WriteBehind)
}

// begin opens a store that writes the changes of each entry when it is applied.
func begin(tb testing.TB, disk vfs.FS) *testStore {
	tb.Helper()
	return beginBehind(tb, disk, 1)
}

// beginBehind opens a store that writes so many bytes of changes behind.
func beginBehind(tb testing.TB, disk vfs.FS, behind int) *testStore {
	tb.Helper()
	store, err := openTest(Options{FS: disk, WriteBehind: behind})
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

func (t *testStore) end(tb testing.TB) {
	tb.Helper()
	if err := t.Close(); err != nil {
		tb.Fatal(err)
	}
}

// must executes a command that is to be done.
func (t *testStore) must(tb testing.TB, command []byte) kv.Reply {
	tb.Helper()
	reply, err := t.execute(command)
	if err != nil {
		tb.Fatal(err)
	}
	if reply.Outcome != kv.Done {
		tb.Fatalf("a write ended with outcome %d", reply.Outcome)
	}
	return reply
}

func (t *testStore) everything(tb testing.TB) []string {
	tb.Helper()
	lines, err := t.contents()
	if err != nil {
		tb.Fatal(err)
	}
	return lines
}

// TestState_reopened: keys, totals and sessions are there again, and versions go on.
func TestState_reopened(t *testing.T) {
	for _, how := range reopenings {
		t.Run(how, func(t *testing.T) {
			store := begin(t, vfs.NewCrashableMem())
			if err := fillSample(store); err != nil {
				t.Fatal(err)
			}
			want, before := store.everything(t), store.state.Figures()
			if before.Keys == 0 || before.Bytes == 0 || before.Sessions == 0 {
				t.Fatalf("the sample has %+v: this test has lost its subject", before)
			}
			store = store.reopen(t, how)
			defer store.end(t)
			if err := enginetest.Difference(store.everything(t), want); err != nil {
				t.Fatal(err)
			}
			reply := store.must(t, put(19, 1, "new", "value"))
			if got := reply.Results[0].Version; got != before.Revision+1 {
				t.Errorf("the first write has version %d after %d", got, before.Revision)
			}
			after := store.state.Figures()
			if after.Keys != before.Keys+1 || after.Bytes != before.Bytes+8 || after.Applied != before.Applied+1 {
				t.Errorf("one key of 8 bytes more: %+v became %+v", before, after)
			}
		})
	}
}

// TestState_model compares what Get, Scan and the totals say with a map, after entries of random commands
// whose values are about as long as the cache keeps, and after the store was opened again.
func TestState_model(t *testing.T) {
	random := seeded(t)
	store := beginBehind(t, vfs.NewCrashableMem(), 1+random.IntN(10_000))
	defer func() { store.end(t) }()
	model := make(map[string]string)
	for round := range 300 {
		command := kv.Command{Writes: make([]kv.Write, 1+random.IntN(3))}
		for i := range command.Writes {
			command.Writes[i] = randomWrite(random, model)
		}
		store.must(t, command.AppendTo(nil))
		if round%100 == 99 {
			store = store.reopen(t, reopenings[round/100])
		}
		if err := store.compare(model); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

// randomWrite makes up a write, and does it to the model.
func randomWrite(random *rand.Rand, model map[string]string) kv.Write {
	key := fmt.Sprintf("key%d", random.IntN(6))
	value := strings.Repeat(string(rune('a'+random.IntN(26))), random.IntN(2*maxCached/3))
	write := kv.Write{Kind: kv.Put, Key: []byte(key), Value: []byte(value), Expect: kv.AnyVersion, MaxValue: 1 << 30}
	switch random.IntN(3) {
	case 0:
		model[key] = value
	case 1:
		write.Kind = kv.Append
		model[key] += value
	default:
		write.Kind, write.Value = kv.Delete, nil
		delete(model, key)
	}
	return write
}

func (t *testStore) compare(model map[string]string) error {
	size := 0
	for i := range 6 {
		key := fmt.Sprintf("key%d", i)
		want, exists := model[key]
		if exists {
			size += len(key) + len(want)
		}
		for range 2 { // the second time, perhaps, from the cache
			record, ok, err := t.state.Get([]byte(key))
			if err != nil || ok != exists || string(record.Value) != want {
				return fmt.Errorf("%s is %.20q of %d bytes (%t, %v), not %.20q of %d", key, record.Value, len(record.Value), ok, err, want, len(want))
			}
		}
	}
	scanned := make(map[string]string)
	err := t.state.Scan(Range{}, true, func(key []byte, record kv.Record) (bool, error) {
		scanned[string(key)] = string(record.Value)
		return true, nil
	})
	if err != nil || len(scanned) != len(model) {
		return fmt.Errorf("a scan has %d keys of %d (%v)", len(scanned), len(model), err)
	}
	for key, want := range model {
		if scanned[key] != want {
			return fmt.Errorf("a scan has %s as %.20q, not %.20q", key, scanned[key], want)
		}
	}
	if f := t.state.Figures(); f.Keys != uint64(len(model)) || f.Bytes != uint64(size) {
		return fmt.Errorf("the totals are %d keys of %d bytes, not %d of %d", f.Keys, f.Bytes, len(model), size)
	}
	return nil
}

// The halves of a pair are always written together. The second one is too long for the cache: readers look for it
// in what has changed, or in Pebble.
const (
	cachedHalf = "pair/a"
	longHalf   = "pair/b"
)

func writePair(round int) []byte {
	text := fmt.Sprintf("%08d", round)
	command := kv.Command{Writes: []kv.Write{
		{Kind: kv.Put, Key: []byte(cachedHalf), Value: []byte(text), Expect: kv.AnyVersion},
		{Kind: kv.Put, Key: []byte(longHalf), Value: []byte(text + strings.Repeat("x", maxCached)), Expect: kv.AnyVersion},
	}}
	return command.AppendTo(nil)
}

// readPair reads one half and then the other, which must not be older.
func readPair(state *State, first, second string) error {
	var rounds [2]string
	for i, key := range []string{first, second} {
		record, ok, err := state.Get([]byte(key))
		if err != nil || !ok {
			return fmt.Errorf("%s is there: %t, %v", key, ok, err)
		}
		rounds[i] = string(record.Value[:8])
	}
	if rounds[1] < rounds[0] {
		return fmt.Errorf("%s was of round %s, and then %s of round %s", first, rounds[0], second, rounds[1])
	}
	return nil
}

// TestState_readers: who reads keys one after the other, from the cache or beside it, never finds half of a
// batch undone that another key has shown already.
func TestState_readers(t *testing.T) {
	const rounds = 10_000
	store := beginBehind(t, vfs.NewMem(), 10*maxCached) // what changes is written every few rounds
	defer store.end(t)
	apply := func(round int) {
		if _, _, err := store.state.Apply(Position{1, Index(round)}, 1, [][]byte{writePair(round)}); err != nil {
			t.Error(err)
		}
	}
	apply(1)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for _, order := range [][2]string{{longHalf, cachedHalf}, {cachedHalf, longHalf}, {cachedHalf, cachedHalf}} {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := readPair(store.state, order[0], order[1]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for round := 2; round <= rounds; round++ {
		apply(round)
	}
	close(done)
	readers.Wait()
}

// TestState_readers_control: were the keys of an entry set without the lock, a reader could tell.
func TestState_readers_control(t *testing.T) {
	store := beginBehind(t, vfs.NewMem(), 1<<20)
	defer store.end(t)
	store.must(t, writePair(1))
	store.state.changes.Set([]byte(cachedHalf), kv.Record{Version: 100, Value: []byte("00000002")})
	if readPair(store.state, cachedHalf, longHalf) == nil {
		t.Error("the reader saw no difference: the lock need not be held during an entry, or the test is blind")
	}
}

// TestState_lateReader: what was found in Pebble before a change, and comes to the cache after it, is never shown,
// whether or not the change is in Pebble by then.
func TestState_lateReader(t *testing.T) {
	key, late := []byte("key"), kv.Record{Version: 1, Value: []byte("old")}
	for _, value := range []string{"new", strings.Repeat("n", maxCached)} { // the second one is too long for the cache
		for _, flushed := range []bool{false, true} {
			store := beginBehind(t, vfs.NewMem(), 1<<20)
			store.must(t, put(1, 1, "key", "old"))
			if err := store.state.flush(); err != nil {
				t.Fatal(err)
			}
			flushes := store.state.look(key).flushes
			store.must(t, put(1, 2, "key", value))
			if flushed {
				if err := store.state.flush(); err != nil {
					t.Fatal(err)
				}
			}
			store.state.records.add(key, late, flushes)
			for range 2 {
				if record, _, err := store.state.Get(key); err != nil || record.Version != 2 {
					t.Errorf("version %d is shown (%v), not 2 (flushed %t)", record.Version, err, flushed)
				}
				if err := store.state.flush(); err != nil {
					t.Fatal(err)
				}
			}
			store.end(t)
		}
	}
}

// TestState_behind: changes stay in memory until there are so many bytes of them, or of the commands that made them,
// and are then all in Pebble, each key once.
func TestState_behind(t *testing.T) {
	const limit = 10_000
	for name, next := range map[string]func(i int) []byte{
		"one key":    func(i int) []byte { return put(1, uint64(i), "key", "value") },
		"many keys":  func(i int) []byte { return put(1, uint64(i), fmt.Sprint("key", i), "value") },
		"many users": func(i int) []byte { return put(byte(i-1), 1+uint64((i-1)/256), "key", "value") },
		"appends":    func(i int) []byte { return ofClient(1, uint64(i), kv.Append, "vvv") },
	} {
		t.Run(name, func(t *testing.T) {
			store := beginBehind(t, vfs.NewMem(), limit)
			defer store.end(t)
			state, commands, writes := store.state, 0, 0
			for i := 1; i <= 1000; i++ {
				command := next(i)
				before := state.kept
				store.must(t, command)
				commands += len(command)
				if state.kept == before {
					if commands >= limit || state.changes.size() >= limit {
						t.Fatalf("entry %d: %d bytes of commands and %d of changes are not written", i, commands, state.changes.size())
					}
					continue
				}
				writes++
				if state.kept != state.applied.Index || state.changes.size() != 0 {
					t.Fatalf("entry %d: up to entry %d is written, and %d bytes of changes are left", i, state.kept, state.changes.size())
				}
				commands = 0
			}
			if writes == 0 || writes > 500 {
				t.Errorf("1000 entries led to %d writes", writes)
			}
		})
	}
}

// TestState_behindReopened: what a crash takes out of memory is applied again from the log, with the same result.
func TestState_behindReopened(t *testing.T) {
	for _, how := range reopenings {
		t.Run(how, func(t *testing.T) {
			store := beginBehind(t, vfs.NewCrashableMem(), 5_000)
			for i := range 500 {
				store.must(t, put(byte(i%7), uint64(i/7)+1, fmt.Sprint("key", i%20), strings.Repeat("v", i%200)))
			}
			if store.state.kept == 0 || store.state.kept == store.state.applied.Index {
				t.Fatalf("entries up to %d of %d are written: this test has lost its subject", store.state.kept, store.state.applied)
			}
			unwritten := store.state.applied.Index - store.state.kept
			figures := store.state.Figures()
			before := store.state.kept
			store = store.reopen(t, how)
			defer store.end(t)
			if how != "closed" && Index(store.replayed) != unwritten {
				t.Errorf("%d entries were applied again, not the %d after entry %d", store.replayed, unwritten, before)
			}
			if got := store.state.Figures(); got != figures {
				t.Errorf("there is %+v, and was %+v", got, figures)
			}
			for i := 493; i < 500; i++ {
				record, _, err := store.state.Get(fmt.Append(nil, "key", i%20))
				if err != nil || len(record.Value) != i%200 {
					t.Errorf("key%d has %d bytes (%v), not %d", i%20, len(record.Value), err, i%200)
				}
			}
		})
	}
}

// TestScan_bounds tries ranges against a sorted list.
func TestScan_bounds(t *testing.T) {
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	all := []string{"\x00", "a", "a\x00", "a\xff", "a\xff\xff", "b", "ba", "\xff", "\xff\xff"}
	for i, key := range all {
		store.must(t, put(1, uint64(i+1), key, "v"))
	}
	for _, bound := range append(all, "c", "") {
		matches := map[string]func(string) bool{
			"prefix": func(key string) bool { return strings.HasPrefix(key, bound) },
			"start":  func(key string) bool { return key >= bound },
			"end":    func(key string) bool { return bound == "" || key < bound },
			"after":  func(key string) bool { return key > bound },
		}
		ranges := map[string]Range{
			"prefix": {Prefix: []byte(bound)}, "start": {Start: []byte(bound)}, "end": {End: []byte(bound)}, "after": {After: []byte(bound)},
		}
		for name, in := range matches {
			want := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return !in(key) })
			var got []string
			err := store.state.Scan(ranges[name], false, func(key []byte, record kv.Record) (bool, error) {
				got = append(got, string(bytes.Clone(key)))
				return true, nil
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s %q: %q (%v), not %q", name, bound, got, err, want)
			}
		}
	}
}
