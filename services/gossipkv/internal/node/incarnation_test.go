package node_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// TestLostTail: a server goes on under another incarnation if another one was told that it knows more of itself than it does, though that one does
// not know it. Or else all would wait for what nobody has.
func TestLostTail(t *testing.T) {
	play(t, node.NoControl, 2, func(s *scene) {
		s.put(2, "x", "1", 0)
		s.pause()
		self, greeting := s.lives[2].node.Self(), s.lives[1].node.Greeting()
		told := greeting.Roster[self]
		told.Known = told.Known.With(self, 100)
		greeting.Roster = greeting.Roster.With(self, told)
		s.lives[2].node.LinkUp(greeting)
		s.pause()
		if after := s.lives[2].node.Self(); after == self {
			t.Errorf("it is still %v", after)
		}
	})
}

// TestLostTail_others: the same if what it was told to know was written by another one, and is nowhere any more. Or else all keep their tombstones, as they wait for
// a server to know what it is said to.
func TestLostTail_others(t *testing.T) {
	play(t, node.NoControl, 3, func(s *scene) {
		disk := s.stop(2)
		copied := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: s.random})
		s.start(2, disk)
		s.network.Lose(func(_, to merge.ServerID, m node.Message) bool { return to == 3 && (m.Push != nil || m.Piece != nil) })
		s.put(1, "x", "1", 0)
		s.pause() // server 3 hears that 2 knows of x, but never of x
		s.stop(1)
		s.stop(2)
		s.network.Lose(nil)
		s.start(2, copied)
		if err := s.lives[3].node.Forget(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		s.delete(3, "y")
		s.pause()
		for _, id := range []merge.ServerID{2, 3} {
			if status := s.status(id); status.Counts.Tombstones != 0 {
				t.Errorf("server %d has %d tombstones, and all know of them: %+v", id, status.Counts.Tombstones, status.Roster)
			}
		}
	})
}

// TestNumber: two stores of one number refuse each other by name, and a third server refuses the one that came later, whether or
// not it is linked to both.
func TestNumber(t *testing.T) {
	play(t, node.NoControl, 2, func(s *scene) {
		twin, err := born(2, vfs.NewCrashableMem(), s.random, 0, node.NoControl, false)
		if err != nil {
			t.Fatal(err)
		}
		greeting := twin.node.Greeting()
		for id, l := range s.lives {
			if err := l.node.Welcome(greeting); !errors.Is(err, node.ErrRefused) || !strings.Contains(err.Error(), "number") {
				t.Errorf("server %d welcomes another server 2: %v", id, err)
			}
		}
		if err := twin.node.Welcome(s.lives[2].node.Greeting()); !errors.Is(err, node.ErrRefused) {
			t.Errorf("another server 2 welcomes server 2: %v", err)
		}
		if err := twin.node.Welcome(greeting); !errors.Is(err, node.ErrRefused) || !strings.Contains(err.Error(), "itself") {
			t.Errorf("a server welcomes itself: %v", err)
		}
		if _, err := twin.end(); err != nil {
			t.Error(err)
		}
	})
}

// TestNumber_copy: a copy of a server's folder beside the original is refused by who is linked to the original, although it says that it has
// replaced that. If it gets in elsewhere, the original keeps its links all the same, and the copy is found out.
func TestNumber_copy(t *testing.T) {
	play(t, node.NoControl, 3, func(s *scene) {
		s.network.Cut(2, 3)
		disk := s.stop(2)
		copied := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: s.random})
		s.start(2, disk)
		s.network.Cut(2, 3) // 2 is linked to 1, and 1 to 3
		s.pause()
		twin, err := born(2, copied, s.random, 0, node.NoControl, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.lives[1].node.Welcome(twin.node.Greeting()); !errors.Is(err, node.ErrRefused) {
			t.Errorf("who is linked to the original welcomes the copy: %v", err)
		}
		s.lives[3].node.LinkUp(twin.node.Greeting())
		s.pause()
		s.put(2, "still linked", "yes", 0)
		s.pause()
		s.want(1, "still linked", merge.Version{}, merge.Found, "yes")
		for id, l := range s.lives {
			if err := l.node.Welcome(twin.node.Greeting()); !errors.Is(err, node.ErrRefused) {
				t.Errorf("server %d welcomes the copy: %v", id, err)
			}
		}
		if _, err := twin.end(); err != nil {
			t.Error(err)
		}
	})
}

// TestNumber_behind: two stores of one number that never meet are found out by what travels through third servers.
func TestNumber_behind(t *testing.T) {
	play(t, node.NoControl, 2, func(s *scene) { // 1 and 2 are linked; 3 will be behind 1, with another store of number 2 behind it
		s.network.Cut(1, 2)
		old := s.lives[2]
		s.network.Detach(2)
		behind := node.NewNetwork(rand.New(rand.NewPCG(1, 8)), node.Faults{}) // the other 2 lives on another network, with 3
		three, err := born(3, vfs.NewCrashableMem(), s.random, 0, node.NoControl, false)
		if err != nil {
			t.Fatal(err)
		}
		twin, err := born(2, vfs.NewCrashableMem(), s.random, 0, node.NoControl, false)
		if err != nil {
			t.Fatal(err)
		}
		behind.Attach(3, three.node)
		behind.Attach(2, twin.node)
		if err := behind.Join(2, 3); err != nil {
			t.Fatal(err)
		}
		s.pause()
		behind.Detach(2)
		behind.Detach(3)
		// What 3 has learnt reaches 1, and from there the 2 that was there before, which has had links in this run.
		roster := three.node.Greeting().Roster
		s.lives[1].node.LinkUp(node.Greeting{Self: three.node.Self(), Known: three.node.Greeting().Known, Roster: roster})
		s.lives[1].node.LinkDown(3)
		s.pause()
		old.node.LinkUp(s.lives[1].node.Greeting())
		s.pause()
		if status := old.node.Greeting().Roster[old.node.Self()]; status.State != merge.Member {
			t.Errorf("the server that was there before is %+v", status)
		}
		if status := old.node.Greeting().Roster[twin.node.Self()]; status.State == merge.Member {
			t.Errorf("the other one is %+v", status)
		}
		for _, l := range []*life{three, twin} {
			if _, err := l.end(); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestLostDisk: a server that has lost its disk gets all back from the others that had reached any of them, under another incarnation.
func TestLostDisk(t *testing.T) {
	play(t, node.NoControl, 2, func(s *scene) {
		before := s.put(2, "x", "1", 0)
		s.pause()
		s.stop(2)
		s.start(2, vfs.NewCrashableMem())
		s.want(2, "x", before, merge.Found, "1")
		if after := s.put(2, "x", "2", 0); after.Origin == before.Origin || after.Compare(before) <= 0 {
			t.Errorf("after the loss, a write has the version %v, after %v", after, before)
		}
		s.pause()
		s.want(1, "x", before, merge.Found, "2")
	})
}
