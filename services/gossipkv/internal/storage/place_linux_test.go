package storage

import (
	"cmp"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"numstore.example/services/gossipkv/internal/merge"
)

// reopen opens the store of a folder, and says whether it has moved.
func reopen(t *testing.T, dir string, then func(*Store)) (moved bool) {
	t.Helper()
	s, err := Open(Options{Dir: dir, Logger: discard})
	if err != nil {
		t.Fatal(err)
	}
	defer s.end(t)
	moved = s.Moved()
	then(s)
	return moved
}

// TestMoved: a store that was copied says so, until it has another origin; one that was restarted, or whose folder was renamed, does not.
func TestMoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	nothing := func(*Store) {}
	write := func(s *Store) { s.must(t, value("key", s.state.Time+1, "value")) }
	check := func(what, dir string, then func(*Store), want bool) {
		t.Helper()
		if moved := reopen(t, dir, then); moved != want {
			t.Errorf("%s: moved is %t", what, moved)
		}
	}
	check("a new folder", dir, write, false)
	check("a restart", dir, write, false)
	renamed := dir + "-renamed"
	if err := os.Rename(dir, renamed); err != nil {
		t.Fatal(err)
	}
	check("a folder that was renamed", renamed, write, false)

	copied := dir + "-copied"
	if err := os.CopyFS(copied, os.DirFS(renamed)); err != nil {
		t.Fatal(err)
	}
	check("the original", renamed, nothing, false)
	check("a copy", copied, nothing, true)
	check("a copy that has not committed", copied, write, true)
	check("a copy that has committed as the same origin", copied, func(s *Store) {
		other := upTo(s.state.Time)
		other.Self = merge.Origin{Server: 7, Incarnation: 1}
		batch := s.NewBatch()
		batch.SetState(other)
		if err := s.Commit(batch); err != nil {
			t.Fatal(err)
		}
	}, true)
	check("a copy that has another origin", copied, nothing, false)
}

// TestMoved_putBack: a folder whose files were removed and put back from a copy has moved, though they may have got the numbers that they had.
func TestMoved_putBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	reopen(t, dir, func(s *Store) { s.must(t, value("key", 1, "value")) })
	identity := filepath.Join(dir, "IDENTITY")
	content, err := os.ReadFile(identity)
	if err != nil {
		t.Fatal(err)
	}
	before := number(t, identity)
	if err := cmp.Or(os.Remove(identity), os.WriteFile(identity, content, 0o600)); err != nil {
		t.Fatal(err)
	}
	if !reopen(t, dir, func(*Store) {}) {
		t.Errorf("it was not noticed: the file had number %d, and has %d", before, number(t, identity))
	}
}

// number returns the number that a file has on its disk.
func number(t *testing.T, path string) uint64 {
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}
