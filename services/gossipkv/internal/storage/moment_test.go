package storage

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/gossipkv/internal/merge"
)

// syncs says whether an operation syncs a write-ahead log.
func syncs(op errorfs.Op) bool {
	return (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData) && strings.HasSuffix(op.Path, ".log")
}

// read returns the value of a key in all ways in which a store shows it, which must agree.
func (s *Store) read(key string) (string, error) {
	e, err := s.Get([]byte(key))
	if err != nil {
		return "", err
	}
	view := s.View()
	defer view.Close()
	dumped := ""
	if err := view.Dump([]byte(key), nil, false, func(e merge.Entry) bool { dumped = string(e.Value); return false }); err != nil {
		return "", err
	}
	lacking, _, _, err := s.Lacking(merge.Vector{self: e.Version.Time - 1}, merge.Version{}, 0)
	if err != nil {
		return "", err
	}
	if dumped != string(e.Value) || len(lacking) != 1 || string(lacking[0].Value) != dumped {
		return "", fmt.Errorf("Get has %q, Dump %q, and Lacking %q", e.Value, dumped, describeAll(lacking))
	}
	return dumped, nil
}

// TestCommit_shown: what a commit changes is shown when it was synced, and not before: until then a crash could take it back.
func TestCommit_shown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make(chan struct{})
		var holding atomic.Bool
		s := begin(t, errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if holding.Load() && syncs(op) {
				<-held
			}
			return nil
		})))
		defer s.end(t)
		s.must(t, value("key", 1, "old"))
		holding.Store(true)
		done := make(chan error, 1)
		go func() { done <- s.commit(value("key", 2, "new"), value("other", 3, "")) }()
		synctest.Wait()
		row, err := s.Row(keyRow(entryRow, []byte("key")))
		if err != nil || !strings.HasSuffix(string(row), "new") {
			t.Fatalf("Pebble has %q (%v): this test has lost its subject", row, err)
		}
		if got, err := s.read("key"); got != "old" || err != nil || s.Counts().Keys != 1 {
			t.Errorf("before the sync: %q, %v, %+v", got, err, s.Counts())
		}
		holding.Store(false)
		close(held)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got, err := s.read("key"); got != "new" || err != nil || s.Counts().Keys != 2 {
			t.Errorf("after the sync: %q, %v, %+v", got, err, s.Counts())
		}
	})
}

// TestCommit_fails: when a sync fails, nothing of the commit is shown, no other is made, and reads go on.
func TestCommit_fails(t *testing.T) {
	var failing atomic.Bool
	told := make(chan error, 2)
	s, err := Open(Options{Dir: "/store", Logger: discard, OnFailure: func(err error) { told <- err },
		FS: errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if failing.Load() && syncs(op) {
				return syscall.EIO
			}
			return nil
		}))})
	if err != nil {
		t.Fatal(err)
	}
	s.must(t, value("key", 1, "old"))
	failing.Store(true)
	for range 2 {
		if err := s.commit(value("key", 2, "new")); !errors.Is(err, ErrFailed) && !errors.Is(err, syscall.EIO) {
			t.Errorf("the error of a commit is %v", err)
		}
	}
	select {
	case err := <-told:
		if !errors.Is(err, syscall.EIO) || !errors.Is(s.Failure(), ErrFailed) {
			t.Errorf("it was told %v, and the failure is %v", err, s.Failure())
		}
	default:
		t.Error("nobody was told of the failure")
	}
	if got, err := s.read("key"); got != "old" || err != nil {
		t.Errorf("after the failure: %q, %v", got, err)
	}
	if err := s.Close(); err != nil || len(told) > 0 {
		t.Errorf("closing: %v; told %d times more", err, len(told))
	}
}

// TestReaders: whoever reads while others commit sees one moment, and never an earlier one than before.
func TestReaders(t *testing.T) {
	s := begin(t, vfs.NewMem())
	defer s.end(t)
	const commits = 300
	both := func(n uint64) error {
		text := fmt.Sprintf("%08d", n)
		return s.commit(value("a", 2*n-1, text), value("b", 2*n, text))
	}
	if err := both(1); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for last := ""; last != fmt.Sprintf("%08d", commits); {
				got, err := s.pair()
				if err != nil || got < last {
					t.Errorf("after %q: %q, %v", last, got, err)
					return
				}
				last = got
			}
		})
	}
	for n := uint64(2); n <= commits; n++ {
		if err := both(n); err != nil {
			t.Error(err)
			break
		}
	}
	readers.Wait()
}

// pair returns the value that two keys have at one moment, in a dump and in a piece.
func (s *Store) pair() (string, error) {
	piece, _, last, err := s.Lacking(nil, merge.Version{}, 1<<20)
	if err != nil || len(piece) != 2 || !last || string(piece[0].Value) != string(piece[1].Value) {
		return "", fmt.Errorf("a piece is %q, %v", describeAll(piece), err)
	}
	view := s.View()
	var dumped []string
	err = view.Dump(nil, nil, false, func(e merge.Entry) bool { dumped = append(dumped, string(e.Value)); return true })
	if err = errors.Join(err, view.Close()); err != nil || len(dumped) != 2 || dumped[0] != dumped[1] || dumped[0] < string(piece[0].Value) {
		return "", fmt.Errorf("after %q, a dump is %q, %v", piece[0].Value, dumped, err)
	}
	return dumped[0], nil
}

// TestView: a view shows its moment as long as it is open, also of what was removed and compacted away.
func TestView(t *testing.T) {
	s := begin(t, vfs.NewMem())
	s.must(t, value("a", 1, "old"), value("b", 2, strings.Repeat("b", maxShort+1)))
	view := s.View()
	s.must(t, tombstone("a", 3), value("c", 4, ""))
	if err := errors.Join(s.remove("b"), s.compact()); err != nil {
		t.Fatal(err)
	}
	var dumped []merge.Entry
	if err := view.Dump(nil, nil, false, func(e merge.Entry) bool { dumped = append(dumped, e); return true }); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", describeAll(dumped)); len(dumped) != 2 || string(dumped[0].Value) != "old" || len(dumped[1].Value) != maxShort+1 {
		t.Errorf("the view has %s", got)
	}
	if err := view.Close(); err != nil {
		t.Fatal(err)
	}
	s.end(t) // which would tell of moments that nobody let go
}
