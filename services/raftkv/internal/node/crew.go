package node

import (
	"slices"
	"sync"
	"time"

	"numstore.example/services/raftkv/internal/storage"
)

// crew is the goroutines that do the work of members of a node, of as many shards as there are: a driver, which owns what
// belongs to Raft, an appender, which owns the logs, and an applier, which owns the machines. The driver goes in rounds. In
// each it gives all members that have mail a turn, and then hands on at once what they all want written, applied and sent. So
// what is in flight in many shards together costs a node one write, one sync, and one message to each other node, as it
// would in one shard.
//
// No member waits for another one: what is wrong with one ends that one.
type crew struct {
	store *storage.Store
	calls queue[*Replica] // members that have mail
	ticks chan struct{}   // has an element when the clock has ticked
	stop  chan struct{}   // closed when nothing is to be done any more
	once  sync.Once       // closes it

	appends queue[appending] // to the appender; see maxAppends
	applies queue[applying]  // to the applier; see maxApplying

	mu      sync.Mutex // of members; they come by themselves, and leave with the driver
	members []*Replica

	// These belong to the driver.
	holding       []*Replica // members with proposals that are held
	writing       int        // members whose proposals are on their way to the disk
	gathering     gathering
	gatheringEnds *time.Timer
	next          handout

	running sync.WaitGroup
}

// handout is what the driver hands on at the end of a round.
type handout struct {
	messages []outgoing
	appends  []appending
	applies  []applying
}

func startCrew(store *storage.Store) *crew {
	c := &crew{
		store: store, calls: newQueue[*Replica](), ticks: make(chan struct{}, 1), stop: make(chan struct{}),
		appends: newQueue[appending](), applies: newQueue[applying](),
		gatheringEnds: time.NewTimer(maxGather),
	}
	c.running.Go(c.drive)
	c.running.Go(c.write)
	c.running.Go(c.apply)
	return c
}

// end ends the crew, whose members must have ended. When the store has failed, goroutines that wait for it, for ever perhaps,
// are left behind.
func (c *crew) end() {
	c.once.Do(func() { close(c.stop) })
	over := make(chan struct{})
	go func() { c.running.Wait(); close(over) }()
	select {
	case <-over:
	case <-c.store.Failed():
	}
}

// tick moves the clocks of all members. It does not wait.
func (c *crew) tick() {
	select {
	case c.ticks <- struct{}{}:
	default: // the one before was not seen yet
	}
}

// enter makes a member one of the crew, and has the driver give it its first turn.
func (c *crew) enter(r *Replica) {
	c.mu.Lock()
	c.members = append(c.members, r)
	c.mu.Unlock()
	c.calls.put(r)
}

// leave is told by a member that it ends.
func (c *crew) leave(r *Replica) {
	c.mu.Lock()
	c.members = slices.DeleteFunc(c.members, func(other *Replica) bool { return other == r })
	c.mu.Unlock()
	r.written() // nobody waits for that any more
}

func (c *crew) all() []*Replica {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.members)
}

// drive is the driver's goroutine. It waits for nothing but mail.
func (c *crew) drive() {
	defer c.appends.close()
	defer c.applies.close()
	failed := c.store.Failed()
	for {
		ticked := false
		select {
		case <-c.calls.signal:
		case <-c.ticks:
			ticked = true
		case <-c.gatheringEnds.C: // what is held has waited for long enough
		case <-failed: // the appender and the applier may wait for ever
			for _, r := range c.all() {
				r.finish(c.store.Failure())
			}
			failed = nil
		case <-c.stop:
			return
		}
		c.round(ticked)
	}
}

// round gives all who have mail a turn, and hands on what they want done.
func (c *crew) round(ticked bool) {
	turns := c.calls.take()
	if ticked {
		turns = c.all()
	}
	for _, r := range turns {
		r.protected(func() error { return r.takeTurn(ticked) })
	}
	if c.writing == 0 && c.gathered() {
		turns = append(turns, c.propose()...)
	}
	for _, r := range turns {
		r.protected(r.settleTurn)
	}
	c.handOn()
}

// handOn has done what the members want done. What is for other nodes is sent before the log is synced; what must not leave before
// that comes as a response to the append.
func (c *crew) handOn() {
	next := c.next
	c.next = handout{}
	for _, o := range next.messages {
		o.of.config.Transport.Send(o.of.config.Shard, o.messages)
	}
	c.appends.put(next.appends...)
	c.applies.put(next.applies...)
}

// hold takes note that a member has proposals.
func (c *crew) hold(r *Replica) {
	if !r.holds {
		r.holds = true
		c.holding = append(c.holding, r)
	}
}

// propose makes entries of what all members hold, and returns these.
func (c *crew) propose() []*Replica {
	members, commands, entries := c.holding, c.waiting(), 0
	c.holding = nil
	for _, r := range members {
		r.holds = false
		r.protected(func() error {
			if r.lastEntry = r.propose(); r.lastEntry != 0 {
				r.proposes, r.lastRound = true, c.gathering.round+1
				entries++
			}
			return nil
		})
	}
	c.gathering.propose(entries, commands, time.Now())
	return members
}

// gathered says whether there are proposals, and whether they need not wait for others. If they do, the driver is woken when that
// ends.
func (c *crew) gathered() bool {
	waiting := c.waiting()
	if waiting == 0 {
		return false
	}
	wait := c.gathering.wait(waiting, time.Now())
	if wait > 0 {
		c.gatheringEnds.Reset(wait)
	}
	return wait == 0
}

// waiting returns how many commands are held.
func (c *crew) waiting() (n int) {
	for _, r := range c.holding {
		n += commandsOf(r.held)
	}
	return n
}
