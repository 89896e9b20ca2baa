package node_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// world is a run of sessions over several servers, that crash, lose their disks, come back with old copies of them, are cut from each other, join late,
// and are forgotten, over a network that loses, repeats and reorders. In the end all is healed, and checked.
type world struct {
	seed    uint64
	random  *rand.Rand // of the goroutine that runs the world
	control node.Control
	network *node.Network

	mu      sync.Mutex // of what follows, which the sessions read
	servers map[merge.ServerID]*server
	written map[merge.Version]put // all that was answered
	// unanswered are the keys of which deletions may have been done that nobody knows of.
	unanswered map[string]bool
	failures   []error
}

// server is one through all its lives.
type server struct {
	id     merge.ServerID
	life   *life        // nil while it is down
	disk   *vfs.MemFS   // while it is down
	known  merge.Vector // what it knows that has its disk, while it is down
	copied *vfs.MemFS   // an old copy of its disk
	had    merge.Vector // what that knows
	gone   bool         // for ever
	moved  bool         // the disk is an old copy, which the next life can tell
	linked map[merge.ServerID]bool
}

// put is a write that was answered.
type put struct {
	key, value string
	deleted    bool
	lost       bool // all may have lost it that had it
}

const (
	keys     = 6
	sessions = 4
	redial   = 50 * time.Millisecond
)

var badNetwork = node.Faults{MaxDelay: 30 * time.Millisecond, Lose: 0.05, Repeat: 0.1}

// newWorld is to be called in the bubble of the test.
func newWorld(seed uint64, control node.Control) *world {
	return &world{
		seed: seed, random: rand.New(rand.NewPCG(seed, 1)), control: control, servers: make(map[merge.ServerID]*server), written: make(map[merge.Version]put), unanswered: make(map[string]bool),
		network: node.NewNetwork(rand.New(rand.NewPCG(seed, 2)), badNetwork),
	}
}

// run lives for so many steps, heals, and returns what was wrong.
func (w *world) run(steps int) error {
	for range 2 + w.random.IntN(2) {
		w.join()
	}
	stop := make(chan struct{})
	var running, dialling sync.WaitGroup
	for i := range sessions {
		s := &session{world: w, number: i, random: rand.New(rand.NewPCG(w.seed, 100+uint64(i))), seen: make(map[string]merge.Version)}
		running.Go(func() { s.run(stop) })
	}
	ended := make(chan struct{})
	dialling.Go(func() { w.dial(ended) })
	for range steps {
		time.Sleep(time.Duration(w.random.Int64N(int64(400 * time.Millisecond)))) // by the clock of the test
		w.bury()
		w.step()
	}
	close(stop)
	running.Wait()
	w.heal()
	err := w.settle()
	close(ended)
	dialling.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.servers {
		if s.life != nil {
			w.network.Detach(s.id)
			_, closing := s.life.end()
			err = errors.Join(err, closing)
		}
	}
	w.network.Settle()
	return errors.Join(append(w.failures, err)...)
}

// step is one thing that happens.
func (w *world) step() {
	switch w.random.IntN(20) {
	case 0, 1, 2, 3, 4:
		w.cut()
	case 5, 6, 7:
		w.mend()
	case 8, 9, 10:
		w.crash()
	case 11, 12, 13, 14:
		w.restart()
	case 15:
		if len(w.servers) < 5 {
			w.join()
		}
	case 16:
		w.loseDisk()
	case 17:
		w.copyDisk()
	case 18:
		w.bringCopy()
	case 19:
		w.loseServer()
	}
}

func (w *world) fail(format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Errorf(format, arguments...))
}

// all returns the servers that choose chooses, in the order of their numbers.
func (w *world) all(choose func(*server) bool) (chosen []*server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.servers {
		if choose(s) {
			chosen = append(chosen, s)
		}
	}
	slices.SortFunc(chosen, func(a, b *server) int { return int(a.id) - int(b.id) })
	return chosen
}

func (w *world) one(choose func(*server) bool) *server {
	chosen := w.all(choose)
	if len(chosen) == 0 {
		return nil
	}
	return chosen[w.random.IntN(len(chosen))]
}

func up(s *server) bool   { return s.life != nil }
func down(s *server) bool { return s.life == nil && !s.gone }

// join adds a server with an empty disk, linked to all others.
func (w *world) join() {
	id := merge.ServerID(len(w.servers) + 1)
	s := &server{id: id, disk: vfs.NewCrashableMem(), linked: make(map[merge.ServerID]bool)}
	w.mu.Lock()
	for _, other := range w.servers {
		other.linked[id], s.linked[other.id] = true, true
	}
	w.servers[id] = s
	w.mu.Unlock()
	w.start(s)
}

// start begins a life of a server, which ends in a crash at some operation of its disk, or is ended by step.
func (w *world) start(s *server) {
	until := 0
	if w.random.IntN(2) == 0 {
		until = 1 + w.random.IntN(400)
	}
	l, err := born(s.id, s.disk, rand.New(rand.NewPCG(w.random.Uint64(), 3)), until, w.control, s.moved)
	if err != nil {
		if l.crashed.Load() {
			s.disk = l.remains // it was opening, and knows what it knew
			return
		}
		w.fail("server %d cannot be opened: %w", s.id, err)
		s.gone = true
		return
	}
	w.mu.Lock()
	s.life, s.moved = l, false
	w.mu.Unlock()
	w.network.Attach(s.id, l.node)
}

// stop ends a life by a crash.
func (w *world) stop(s *server) {
	s.life.kill()
	w.bury()
}

// bury notes the servers that have crashed.
func (w *world) bury() {
	for _, s := range w.all(up) {
		if !s.life.crashed.Load() {
			continue
		}
		w.network.Detach(s.id)
		w.mu.Lock()
		l := s.life
		s.life = nil
		w.mu.Unlock()
		disk, err := l.end()
		if err != nil {
			w.fail("server %d: %w", s.id, err)
		}
		s.disk, s.known = disk, l.known
	}
}

func (w *world) crash() {
	if s := w.one(up); s != nil {
		w.stop(s)
	}
}

func (w *world) restart() {
	if s := w.one(down); s != nil {
		w.start(s)
	}
}

func (w *world) cut()  { w.change(false) }
func (w *world) mend() { w.change(true) }

// change links some pair of servers from now on, or cuts it.
func (w *world) change(linked bool) {
	a, b := w.one(up), w.one(up)
	if a == nil || a == b {
		return
	}
	w.mu.Lock()
	a.linked[b.id], b.linked[a.id] = linked, linked
	w.mu.Unlock()
	if !linked {
		w.network.Cut(a.id, b.id)
	}
}

// loseDisk lets a server lose all that it has.
func (w *world) loseDisk() {
	if s := w.one(down); s != nil && w.others(s) > 0 {
		w.lose(s, nil)
		s.disk, s.copied = vfs.NewCrashableMem(), nil
	}
}

// copyDisk keeps a copy of a server's disk.
func (w *world) copyDisk() {
	if s := w.one(down); s != nil {
		s.copied, s.had = s.disk.CrashClone(vfs.CrashCloneCfg{}), s.known
	}
}

// bringCopy puts the copy in place of what the server has now.
func (w *world) bringCopy() {
	if s := w.one(func(s *server) bool { return down(s) && s.copied != nil }); s != nil {
		w.lose(s, s.had)
		s.disk, s.copied = s.copied, nil
		s.moved = true
	}
}

// loseServer takes a server away for ever, and has another one forget it.
func (w *world) loseServer() {
	s := w.one(down)
	if s == nil || w.others(s) < 2 {
		return
	}
	w.lose(s, nil)
	s.gone = true
	w.forget(s)
}

func (w *world) forget(s *server) {
	teller := w.one(up)
	if teller == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := teller.life.node.Forget(ctx, s.id)
	if err != nil && !errors.Is(err, node.ErrUnknown) && !teller.life.crashed.Load() {
		w.fail("server %d does not forget %d: %w", teller.id, s.id, err)
	}
}

func (w *world) others(s *server) int {
	return len(w.all(func(o *server) bool { return o != s && !o.gone }))
}

// lose notes which writes may be lost, as a server has lost what it had: those that nobody else has, nor what it has left.
func (w *world) lose(s *server, left merge.Vector) {
	known := left
	for _, other := range w.all(func(o *server) bool { return o != s && !o.gone }) {
		if known = known.Join(other.known); other.life != nil {
			known = known.Join(other.life.node.State().Known)
		}
	}
	s.known = left
	w.mu.Lock()
	defer w.mu.Unlock()
	for version, p := range w.written {
		if !known.Covers(version) {
			p.lost = true
			w.written[version] = p
		}
	}
}

// dial makes the links that shall be there, again and again.
func (w *world) dial(ended <-chan struct{}) {
	for {
		for _, s := range w.all(up) {
			for _, other := range w.all(up) {
				w.mu.Lock()
				wanted := s.linked[other.id] && s.id < other.id
				w.mu.Unlock()
				if wanted {
					_ = w.network.Join(s.id, other.id) // refusals are what forgotten servers meet
				}
			}
		}
		select {
		case <-time.After(redial):
		case <-ended:
			return
		}
	}
}
