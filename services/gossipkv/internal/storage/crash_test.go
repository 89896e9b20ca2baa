package storage

import (
	"cmp"
	"fmt"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine/enginetest"
)

// crashWrites is how many commits are crashed.
const crashWrites = 12

// crashEntry is the n-th write: some keys are written again, some are deleted, some values are long.
func crashEntry(n uint64) merge.Entry {
	key := fmt.Sprint("key", n%5)
	if n%4 == 0 {
		return tombstone(key, n)
	}
	e := value(key, n, fmt.Sprint("value ", n))
	if n%3 == 0 {
		e.Value = append(e.Value, make([]byte, maxShort)...)
	}
	return e
}

// crash commits writes, one after the other, on a disk that crashes at each of its changes. It returns what these crashes leave, and of how many
// writes the commits had returned before each.
func crash(t *testing.T, commit func(s *Store, n uint64) error) (left []*vfs.MemFS, returned []uint64) {
	t.Helper()
	var mu sync.Mutex // of returned and done
	done := uint64(0)
	counting := errorfs.InjectorFunc(func(op errorfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			returned = append(returned, done, done, done) // each is crashed three times
		}
		return nil
	})
	left, err := enginetest.CrashPoints(seeded(t), vfs.NewCrashableMem(), func(disk vfs.FS) error {
		s, err := openOn(errorfs.Wrap(disk, counting))
		if err != nil {
			return err
		}
		for n := uint64(1); n <= crashWrites && err == nil; n++ {
			err = commit(s, n)
			mu.Lock()
			done = n
			mu.Unlock()
			if n%4 == 0 {
				err = cmp.Or(err, s.compact())
			}
		}
		return cmp.Or(err, s.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != len(returned) {
		t.Fatalf("there are %d crashes, and %d were counted", len(left), len(returned))
	}
	return left, returned
}

// checkCrash returns an error unless a store has all of some first writes, and knows these: the ones that had returned, perhaps more.
func checkCrash(disk vfs.FS, returned uint64) error {
	s, err := openOn(disk)
	if err != nil {
		return err
	}
	known := s.State().Known[self]
	m := &model{entries: make(map[string]merge.Entry)}
	for n := uint64(1); n <= known; n++ {
		m.merge(crashEntry(n))
	}
	entries, _, _, err := s.Lacking(nil, merge.Version{}, 1<<30)
	want := m.inOrder(func(merge.Entry) bool { return true })
	switch {
	case err != nil:
	case known < returned:
		err = fmt.Errorf("it knows %d writes, and %d had returned", known, returned)
	case s.Counts() != m.counts():
		err = fmt.Errorf("it counts %+v, not %+v", s.Counts(), m.counts())
	default:
		err = enginetest.Difference(describeAll(entries), describeAll(want))
	}
	if err == nil { // it goes on
		err = s.commit(crashEntry(known + 1))
	}
	return cmp.Or(err, s.Close())
}

// TestCommit_crashes: a crash leaves all of some first commits, those that had returned among them: never a vector without its entries.
func TestCommit_crashes(t *testing.T) {
	left, returned := crash(t, func(s *Store, n uint64) error { return s.commit(crashEntry(n)) })
	for i, disk := range left {
		if err := checkCrash(disk, returned[i]); err != nil {
			t.Errorf("crash %d of %d: %v", i, len(left), err)
		}
	}
	t.Logf("%d crashes", len(left))
}

// TestCommit_crashes_control: a vector that goes before its entries, and one that comes after them, in commits of their own, are caught.
func TestCommit_crashes_control(t *testing.T) {
	for name, commits := range map[string][2]func(b *Batch, n uint64){
		"vector first":  {knows, merges},
		"entries first": {merges, knows},
	} {
		t.Run(name, func(t *testing.T) {
			left, returned := crash(t, func(s *Store, n uint64) error {
				for _, part := range commits {
					b := s.NewBatch()
					part(b, n)
					if err := s.Commit(b); err != nil {
						return err
					}
				}
				return nil
			})
			for i, disk := range left {
				if checkCrash(disk, returned[i]) != nil {
					return
				}
			}
			t.Errorf("none of %d crashes has left one without the other", len(left))
		})
	}
}

func merges(b *Batch, n uint64) { _, _ = b.Merge(crashEntry(n)) }
func knows(b *Batch, n uint64)  { b.SetState(upTo(n)) }
