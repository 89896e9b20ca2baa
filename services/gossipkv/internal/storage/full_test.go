package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine/enginetest"
)

// TestFull: a store whose disk has become full says so, and goes on reading, deleting and forgetting; a start finds all that was committed.
func TestFull(t *testing.T) {
	const size = 64 << 20
	disk := enginetest.NewSmallDisk(size)
	options := Options{Dir: enginetest.Dir, FS: disk, Reserve: size / 8, Logger: discard}
	s, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 64<<10) // that no compression makes fewer
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	n := uint64(0)
	for ; s.Writable() == nil; n++ {
		if n > size/uint64(len(noise)) {
			t.Fatalf("%d values were written to a disk that has no room for them", n)
		}
		s.must(t, merge.Entry{Key: fmt.Appendf(nil, "key%d", n), Value: noise, Version: at(n + 1)})
	}
	if err := s.Writable(); !errors.Is(err, ErrFull) {
		t.Errorf("it takes no values, as %v", err)
	}
	s.must(t, tombstone("key0", n+1))
	if err := s.remove("key1"); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		want := Counts{Keys: n - 2, Bytes: s.Counts().Bytes, Tombstones: 1}
		if e, err := s.Get([]byte("key2")); err != nil || string(e.Value) != string(noise) || s.Counts() != want {
			t.Errorf("%s: %s, %v, %+v", when, describe(e), err, s.Counts())
		}
	}
	check("full")
	s.end(t)
	if s, err = Open(options); err != nil {
		t.Fatal(err)
	}
	defer s.end(t)
	check("full, and opened again")
	if s.State().Time != n+1 {
		t.Errorf("the time is %d, not %d", s.State().Time, n+1)
	}
}
