package node_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// scene is some servers on a perfect network, in a bubble of synctest.
type scene struct {
	t       *testing.T
	control node.Control
	random  *rand.Rand
	network *node.Network
	lives   map[merge.ServerID]*life
}

// play runs a test with so many servers, all linked with all.
func play(t *testing.T, control node.Control, servers int, act func(*scene)) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 6))
		s := &scene{t: t, control: control, random: random, network: node.NewNetwork(rand.New(rand.NewPCG(1, 7)), node.Faults{}), lives: make(map[merge.ServerID]*life)}
		for id := range merge.ServerID(servers) {
			s.start(id+1, vfs.NewCrashableMem())
		}
		act(s)
		for id := range s.lives {
			s.stop(id)
		}
		s.network.Settle()
	})
}

// start starts a server, linked with all others that run.
func (s *scene) start(id merge.ServerID, disk *vfs.MemFS) {
	s.t.Helper()
	l, err := born(id, disk, s.random, 0, s.control, false)
	if err != nil {
		s.t.Fatal(err)
	}
	s.network.Attach(id, l.node)
	s.lives[id] = l
	for other := range s.lives {
		if other != id {
			_ = s.network.Join(id, other)
		}
	}
	s.pause()
}

// stop stops a server, and returns its disk.
func (s *scene) stop(id merge.ServerID) *vfs.MemFS {
	s.t.Helper()
	s.network.Detach(id)
	disk, err := s.lives[id].end()
	if err != nil {
		s.t.Error(err)
	}
	delete(s.lives, id)
	return disk
}

// pause lets happen what happens by itself.
func (s *scene) pause() { time.Sleep(10 * time.Second) } // by the clock of the test

// isolate cuts a server off from all others, or links it with them again.
func (s *scene) isolate(id merge.ServerID, cut bool) {
	for other := range s.lives {
		if other != id && cut {
			s.network.Cut(id, other)
		} else if other != id {
			_ = s.network.Join(id, other)
		}
	}
	s.pause()
}

func (s *scene) put(id merge.ServerID, key, value string, time uint64) merge.Version {
	s.t.Helper()
	version, err := s.lives[id].node.Put(context.Background(), []byte(key), []byte(value), time)
	if err != nil {
		s.t.Fatal(err)
	}
	return version
}

func (s *scene) delete(id merge.ServerID, key string) merge.Version {
	s.t.Helper()
	version, err := s.lives[id].node.Delete(context.Background(), []byte(key), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return version
}

// want checks what a session is told at a server that has seen a version.
func (s *scene) want(id merge.ServerID, key string, seen merge.Version, outcome merge.Outcome, value string) {
	s.t.Helper()
	got, entry, err := s.lives[id].node.Get([]byte(key), seen)
	if err != nil || got != outcome || string(entry.Value) != value {
		s.t.Errorf("server %d, %s: outcome %d, %q (%v); want %d, %q", id, key, got, entry.Value, err, outcome, value)
	}
}

func (s *scene) status(id merge.ServerID) node.Status {
	s.t.Helper()
	status, err := s.lives[id].node.Status()
	if err != nil {
		s.t.Fatal(err)
	}
	return status
}

// TestSession: the example of the contract, with three servers, one of which is cut off.
func TestSession(t *testing.T) {
	play(t, node.NoControl, 3, func(s *scene) {
		s.isolate(1, true)
		first := s.put(1, "x", "1", 0)
		s.want(2, "x", first, merge.DependencyNotMet, "")
		second := s.put(2, "x", "2", first.Time)
		if second.Compare(first) <= 0 {
			t.Errorf("the later write has version %v, the earlier one %v", second, first)
		}
		s.pause()
		s.want(3, "x", second, merge.Found, "2")
		s.want(1, "x", second, merge.DependencyNotMet, "")
		s.isolate(1, false)
		s.want(1, "x", second, merge.Found, "2")
	})
}

// TestPut_time: a session's time that is none of this system's is refused, and spoils nothing.
func TestPut_time(t *testing.T) {
	play(t, node.NoControl, 1, func(s *scene) {
		if _, err := s.lives[1].node.Put(context.Background(), []byte("x"), nil, 1<<63); !errors.Is(err, node.ErrTime) {
			t.Errorf("%v, want %v", err, node.ErrTime)
		}
		if version := s.put(1, "x", "", 0); version.Time > 1 {
			t.Errorf("the next write has the time %d", version.Time)
		}
	})
}

// TestTombstone: a deletion reaches a server that was away, and its tombstone goes when all know of it, not before.
func TestTombstone(t *testing.T) {
	play(t, node.NoControl, 3, func(s *scene) {
		s.put(1, "x", "1", 0)
		s.isolate(3, true)
		deleted := s.delete(1, "x")
		s.pause()
		if n := s.status(1).Counts.Tombstones; n != 1 {
			t.Errorf("server 1 has %d tombstones, while server 3 knows nothing of it; want 1", n)
		}
		s.isolate(3, false)
		for id := range merge.ServerID(3) {
			if n := s.status(id + 1).Counts.Tombstones; n != 0 {
				t.Errorf("server %d has %d tombstones, and all know of it", id+1, n)
			}
			s.want(id+1, "x", deleted, merge.NoValue, "") // it is absent, though known of
		}
	})
}

// TestTombstone_control: a tombstone that goes too early is missed by who was away.
func TestTombstone_control(t *testing.T) {
	play(t, node.NoStability, 3, func(s *scene) {
		s.put(1, "x", "1", 0)
		s.pause()
		s.isolate(3, true)
		s.delete(1, "x")
		s.pause()
		s.isolate(3, false)
		if outcome, _, err := s.lives[3].node.Get([]byte("x"), merge.Version{}); err != nil || outcome != merge.Found {
			t.Errorf("%v, %v: nothing was noticed", outcome, err)
		}
	})
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

// TestOldCopy: an old copy of a folder does not bring back what was deleted since.
func TestOldCopy(t *testing.T) {
	play(t, node.NoControl, 3, func(s *scene) {
		s.put(1, "x", "1", 0)
		s.put(1, "y", "1", 0)
		s.pause()
		disk := s.stop(3)
		copied := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: s.random})
		s.start(3, disk)
		s.delete(1, "x")
		s.pause()
		s.stop(3)
		s.start(3, copied)
		s.pause()
		for id := range merge.ServerID(3) {
			s.want(id+1, "x", merge.Version{}, merge.NoValue, "")
			s.want(id+1, "y", merge.Version{}, merge.Found, "1")
		}
	})
}

// TestChain: what is written at one end of a chain reaches the other one, and a link that heals brings what was missed to
// all behind it.
func TestChain(t *testing.T) {
	play(t, node.NoControl, 5, func(s *scene) {
		for a := range merge.ServerID(5) {
			for b := range a {
				if a-b > 1 {
					s.network.Cut(a+1, b+1)
				}
			}
		}
		s.pause()
		s.put(1, "x", "1", 0)
		time.Sleep(10 * time.Millisecond) // by the clock of the test: no tick has come
		s.want(5, "x", merge.Version{}, merge.Found, "1")
		s.network.Cut(3, 4)
		s.put(1, "x", "2", 0)
		s.put(5, "y", "3", 0)
		s.pause()
		s.want(5, "x", merge.Version{}, merge.Found, "1")
		if err := s.network.Join(3, 4); err != nil {
			t.Fatal(err)
		}
		s.pause()
		s.want(5, "x", merge.Version{}, merge.Found, "2")
		s.want(1, "y", merge.Version{}, merge.Found, "3")
	})
}
