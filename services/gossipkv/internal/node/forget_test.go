package node_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// long is a value of which a piece has one.
var long = strings.Repeat("v", 40)

func (s *scene) forget(id, gone merge.ServerID) {
	s.t.Helper()
	if err := s.lives[id].node.Forget(context.Background(), gone); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) cut(pairs ...[2]merge.ServerID) {
	for _, p := range pairs {
		s.network.Cut(p[0], p[1])
	}
}

func (s *scene) join(a, b merge.ServerID) {
	s.t.Helper()
	if err := s.network.Join(a, b); err != nil {
		s.t.Fatal(err)
	}
}

// TestForget: a server that is gone holds up no tombstones once it is forgotten; if it comes back, all refuse it, also those
// that were not told, and it takes no writes; with an empty folder it is taken in again.
func TestForget(t *testing.T) {
	play(t, node.NoControl, 4, func(s *scene) {
		ctx := context.Background()
		s.put(1, "x", "1", 0)
		s.pause()
		disk := s.stop(4)
		s.delete(1, "x")
		s.pause()
		if n := s.status(1).Counts.Tombstones; n != 1 {
			t.Errorf("%d tombstones while a server is away, want 1", n)
		}
		for server, want := range map[merge.ServerID]error{9: node.ErrUnknown, 1: node.ErrSelf, 4: nil} {
			if err := s.lives[1].node.Forget(ctx, server); !errors.Is(err, want) {
				t.Errorf("forgetting server %d: %v, want %v", server, err, want)
			}
		}
		s.pause()
		if n := s.status(2).Counts.Tombstones; n != 0 {
			t.Errorf("%d tombstones after the server was forgotten", n)
		}
		s.start(4, disk)
		if err := s.network.Join(3, 4); !errors.Is(err, node.ErrRefused) || !strings.Contains(err.Error(), "server 4") {
			t.Errorf("a forgotten server is linked: %v", err)
		}
		s.pause()
		if _, err := s.lives[4].node.Put(ctx, []byte("x"), nil, 0); !errors.Is(err, node.ErrOut) || !strings.Contains(err.Error(), "forgotten") {
			t.Errorf("a forgotten server that was told so by who refuses it takes a write: %v", err)
		}
		s.stop(4)
		s.start(4, vfs.NewCrashableMem())
		s.put(4, "y", "2", 0)
		s.pause()
		s.want(3, "y", merge.Version{}, merge.Found, "2")
		s.want(4, "x", merge.Version{}, merge.NoValue, "")
	})
}

// TestForget_learnt: a forgotten server that meets one that does not know it yet learns it there at last, and takes no writes
// then.
func TestForget_learnt(t *testing.T) {
	play(t, node.NoControl, 3, func(s *scene) {
		s.isolate(3, true)
		if err := s.lives[1].node.Forget(context.Background(), 3); err != nil {
			t.Fatal(err)
		}
		disk := s.stop(2)
		s.network.Cut(1, 2)
		l, err := born(2, disk, s.random, 0, node.NoControl, false)
		if err != nil {
			t.Fatal(err)
		}
		s.network.Attach(2, l.node)
		s.lives[2] = l
		if err := s.network.Join(1, 2); err != nil {
			t.Fatal(err)
		}
		s.pause()
		err = s.network.Join(2, 3)
		if !errors.Is(err, node.ErrRefused) {
			t.Errorf("%v, want %v", err, node.ErrRefused)
		}
	})
}

// TestForget_growing: more of a forgotten server's writes may come to count while a server pulls them. It has all that it says it knows then.
func TestForget_growing(t *testing.T) {
	play(t, node.NoControl, 4, func(s *scene) {
		s.cut([2]merge.ServerID{4, 1}, [2]merge.ServerID{4, 3}, [2]merge.ServerID{2, 1}, [2]merge.ServerID{2, 3})
		for _, key := range []string{"a", "b", "c"} {
			s.put(4, key, long, 0)
		}
		s.pause()
		s.put(2, "d", long, 0)
		s.stop(4)
		s.forget(1, 4)
		s.pause() // server 3 knows that 4 is forgotten, and of none of its writes
		pieces := 0
		s.network.Lose(func(from, to merge.ServerID, m node.Message) bool {
			if m.Piece != nil {
				pieces++
			}
			return m.Table != nil && to == 3 || pieces > 1
		})
		s.join(2, 3)
		s.pause()
		s.network.Lose(func(_, _ merge.ServerID, m node.Message) bool { return m.Piece != nil })
		s.pause()
		s.pause() // server 3 has heard from 2 what counts
		s.network.Lose(nil)
		s.pause()
		for _, key := range []string{"a", "b", "c", "d"} {
			s.want(3, key, merge.Version{}, merge.Found, long)
		}
	})
}

// TestForget_replaced: a write that does not count, as far as a server knows, may have replaced another one where that pulls from. All become equal
// all the same, whether or not the other server lives to say that it counts.
func TestForget_replaced(t *testing.T) {
	play(t, node.NoControl, 4, func(s *scene) {
		s.network.Lose(func(_, to merge.ServerID, m node.Message) bool { return to == 3 && (m.Push != nil || m.Piece != nil) })
		s.put(1, "x", "older", 0)
		s.pause() // all but server 3 have it
		s.cut([2]merge.ServerID{4, 1}, [2]merge.ServerID{4, 3}, [2]merge.ServerID{2, 1}, [2]merge.ServerID{2, 3})
		newer := s.put(4, "x", "newer", 0)
		s.pause()
		s.stop(4)
		s.forget(1, 4)
		s.pause()
		s.cut([2]merge.ServerID{1, 3})
		s.network.Lose(func(_, to merge.ServerID, m node.Message) bool { return to == 3 && m.Table != nil })
		s.join(2, 3)
		s.pause()
		s.want(3, "x", newer, merge.Found, "newer")
		if n := len(s.status(3).Roster); n != 4 {
			t.Errorf("there are %d origins, of 4 servers: what a member knows was written once more", n)
		}
		s.stop(2)
		s.forget(3, 2)
		s.network.Lose(nil)
		s.join(1, 3)
		s.pause()
		for _, id := range []merge.ServerID{1, 3} {
			s.want(id, "x", newer, merge.Found, "newer")
		}
	})
}

// TestForget_later: what a forgotten server has written since has no effect, whoever passes it on, also where it comes together with what counts.
func TestForget_later(t *testing.T) {
	play(t, node.NoControl, 3, func(s *scene) {
		last := s.put(3, "x", "1", 0)
		s.pause()
		s.stop(3)
		s.forget(1, 3)
		s.pause()
		for _, after := range []uint64{last.Time - 1, last.Time} {
			later := merge.Version{Time: last.Time + 1, Origin: last.Origin}
			entries := []merge.Entry{{Key: []byte("x"), Value: []byte("2"), Version: later}}
			push := node.Push{Interval: merge.Interval{Origin: last.Origin, After: after, Upto: later.Time}, Entries: entries, Told: []merge.ServerID{2, 3}}
			s.lives[1].node.Receive(2, node.Message{Push: &push})
		}
		s.pause()
		for _, id := range []merge.ServerID{1, 2} {
			s.want(id, "x", last, merge.Found, "1")
		}
	})
}

// playOwed has server 3 come back with an old copy of its folder, beside 1 and 2, which have deleted x since. It alone has y, of server 4, which is lost. It has stopped claiming to know
// anything when act begins, and cannot go on, as all pieces are lost.
func playOwed(t *testing.T, act func(*scene)) {
	play(t, node.NoControl, 4, func(s *scene) {
		s.put(1, "x", "1", 0)
		s.pause()
		s.cut([2]merge.ServerID{3, 1}, [2]merge.ServerID{3, 2}, [2]merge.ServerID{4, 1}, [2]merge.ServerID{4, 2})
		s.put(4, "y", "2", 0)
		s.pause()
		s.stop(4)
		old := s.stop(3)
		s.start(3, vfs.NewCrashableMem())
		s.start(4, vfs.NewCrashableMem())
		s.delete(1, "x")
		s.pause()
		s.stop(3)
		s.stop(4)
		s.cut([2]merge.ServerID{1, 2})
		l, err := born(3, old, s.random, 0, node.NoControl, false)
		if err != nil {
			t.Fatal(err)
		}
		s.network.Lose(func(_, to merge.ServerID, m node.Message) bool {
			return m.Piece != nil && (to == 2 || l.node.State().Owed != nil)
		})
		s.network.Attach(3, l.node)
		s.lives[3] = l
		s.join(2, 3)                      // server 3 learns that it was replaced
		time.Sleep(10 * time.Millisecond) // by the clock of the test
		s.join(2, 3)
		s.pause()
		if l.node.State().Owed == nil {
			t.Error("server 3 claims all that it has")
		}
		act(s)
	})
}

// TestForget_owed: what a server has that has stopped claiming to know it counts too, if it learns only then that its origin is forgotten.
func TestForget_owed(t *testing.T) {
	playOwed(t, func(s *scene) {
		s.forget(1, 4)
		s.join(1, 2)
		s.pause() // all know that 4 is forgotten
		s.network.Lose(nil)
		s.pause()
		s.pause()
		for id := range merge.ServerID(3) {
			s.want(id+1, "x", merge.Version{}, merge.NoValue, "")
			s.want(id+1, "y", merge.Version{}, merge.Found, "2")
		}
	})
}

// TestOldCopy_pulls: a server that has stopped claiming to know anything is not asked again and again for what it had said it knew.
func TestOldCopy_pulls(t *testing.T) {
	playOwed(t, func(s *scene) {
		s.network.SetFaults(node.Faults{MaxDelay: time.Millisecond}) // so that the clock goes on whatever is sent
		pulls := 0
		s.network.Lose(func(from, to merge.ServerID, m node.Message) bool {
			if from == 2 && m.Pull != nil {
				pulls++
			}
			return to == 3 && m.Piece != nil
		})
		s.pause()
		s.network.Lose(nil)
		if pulls > 100 {
			t.Errorf("%d pulls within ten seconds", pulls)
		}
	})
}
