package storage

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
)

// member is a store with the log and the state of a shard. What is in the log was not committed, unless the state shows it.
type member struct {
	*Store
	state *State
	log   *Log
}

func openMember(options Options) (*member, error) {
	options.Dir, options.Logger = testDir, discard
	store, err := Open(options)
	if err != nil {
		return nil, err
	}
	m := &member{Store: store}
	if err = formLone(store); err == nil {
		m.state, err = store.OpenState(0, 1)
	}
	if err == nil {
		m.log, err = store.OpenLog(0, m.state.Applied())
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return m, nil
}

// deposed returns the files of a member that has led the group, and has gone on alone: its log has 60 entries which the
// group has never committed, of a later term than the state of the others.
func deposed(tb testing.TB) files {
	tb.Helper()
	disk := vfs.NewMem()
	m, err := openMember(Options{FS: disk})
	if err != nil {
		tb.Fatal(err)
	}
	m.log.write(tb, some(1, 1, 4), hardly(1, 1, 4))
	for i := range uint64(4) {
		command := put(byte(i), 1, fmt.Sprintf("old%d", i), "old")
		if _, _, err := m.state.Apply(Position{1, Index(i + 1)}, kv.Millis(i), [][]byte{command}); err != nil {
			tb.Fatal(err)
		}
	}
	m.log.write(tb, some(5, 5, 60), hardly(5, 1, 4))
	if err := m.Close(); err != nil {
		tb.Fatal(err)
	}
	all, err := readFiles(disk)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// describe tells what a member has: all rows of the state, what it counts, the log, the hard state.
func (m *member) describe() (lines []string, err error) {
	iterator, err := m.Rows(m.state.slot.Load().span())
	if err != nil {
		return nil, err
	}
	for iterator.First(); iterator.Valid(); iterator.Next() {
		lines = append(lines, fmt.Sprintf("%q is %q", iterator.Key()[prefixLen-1:], iterator.Value()))
	}
	if err := iterator.Close(); err != nil {
		return nil, err
	}
	if iterator, err = m.Rows(m.state.slot.Load().other().span()); err != nil {
		return nil, err
	}
	if iterator.First() {
		lines = append(lines, "the other slot has rows")
	}
	hard, conf, _ := m.log.InitialState()
	lines = append(lines, fmt.Sprintf("%+v", m.state.Figures()), fmt.Sprintf("the log has what comes after %v up to %v, %v, %v", m.log.truncated, m.log.last, hard, conf))
	return lines, iterator.Close()
}

// TestInstall_crashes crashes the staging and installing of a snapshot at every operation. What is there then is the old
// state with the old log, or the new one with the new one; and the new one once Install has returned.
func TestInstall_crashes(t *testing.T) {
	for name, interval := range map[string]time.Duration{"always": 0, "interval": time.Hour} {
		t.Run(name, func(t *testing.T) { testInstallCrashes(t, interval) })
	}
}

func testInstallCrashes(t *testing.T, interval time.Duration) {
	_, snapshot, _ := ahead(t)
	disk, err := deposed(t).on(vfs.NewCrashableMem())
	if err != nil {
		t.Fatal(err)
	}
	var before, after []string
	var done *vfs.MemFS
	left, err := enginetest.CrashPoints(seeded(t), disk, func(fs vfs.FS) error {
		m, err := openMember(Options{FS: fs, SyncInterval: interval})
		if err != nil {
			return err
		}
		var errs [4]error
		var staged *Staged
		before, errs[0] = m.describe()
		staged, errs[1] = m.state.Stage(bytes.NewReader(snapshot))
		errs[2] = m.log.Install(staged, hardly(6, 0, uint64(staged.Position.Index)))
		done = disk.CrashClone(vfs.CrashCloneCfg{})
		after, errs[3] = m.describe()
		return errors.Join(append(errs[:], m.Close())...)
	})
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[bool]int)
	for i, disk := range append(left, done) {
		m, err := openMember(Options{FS: disk})
		if err != nil {
			t.Errorf("crash %d of %d: %v", i, len(left), err)
			continue
		}
		got, err := m.describe()
		isNew := slices.Equal(got, after)
		count[isNew]++
		switch {
		case err != nil || !isNew && !slices.Equal(got, before):
			t.Errorf("crash %d of %d: there is (%v) %.2000v", i, len(left), err, got)
		case !isNew && disk == done:
			t.Errorf("after it was installed, there is what was before")
		}
		m.log.write(t, some(7, uint64(m.log.last.Index)+1, 1), hardly(7, 1, 0))
		last := m.log.last
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if m, err = openMember(Options{FS: disk}); err != nil || m.log.last != last {
			t.Fatalf("crash %d of %d, and gone on: %v", i, len(left), err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if count[true] == 0 || count[false] == 0 {
		t.Errorf("of %d crashes, %v have left the new state: this test has lost its subject", len(left), count)
	}
	t.Logf("of %d crashes, %d have left the new state", len(left), count[true])
}

// staging opens a member on a disk that has led the group before, with a snapshot staged.
func staging(tb testing.TB, options Options) (*member, *Staged) {
	tb.Helper()
	_, snapshot, _ := ahead(tb)
	m, err := openMember(options)
	if err != nil {
		tb.Fatal(err)
	}
	staged, err := m.state.Stage(bytes.NewReader(snapshot))
	if err != nil {
		tb.Fatal(err)
	}
	return m, staged
}

// TestInstall_awaits: an append that is awaited late does not move the mark to where the log has been before.
func TestInstall_awaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, err := deposed(t).disk()
		if err != nil {
			t.Fatal(err)
		}
		m, staged := staging(t, Options{FS: disk})
		pending, err := m.log.Append(some(5, 65, 1), hardly(5, 1, 4))
		if err != nil {
			t.Fatal(err)
		}
		installed := make(chan error, 1)
		go func() { installed <- m.log.Install(staged, nil) }()
		synctest.Wait()
		if err := pending.Await(); err != nil {
			t.Fatal(err)
		}
		if err := <-installed; err != nil {
			t.Fatal(err)
		}
		m.endsAfter(t, staged.Position, disk)
	})
}

// endsAfter fails the test unless the mark of the log says where the snapshot ends, and the store opens again.
func (m *member) endsAfter(tb testing.TB, position Position, disk vfs.FS) {
	tb.Helper()
	if mark := m.log.mark.Last(); mark != synced(position) {
		tb.Errorf("the mark of the log is %v after %v", mark, position)
	}
	if err := m.Close(); err != nil {
		tb.Fatal(err)
	}
	again, err := openMember(Options{FS: disk})
	if err != nil {
		tb.Fatal(err)
	}
	if err := again.Close(); err != nil {
		tb.Fatal(err)
	}
}

// TestInstall_syncing: what a timer syncs meanwhile does not move the mark back either.
func TestInstall_syncing(t *testing.T) {
	all := deposed(t)
	for range 20 {
		disk, err := all.disk()
		if err != nil {
			t.Fatal(err)
		}
		m, staged := staging(t, Options{FS: disk, SyncInterval: time.Hour})
		var others sync.WaitGroup
		for range 4 {
			others.Go(func() { _ = m.syncNow() })
		}
		err = m.log.Install(staged, nil)
		others.Wait()
		if err != nil {
			t.Fatal(err)
		}
		m.endsAfter(t, staged.Position, disk)
	}
}

// TestInstall_readers: who reads while one state after the other is installed finds each key, as it is or as it will be next,
// and never again as it was: in Pebble, and in the cache.
func TestInstall_readers(t *testing.T) {
	const rounds = 150
	source, store := begin(t, vfs.NewMem()), begin(t, vfs.NewMem())
	defer source.end(t)
	defer store.end(t)
	values := map[string]string{"cached": "%d", "large": "%d " + strings.Repeat("v", 2*maxCached)}
	next := func(to *testStore, round int) {
		for key, value := range values {
			to.must(t, put(1, 1+uint64(to.state.Applied()), key, fmt.Sprintf(value, round)))
		}
	}
	next(source, 0)
	next(store, 0)
	over := make(chan struct{})
	var readers sync.WaitGroup
	for key := range values {
		for range 2 {
			readers.Go(func() { store.readsOn(t, key, over) })
		}
	}
	for round := 1; round <= rounds; round++ {
		next(source, round)
		if err := store.log.Install(store.stage(t, source.snapshot(t)), nil); err != nil {
			t.Fatal(err)
		}
	}
	close(over)
	readers.Wait()
}

// readsOn reads a key, whose value begins with a number that only grows.
func (t *testStore) readsOn(tb testing.TB, key string, over <-chan struct{}) {
	last := 0
	for {
		select {
		case <-over:
			return
		default:
		}
		record, exists, err := t.state.Get([]byte(key))
		number := 0
		if err == nil && exists {
			_, err = fmt.Sscan(string(record.Value), &number)
		}
		if err != nil || !exists || number < last {
			tb.Errorf("after %d, %q is there: %t, and begins with %d (%v)", last, key, exists, number, err)
			return
		}
		last = number
	}
}
