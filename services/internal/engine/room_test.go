package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
)

const (
	testDisk    = 64 << 20
	testReserve = testDisk / reserveShare
)

func TestIsFull(t *testing.T) {
	const reserve = 100
	for _, c := range []struct {
		before   bool
		free     uint64
		reserved bool
		want     bool
	}{
		{before: false, free: 100, reserved: true, want: false},
		{before: false, free: 99, reserved: true, want: true},
		{before: false, free: 100, reserved: false, want: false}, // one that never was full may do without for a while
		{before: true, free: 149, reserved: true, want: true},
		{before: true, free: 150, reserved: true, want: false},
		{before: true, free: 1000, reserved: false, want: true},
	} {
		if got := isFull(c.before, c.free, reserve, c.reserved); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func openSmall(t *testing.T, disk vfs.FS) *testStore {
	t.Helper()
	s, err := openTest(Options{FS: disk, Reserve: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noise returns bytes that no compression makes fewer.
func noise(length int) string {
	b := make([]byte, length)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return string(b)
}

// fillUp puts values until the store refuses them, and returns how many there are.
func (t *testStore) fillUp(tb testing.TB) (n uint64) {
	tb.Helper()
	value := noise(64 << 10)
	for t.Writable() == nil {
		if n++; n > testDisk/uint64(len(value)) {
			tb.Fatalf("%d values were written to a disk that has no room for them", n)
		}
		t.must(tb, put(fmt.Sprintf("key %d", n), value))
		if err := t.cut(keptLog); err != nil {
			tb.Fatal(err)
		}
		if err := t.room.check(); err != nil {
			tb.Fatal(err)
		}
	}
	return n
}

// TestRoom_wayOut: a store whose disk has become full goes on reading and deleting, and takes writes when there is room,
// by itself.
func TestRoom_wayOut(t *testing.T) {
	disk := enginetest.NewSmallDisk(testDisk)
	s := openSmall(t, disk)
	defer s.end(t)
	if s.room.want != testReserve || disk.Used() < testReserve {
		t.Fatalf("a reserve of %d bytes is wanted, and %d are used", s.room.want, disk.Used())
	}
	n := s.fillUp(t)
	if err := s.Writable(); !errors.Is(err, ErrFull) {
		t.Errorf("the reason is %v", err)
	}
	for i := uint64(1); i <= n; i++ {
		if found, err := s.has(fmt.Sprintf("key %d", i)); err != nil || !found {
			t.Fatalf("key %d: found %v, %v", i, found, err)
		}
		s.must(t, remove(fmt.Sprintf("key %d", i)))
	}
	if err := s.cut(keptLog); err != nil {
		t.Error(err)
	}
	for late := time.After(time.Minute); s.Writable() != nil; {
		// Files are removed in the background: there may not be room for all that a compaction writes yet, and there is for the next.
		if err := s.Compact(context.Background(), nothing); err != nil && !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-late:
			t.Fatalf("all is deleted, and still: %v", s.Writable())
		}
		if err := s.room.check(); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, put("key", "value"))
}

// TestRoom_start: a store starts on a disk that others have filled to its last byte.
func TestRoom_start(t *testing.T) {
	disk := enginetest.NewSmallDisk(testDisk)
	s := openSmall(t, disk)
	n := s.fillUp(t)
	left := &enginetest.SmallDisk{MemFS: disk.CrashClone(vfs.CrashCloneCfg{})}
	left.Total.Store(testDisk)
	s.end(t)
	left.Fill(0)
	s = openSmall(t, left)
	defer s.end(t)
	for i := uint64(1); i <= n; i++ {
		if found, err := s.has(fmt.Sprintf("key %d", i)); err != nil || !found {
			t.Fatalf("key %d: found %v, %v", i, found, err)
		}
	}
	s.must(t, remove("key 1"))
}

// TestRoom_surprise: a disk that becomes full between two looks does not fail the store: the reserve is given up, and
// what had no room is written all the same.
func TestRoom_surprise(t *testing.T) {
	disk := enginetest.NewSmallDisk(testDisk)
	s := openSmall(t, disk)
	disk.Silent.Store(true)
	disk.Fill(1000)
	value := strings.Repeat("v", 1000)
	for i := uint64(1); i <= 10; i++ {
		s.must(t, put(fmt.Sprintf("key %d", i), value))
	}
	disk.Silent.Store(false)
	if s.Writable() == nil || s.Failure() != nil {
		t.Errorf("writable: %v, failed: %v", s.Writable(), s.Failed())
	}
	if _, err := disk.Stat(disk.PathJoin(testDir, reserveFile)); err == nil {
		t.Error("the reserve is still there")
	}
	left := disk.CrashClone(vfs.CrashCloneCfg{})
	s.end(t)
	after := openSmall(t, left)
	defer after.end(t)
	for i := uint64(1); i <= 10; i++ {
		if row, err := after.Row(rowKey('k', fmt.Sprintf("key %d", i))); err != nil || string(row) != value {
			t.Errorf("key %d is %.20q, %v", i, row, err)
		}
	}
}

// TestRoom_control: without a reserve, the same is the end of the store until the next start.
func TestRoom_control(t *testing.T) {
	disk := enginetest.NewSmallDisk(testDisk)
	s, err := openTest(Options{FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	disk.Fill(1000)
	value := strings.Repeat("v", 1000)
	for i := uint64(1); i <= 10; i++ {
		if err = s.execute(put(fmt.Sprintf("key %d", i), value)); err != nil {
			break
		}
	}
	if err == nil || s.Failure() == nil {
		t.Errorf("it goes on (%v)", err)
	}
	_ = s.Close()
}

// TestRoom_starved: Pebble, which has no room for a table, tries again until there is, and fails nothing.
func TestRoom_starved(t *testing.T) {
	disk := enginetest.NewSmallDisk(testDisk)
	s := openSmall(t, disk)
	defer s.end(t)
	s.fillUp(t)
	if err := errors.Join(s.db.Flush(), s.room.giveUp()); err != nil {
		t.Fatal(err)
	}
	disk.Fill(testReserve/4 + 1<<20) // of which merges may have a megabyte
	s.must(t, remove("key 1"))
	if err := s.Compact(context.Background(), nothing); err == nil {
		t.Error("a compaction had room enough")
	}
	if s.Failure() != nil {
		t.Fatalf("the store has failed: %v", s.Failure())
	}
	disk.Total.Add(testDisk)
	err := s.Compact(context.Background(), nothing)
	for range 10_000 { // one that had begun before may still fail, and has all others fail with it
		if err == nil {
			break
		}
		err = s.Compact(context.Background(), nothing)
	}
	if err != nil {
		t.Error(err)
	}
	s.must(t, remove("key 2"))
}
