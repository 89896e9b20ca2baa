package node_test

import (
	"math/rand/v2"
	"sync"
	"time"

	"numstore.example/services/raftkv/internal/node"
)

// The weather of a cluster is what goes wrong beside crashes, all of it at the same time: links are cut in the shapes in
// which networks break, processes are halted as a whole, disks are slow, or hang. It ends when the crashes have.

// topology says which links are cut, of a cluster whose nodes stand in some order.
type topology func(random *rand.Rand, nodes int, from, to int) bool

var topologies = []topology{
	scattered, oneIsMute, oneIsDeaf, oneIsAway, hubAndSpoke, chain, halves, bridge,
}

// Some links, each way for itself.
func scattered(random *rand.Rand, _, _, _ int) bool { return random.IntN(6) == 0 }

// The first one hears all, and nobody hears it.
func oneIsMute(_ *rand.Rand, _, from, _ int) bool { return from == 0 }

// The first one is heard, and hears nobody: a leader would go on sending heartbeats.
func oneIsDeaf(_ *rand.Rand, _, _, to int) bool { return to == 0 }

// The first one is alone.
func oneIsAway(_ *rand.Rand, _, from, to int) bool { return from == 0 || to == 0 }

// All reach the first one, and nobody else.
func hubAndSpoke(_ *rand.Rand, _, from, to int) bool { return from != 0 && to != 0 }

// Each reaches its neighbours.
func chain(_ *rand.Rand, _, from, to int) bool { return from-to > 1 || to-from > 1 }

// There are two parts, one of which is a majority.
func halves(_ *rand.Rand, nodes, from, to int) bool { return (from < nodes/2) != (to < nodes/2) }

// There are two parts, and one in the middle that reaches both.
func bridge(_ *rand.Rand, nodes, from, to int) bool {
	middle := nodes / 2
	return from != middle && to != middle && (from < middle) != (to < middle)
}

// breakLinks cuts and mends links until nothing is to break any more. Then all are whole, and the network is good.
func (c *cluster) breakLinks() {
	random := rand.New(rand.NewPCG(c.seed, 99))
	for !closed(c.quiet) {
		order := random.Perm(len(c.members))
		cut := topologies[random.IntN(len(topologies))]
		c.setLinks(func(from, to int) bool { return cut(random, len(order), order[from], order[to]) })
		c.rest(random, 3*time.Second)
		c.setLinks(func(int, int) bool { return false })
		c.rest(random, 3*time.Second)
	}
	c.network.SetFaults(node.Faults{MaxDelay: messageDelay})
}

// setLinks cuts links, and mends all others.
func (c *cluster) setLinks(cut func(from, to int) bool) {
	for from, sender := range c.members {
		for to, receiver := range c.members {
			c.network.Cut(sender.seat.id, receiver.seat.id, from != to && cut(from, to))
		}
	}
}

// rest waits for some time, at most so long, or until nothing is to break any more.
func (c *cluster) rest(random *rand.Rand, most time.Duration) {
	select {
	case <-time.After(time.Duration(random.Int64N(int64(most)))):
	case <-c.quiet:
	}
}

// weather is what a node suffers.
type weather struct {
	random *rand.Rand // of the goroutine that runs suffer

	mu      sync.Mutex
	moments *rand.Rand
	halted  time.Time     // until then, the process does nothing
	hangs   time.Time     // until then, the disk does not answer
	slow    time.Duration // as long a disk takes at most to answer
}

func newWeather(seed, id uint64) weather {
	return weather{random: rand.New(rand.NewPCG(seed, 300+id)), moments: rand.New(rand.NewPCG(seed, 400+id))}
}

// diskStall is how long a disk has not answered when the node is told.
const diskStall = 2 * time.Second

// suffer has the node halted, and its disk slow and hanging, until nothing is to break any more.
func (p *participant) suffer() {
	w := &p.weather
	for !closed(p.cluster.quiet) {
		p.cluster.rest(w.random, 10*time.Second)
		switch w.random.IntN(3) {
		case 0:
			p.halt(time.Duration(w.random.Int64N(int64(3 * patience))))
		case 1:
			p.hang(time.Duration(w.random.Int64N(int64(3 * diskStall))))
		case 2:
			w.set(func() { w.slow = time.Duration(w.random.Int64N(int64(time.Second))) })
			p.cluster.rest(w.random, 5*time.Second)
			w.set(func() { w.slow = 0 })
		}
	}
}

// halt has the process do nothing for so long. What others send it meanwhile gathers; or it is lost, and so is what comes
// for a while after: a leader that wakes up knows nothing of the one that came after it.
func (p *participant) halt(long time.Duration) {
	p.weather.set(func() { p.weather.halted = time.Now().Add(long) })
	in := p.alive()
	if in == nil || p.weather.random.IntN(2) == 0 {
		return
	}
	p.cluster.network.Attach(in.id, nil)
	time.Sleep(long + time.Duration(p.weather.random.Int64N(int64(time.Second)))) // by the clock of the test
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == in {
		p.cluster.network.Attach(in.id, in.node)
	}
}

// hang has the disk not answer for so long. The node is told as the store would tell it.
func (p *participant) hang(long time.Duration) {
	p.weather.set(func() { p.weather.hangs = time.Now().Add(long) })
	if long <= diskStall {
		return
	}
	time.Sleep(diskStall) // by the clock of the test
	in := p.alive()
	if in == nil {
		return
	}
	in.node.Stalled(true)
	time.Sleep(long - diskStall)
	in.node.Stalled(false)
}

func (w *weather) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// hold holds up who comes to a moment of the life of an entry, or of the replica's goroutine, for as long as the weather is
// bad for that.
func (w *weather) hold(at node.Moment) {
	w.mu.Lock()
	now := time.Now()
	long := w.halted.Sub(now)
	switch at {
	case node.BeforeAppend, node.AfterSync:
		long = max(long, w.hangs.Sub(now))
		if w.slow > 0 {
			long = max(long, time.Duration(w.moments.Int64N(int64(w.slow))))
		}
	case node.BeforeApply, node.AfterApply:
		if w.moments.IntN(300) == 0 {
			long = max(long, time.Duration(w.moments.Int64N(int64(3*time.Second))))
		}
	}
	w.mu.Unlock()
	time.Sleep(long) // by the clock of the test
}
