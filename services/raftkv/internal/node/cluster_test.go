package node_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/storage"
)

// cluster is a run of clients over a group of several members. Members crash, each by itself; the network loses,
// delays, repeats and reorders messages; links are cut, also one way alone.
type cluster struct {
	world
	network *node.Network
	members []*participant
	crashes int // of each member

	crashing sync.WaitGroup // members that still have crashes before them
	quiet    chan struct{}  // closed when nothing is to break any more
	failed   chan struct{}  // closed when a member has failed otherwise than by a crash
	failOnce sync.Once
	ended    chan struct{} // closed when all is done
}

const (
	// messageDelay is the longest that a message takes. An election takes ten to twenty times as long.
	messageDelay = 50 * time.Millisecond
	// patience is how long a client waits for an answer before it asks another member.
	patience = 3 * time.Second
)

var badNetwork = node.Faults{MaxDelay: messageDelay, Lose: 0.05, Repeat: 0.05}

// newCluster is to be called in the bubble of the test.
func newCluster(seed uint64, members, crashes int, variant variant) *cluster {
	c := &cluster{
		world:   world{seed: seed, variant: variant},
		network: node.NewNetwork(rand.New(rand.NewPCG(seed, 100)), badNetwork),
		crashes: crashes,
		quiet:   make(chan struct{}),
		failed:  make(chan struct{}),
		ended:   make(chan struct{}),
	}
	c.incarnations = c.tries
	disks := make([]vfs.FS, members)
	for i := range disks {
		disks[i] = vfs.NewCrashableMem()
	}
	found, err := nodetest.Together(nodetest.Cluster{Dir: dir, Disks: disks, Shards: 1, Replicas: members})
	if err != nil {
		panic(err) // on a disk in memory
	}
	for i, disk := range disks {
		id := storage.NodeID(i + 1)
		member := &participant{
			cluster: c, random: rand.New(rand.NewPCG(seed, 200+uint64(id))), pauses: rand.New(rand.NewPCG(seed, 300+uint64(id))),
		}
		member.disk = disk.(*vfs.MemFS)
		member.seat = seat{id: id, found: found, network: c.network, pause: member.pause, patience: patience}
		c.members = append(c.members, member)
	}
	return c
}

// tries yields the members that live, in turns, until the cluster has ended.
func (c *cluster) tries() iter.Seq[*incarnation] {
	return func(yield func(*incarnation) bool) {
		for i := 0; !closed(c.ended); i++ {
			if in := c.members[i%len(c.members)].alive(); in != nil && !yield(in) {
				return
			}
			time.Sleep(5 * time.Millisecond) // by the clock of the test; who does not lead says so at once
		}
	}
}

// run returns the first thing that was wrong.
func (c *cluster) run() error {
	var living, breaking, asking sync.WaitGroup
	c.crashing.Add(len(c.members))
	for _, member := range c.members {
		living.Go(member.live)
	}
	breaking.Go(c.breakLinks)
	var everyone []*client
	for number := range clients {
		client := newClient(&c.world, number)
		everyone = append(everyone, client)
		asking.Go(client.run)
	}
	err := c.await("the members' crashes", c.crashing.Wait)
	close(c.quiet)
	breaking.Wait()
	c.over.Store(true)
	if err == nil {
		err = c.await("answers to the last calls", asking.Wait)
	}
	if err == nil {
		err = c.await("the members to have the same state", c.untilEqual)
	}
	close(c.ended)
	asking.Wait()
	living.Wait()
	c.network.Settle()
	for _, member := range c.members {
		err = errors.Join(err, member.failure)
	}
	for _, client := range everyone {
		c.history = append(c.history, client.history...)
	}
	if err != nil {
		return err
	}
	return linearizable(c.history)
}

// await waits for something, for an hour by the clock of the test.
func (c *cluster) await(what string, wait func()) error {
	done := make(chan struct{})
	go func() { wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-c.failed:
		return nil // the member knows why
	case <-time.After(time.Hour):
		return fmt.Errorf("after an hour, %s are still waited for", what)
	}
}

// untilEqual waits until all members have applied the same entries, and their states are equal byte by byte.
func (c *cluster) untilEqual() {
	for !closed(c.ended) {
		var first []byte
		equal := 0
		for _, member := range c.members {
			if in := member.alive(); in != nil {
				var state bytes.Buffer
				if err := in.state.Backup(&state); err != nil {
					in.fail(err)
					return
				}
				if first == nil {
					first = state.Bytes()[storage.BackupHeader:]
				}
				if bytes.Equal(first, state.Bytes()[storage.BackupHeader:]) {
					equal++
				}
			}
		}
		if equal == len(c.members) {
			return
		}
		time.Sleep(100 * time.Millisecond) // by the clock of the test
	}
}

// breakLinks cuts and mends links until nothing is to break any more. Then all are whole, and the network is good.
func (c *cluster) breakLinks() {
	random := rand.New(rand.NewPCG(c.seed, 99))
	for !closed(c.quiet) {
		for _, from := range c.members {
			for _, to := range c.members {
				c.network.Cut(from.seat.id, to.seat.id, random.IntN(6) == 0)
			}
		}
		c.rest(random, 3*time.Second)
		c.mendLinks()
		c.rest(random, 3*time.Second)
	}
	c.network.SetFaults(node.Faults{MaxDelay: messageDelay})
}

func (c *cluster) mendLinks() {
	for _, from := range c.members {
		for _, to := range c.members {
			c.network.Cut(from.seat.id, to.seat.id, false)
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

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
