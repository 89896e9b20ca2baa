package node_test

import (
	"context"
	"errors"
	"math/rand/v2"
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

// stop stops a server, and returns its disk. The others have given up their links to it, so that they welcome another one of its number.
func (s *scene) stop(id merge.ServerID) *vfs.MemFS {
	s.t.Helper()
	s.network.Detach(id)
	synctest.Wait()
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
