package storage

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/engine"
	"numstore.example/services/internal/engine/enginetest"
)

// openLog opens the log of a store whose state shows entries up to applied.
func openLog(tb testing.TB, options Options, applied uint64) (*Store, *Log) {
	tb.Helper()
	options.Dir, options.Logger = testDir, discard
	store, err := Open(options)
	if err != nil {
		tb.Fatal(err)
	}
	log, err := openLogOf(store, applied)
	if err != nil {
		tb.Fatal(err)
	}
	return store, log
}

func openLogOf(store *Store, applied uint64) (*Log, error) {
	if err := formLone(store); err != nil {
		return nil, err
	}
	if _, err := store.OpenState(0, 1); err != nil {
		return nil, err
	}
	return store.OpenLog(0, Index(applied))
}

// text is what an entry of these tests holds.
func text(term, index uint64) string { return fmt.Sprintf("%d/%d", term, index) }

// some are n entries of a term, from first on.
func some(term, first uint64, n int) (entries []*raftpb.Entry) {
	for index := first; index < first+uint64(n); index++ {
		entries = append(entries, &raftpb.Entry{Term: new(term), Index: new(index), Data: []byte(text(term, index))})
	}
	return entries
}

// Append begins an append to one log alone. It returns nil when there is nothing to write.
func (l *Log) Append(entries []*raftpb.Entry, hard *raftpb.HardState) (*Appends, error) {
	a := l.store.NewAppends()
	a.Add(l, entries, hard)
	if a.Size() == 0 {
		return nil, nil
	}
	return a, a.Begin()
}

// write appends entries and waits for the disk.
func (l *Log) write(tb testing.TB, entries []*raftpb.Entry, hard *raftpb.HardState) {
	tb.Helper()
	pending, err := l.Append(entries, hard)
	if err == nil && pending != nil {
		err = pending.Await()
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func hardly(term, vote, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: new(term), Vote: new(vote), Commit: new(commit)}
}

// logModel is what a log should hold: the terms of its entries.
type logModel struct {
	truncated struct{ index, term uint64 }
	terms     []uint64
}

func (m *logModel) last() uint64 { return m.truncated.index + uint64(len(m.terms)) }

func (m *logModel) term(index uint64) uint64 {
	if index == m.truncated.index {
		return m.truncated.term
	}
	return m.terms[index-m.truncated.index-1]
}

func (m *logModel) append(term, first uint64, n int) {
	m.terms = m.terms[:first-m.truncated.index-1]
	for range n {
		m.terms = append(m.terms, term)
	}
}

func (m *logModel) truncate(index uint64) {
	term := m.term(index)
	m.terms = m.terms[index-m.truncated.index:]
	m.truncated.term, m.truncated.index = term, index
}

// compare asks a log for everything that raft.Storage promises.
func (m *logModel) compare(l *Log) error {
	first, errFirst := l.FirstIndex()
	last, errLast := l.LastIndex()
	if err := errors.Join(errFirst, errLast); err != nil || first != m.truncated.index+1 || last != m.last() {
		return fmt.Errorf("it has entries %d to %d (%v), not %d to %d", first, last, err, m.truncated.index+1, m.last())
	}
	for index := m.truncated.index; index <= last; index++ {
		if term, err := l.Term(index); err != nil || term != m.term(index) {
			return fmt.Errorf("entry %d has term %d (%v), not %d", index, term, err, m.term(index))
		}
	}
	for lo := first; lo <= last; lo++ {
		entries, err := l.Entries(lo, last+1, math.MaxUint64)
		if err != nil || uint64(len(entries)) != last+1-lo {
			return fmt.Errorf("there are %d entries from %d to %d (%v)", len(entries), lo, last, err)
		}
		for i, entry := range entries {
			index := lo + uint64(i)
			if entry.GetIndex() != index || entry.GetTerm() != m.term(index) || string(entry.GetData()) != text(m.term(index), index) {
				return fmt.Errorf("entry %d is %v, of term %d", index, entry, m.term(index))
			}
		}
	}
	return m.compareErrors(l)
}

func (m *logModel) compareErrors(l *Log) error {
	last := m.last()
	if _, err := l.Term(last + 1); err != raft.ErrUnavailable {
		return fmt.Errorf("the term of entry %d: %v", last+1, err)
	}
	if _, err := l.Entries(last+1, last+2, 1); err != raft.ErrUnavailable {
		return fmt.Errorf("entry %d: %v", last+1, err)
	}
	if _, err := l.Entries(m.truncated.index, last+1, 1); err != raft.ErrCompacted {
		return fmt.Errorf("entry %d: %v", m.truncated.index, err)
	}
	if m.truncated.index > 0 {
		if _, err := l.Term(m.truncated.index - 1); err != raft.ErrCompacted {
			return fmt.Errorf("the term of entry %d: %v", m.truncated.index-1, err)
		}
	}
	return nil
}

// TestLog_model does random things to a log: it appends, replaces ends, lets go, cuts off, and ends in all ways.
func TestLog_model(t *testing.T) {
	random := seeded(t)
	disk := vfs.NewCrashableMem()
	store, log := openLog(t, Options{FS: disk}, 0)
	defer func() { store.Close() }()
	model, term, applied := &logModel{}, uint64(1), uint64(0)
	for step := range 600 {
		switch random.IntN(10) {
		case 0: // a new term, whose entries may replace those that were not applied
			term++
			first := applied + 1 + random.Uint64N(model.last()-applied+1)
			n := 1 + random.IntN(3)
			log.write(t, some(term, first, n), hardly(term, 1, applied))
			model.append(term, first, n)
		case 1:
			if applied > model.truncated.index {
				index := model.truncated.index + 1 + random.Uint64N(applied-model.truncated.index)
				if err := log.Truncate(Index(index)); err != nil {
					t.Fatal(err)
				}
				model.truncate(index)
			}
		case 2, 3:
			applied += random.Uint64N(model.last() - applied + 1)
			log.Applied(Index(applied))
		case 4:
			if step%3 == 0 {
				store, log, disk = reopenLog(t, store, disk, applied, random)
			}
		default:
			first, n := model.last()+1, 1+random.IntN(4)
			log.write(t, some(term, first, n), nil)
			model.append(term, first, n)
		}
		if err := model.compare(log); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
	}
}

// reopenLog ends a store in some way, and opens it again. The truncation may be lost in a power failure, so it is
// synced before.
func reopenLog(tb testing.TB, store *Store, disk *vfs.MemFS, applied uint64, random *rand.Rand) (*Store, *Log, *vfs.MemFS) {
	tb.Helper()
	if err := store.Sync(); err != nil {
		tb.Fatal(err)
	}
	left := disk
	switch random.IntN(3) {
	case 0:
		left = disk.CrashClone(vfs.CrashCloneCfg{})
	case 1:
		left = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: random})
	}
	if err := store.Close(); err != nil {
		tb.Fatal(err)
	}
	store, log := openLog(tb, Options{FS: left}, applied)
	return store, log, left
}

// TestLog_maxSize: entries come up to a size, and always at least one.
func TestLog_maxSize(t *testing.T) {
	store, log := openLog(t, Options{FS: vfs.NewMem()}, 0)
	defer store.Close()
	log.write(t, some(1, 1, 9), nil) // three bytes each
	for _, memory := range []bool{true, false} {
		if !memory {
			log.Applied(9)
		}
		for size, want := range map[uint64]int{0: 1, 1: 1, 3: 1, 5: 1, 6: 2, 26: 8, 27: 9, math.MaxUint64: 9} {
			entries, err := log.Entries(1, 10, size)
			if err != nil || len(entries) != want {
				t.Errorf("%d bytes: %d entries (%v), not %d; from memory: %t", size, len(entries), err, want, memory)
			}
		}
	}
}

// TestLog_owned: what Entries has returned stays as it is, and may be appended to, whatever happens to the log.
func TestLog_owned(t *testing.T) {
	store, log := openLog(t, Options{FS: vfs.NewMem()}, 0)
	defer store.Close()
	log.write(t, some(1, 1, 6), nil)
	entries, err := log.Entries(1, 4, math.MaxUint64)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(entries, some(9, 4, 1)...)
	if term, err := log.Term(4); term != 1 || err != nil {
		t.Errorf("an append to what was returned has made the term of entry 4 %d (%v)", term, err)
	}
	log.write(t, some(2, 3, 3), hardly(2, 1, 2))
	log.Applied(5)
	for i, entry := range entries {
		if entry.GetIndex() != uint64(i+1) || entry.GetTerm() != 1 {
			t.Errorf("entry %d that was returned has become %v", i+1, entry)
		}
	}
}

// TestLog_applied: entries leave the memory when they are applied, but for the last one, and can still be read.
func TestLog_applied(t *testing.T) {
	const size = 64 << 10
	store, log := openLog(t, Options{FS: vfs.NewMem()}, 0)
	defer store.Close()
	entries := some(1, 1, 100)
	for _, entry := range entries {
		entry.Data = append(entry.Data, make([]byte, size)...)
	}
	log.write(t, entries, nil)
	entries = nil
	if err := store.Compact(t.Context()); err != nil { // nothing else changes the heap then
		t.Fatal(err)
	}
	before := enginetest.Heap()
	log.Applied(60)
	if kept := len(log.recent); kept != 41 {
		t.Errorf("%d entries are kept when 60 of 100 were applied, and the last of these is kept", kept)
	}
	log.Applied(100)
	if kept := len(log.recent); kept != 1 {
		t.Errorf("%d entries are kept when all were applied", kept)
	}
	if freed := before - enginetest.Heap(); freed < 90*size {
		t.Errorf("%d bytes were let go of 99 entries of %d", freed, size)
	}
	for _, index := range []uint64{1, 60, 61, 99, 100} {
		read, err := log.Entries(index, index+1, math.MaxUint64)
		if err != nil || read[0].GetIndex() != index || len(read[0].GetData()) < size {
			t.Errorf("entry %d cannot be read any more: %v", index, err)
		}
	}
}

// TestLog_hardState: term and vote are kept by themselves and with entries; the commit index is at least what
// was applied.
func TestLog_hardState(t *testing.T) {
	for _, how := range []int{0, 100} {
		disk := vfs.NewCrashableMem()
		store, log := openLog(t, Options{FS: disk}, 0)
		log.write(t, some(1, 1, 5), hardly(1, 1, 0))
		log.write(t, nil, hardly(7, 3, 2))
		if pending, err := log.Append(nil, hardly(7, 3, 5)); pending != nil || err != nil {
			t.Errorf("a commit index alone was written: %v", err)
		}
		left := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: how, RNG: seeded(t)})
		store.Close()
		store, log = openLog(t, Options{FS: left}, 4)
		hard, conf, err := log.InitialState()
		if err != nil || hard.GetTerm() != 7 || hard.GetVote() != 3 || hard.GetCommit() != 4 || !slices.Equal(conf.GetVoters(), []uint64{1}) {
			t.Errorf("it has become %v, %v, %v", hard, conf, err)
		}
		store.Close()
	}
}

// TestLog_mark: a log may be longer than its mark, end in a later term with a lower index, and not be shorter.
func TestLog_mark(t *testing.T) {
	for _, c := range []struct {
		last, mark Position
		ok         bool
	}{
		{Position{1, 5}, Position{1, 5}, true},
		{Position{1, 5}, Position{1, 3}, true},
		{Position{1, 5}, Position{}, true},
		{Position{2, 5}, Position{1, 9}, true},
		{Position{1, 5}, Position{1, 6}, false},
		{Position{1, 5}, Position{2, 3}, false},
	} {
		disk := vfs.NewMem()
		store, log := openLog(t, Options{FS: disk}, 0)
		log.write(t, some(uint64(c.last.Term), 1, int(c.last.Index)), hardly(uint64(c.last.Term), 1, 0))
		if err := log.mark.Set(synced(c.mark)); err != nil {
			t.Fatal(err)
		}
		store.Close()
		store, err := Open(Options{Dir: testDir, FS: disk, Logger: discard})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openLogOf(store, 0); (err == nil) != c.ok || err != nil && !IsDamage(err) {
			t.Errorf("the log ends at %v, its mark at %v: %v", c.last, c.mark, err)
		}
		store.Close()
	}
}

// TestLog_replacedOnTheWay: the end of the log is replaced while it is on its way to the disk. Whichever mark
// was made last before the crash, the log is accepted.
func TestLog_replacedOnTheWay(t *testing.T) {
	for waited := range 3 {
		disk := vfs.NewCrashableMem()
		store, log := openLog(t, Options{FS: disk}, 0)
		old, err := log.Append(some(1, 1, 9), hardly(1, 1, 0))
		if err != nil {
			t.Fatal(err)
		}
		replacing, err := log.Append(some(2, 4, 2), hardly(2, 1, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, pending := range []*Appends{old, replacing}[:waited] {
			if err := pending.Await(); err != nil {
				t.Fatal(err)
			}
		}
		left := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
		for _, pending := range []*Appends{old, replacing}[waited:] {
			if err := pending.Await(); err != nil {
				t.Fatal(err)
			}
		}
		store.Close()
		store, log = openLog(t, Options{FS: left}, 0)
		model := &logModel{}
		model.append(1, 1, 3)
		model.append(2, 4, 2)
		if waited == 2 {
			if err := model.compare(log); err != nil {
				t.Error(err)
			}
		}
		store.Close()
	}
}

// TestLog_appliedElsewhere: a state that shows what the log does not have, or less than was cut off, is damage.
func TestLog_appliedElsewhere(t *testing.T) {
	disk := vfs.NewMem()
	store, log := openLog(t, Options{FS: disk}, 0)
	log.write(t, some(1, 1, 9), nil)
	log.Applied(4)
	if err := log.Truncate(4); err != nil {
		t.Fatal(err)
	}
	store.Close()
	for applied, ok := range map[uint64]bool{3: false, 4: true, 9: true, 10: false} {
		store, err := Open(Options{Dir: testDir, FS: disk, Logger: discard})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openLogOf(store, applied); (err == nil) != ok || err != nil && !IsDamage(err) {
			t.Errorf("entries 5 to 9 are there, the state shows %d: %v", applied, err)
		}
		store.Close()
	}
}

// TestLog_intervalKeepsMark: a store that syncs at intervals does not take its mark back when nothing is written.
func TestLog_intervalKeepsMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = time.Second
		disk := vfs.NewMem()
		store, log := openLog(t, Options{FS: disk, SyncInterval: interval}, 0)
		store.Start()
		log.write(t, some(1, 1, 5), nil)
		time.Sleep(3 * interval) // by the clock of the test
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		store, _ = openLog(t, Options{FS: disk, SyncInterval: interval}, 0)
		store.Start()
		time.Sleep(3 * interval)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		store, err := Open(Options{Dir: testDir, FS: disk, Logger: discard})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		mark, err := store.OpenMark("0", engine.Synced{Epoch: 1, Index: 5}, false)
		if err != nil {
			t.Fatal(err)
		}
		defer mark.Close()
		if want := (engine.Synced{Epoch: 1, Index: 5}); mark.Last() != want {
			t.Errorf("the mark is at %v, not at %v", mark.Last(), want)
		}
	})
}

// TestLog_truncateRefused: what was cut off is not cut off again, and what was not applied stays.
func TestLog_truncateRefused(t *testing.T) {
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	for i := range uint64(4) {
		store.must(t, put(1, i+1, "key", "value"))
	}
	store.log.write(t, some(1, 5, 2), nil)
	if err := store.log.Truncate(5); err == nil || !strings.Contains(err.Error(), "entry 4 was applied last") {
		t.Errorf("what was not applied is cut off: %v", err)
	}
	if err := store.log.Truncate(7); err == nil {
		t.Error("what is not there is cut off")
	}
	for _, index := range []Index{2, 2, 1, 0} {
		if err := store.log.Truncate(index); err != nil {
			t.Errorf("cut off after entry %d: %v", index, err)
		}
		if first, _ := store.log.FirstIndex(); first != 3 {
			t.Errorf("cut off after entry %d, the log begins with entry %d", index, first)
		}
	}
}
