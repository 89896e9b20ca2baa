package node_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/storage"
)

// cluster is a run of clients over several nodes. Each node crashes by itself, the network loses, delays, repeats and
// reorders messages, and whatever else is the weather (see weather_test.go).
type cluster struct {
	world
	shape   shape
	began   time.Time
	network *node.Network
	members []*participant // one for each node
	crashes int            // of each node

	crashing sync.WaitGroup // members that still have crashes before them
	quiet    chan struct{}  // closed when nothing is to break any more
	failed   chan struct{}  // closed when a member has failed otherwise than by a crash
	failOnce sync.Once
	ended    chan struct{}  // closed when all is done
	awaited  sync.WaitGroup // what await waits for
}

const (
	// messageDelay is the longest that a message takes. An election takes ten to twenty times as long.
	messageDelay = 50 * time.Millisecond
	// patience is how long a client waits for an answer before it asks another member.
	patience = 3 * time.Second
)

var badNetwork = node.Faults{MaxDelay: messageDelay, Lose: 0.05, Repeat: 0.05}

// shape is what a cluster is made of.
type shape struct{ nodes, shards, replicas int }

// newCluster is to be called in the bubble of the test.
func newCluster(seed uint64, shape shape, crashes int, variant variant) *cluster {
	c := &cluster{
		world:   world{seed: seed, shards: shape.shards, variant: variant},
		shape:   shape,
		began:   time.Now(),
		network: node.NewNetwork(rand.New(rand.NewPCG(seed, 100)), badNetwork),
		crashes: crashes,
		quiet:   make(chan struct{}),
		failed:  make(chan struct{}),
		ended:   make(chan struct{}),
	}
	c.incarnations = c.tries
	disks := make([]vfs.FS, shape.nodes)
	for i := range disks {
		disks[i] = vfs.NewCrashableMem()
	}
	found, err := nodetest.Together(nodetest.Cluster{Dir: dir, Disks: disks, Shards: shape.shards, Replicas: shape.replicas})
	if err != nil {
		panic(err) // on a disk in memory
	}
	for i, disk := range disks {
		id := storage.NodeID(i + 1)
		member := &participant{
			cluster: c, random: rand.New(rand.NewPCG(seed, 200+uint64(id))), weather: newWeather(seed, uint64(id)),
		}
		member.disk = disk.(*vfs.MemFS)
		member.seat = seat{id: id, found: found, network: c.network, pause: member.weather.hold, patience: patience}
		if variant.alone && i == len(disks)-1 {
			member.seat.found = nodetest.AloneAs(id, shape.shards)
		}
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
	for _, member := range c.members {
		breaking.Go(member.suffer)
	}
	if c.variant.moves {
		breaking.Go(c.move)
		living.Go(c.spread)
	}
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
		err = c.check(everyone)
	}
	if err == nil {
		err = c.await("the members of each shard to have the same state", c.untilEqual)
	}
	close(c.ended)
	c.awaited.Wait()
	asking.Wait()
	living.Wait()
	c.network.Settle()
	for _, member := range c.members {
		err = errors.Join(err, member.failure)
	}
	return err
}

// check looks at what clients saw, who make no more calls, unless a member has failed: then some have not seen the end.
func (c *cluster) check(everyone []*client) error {
	if closed(c.failed) {
		return nil
	}
	for _, client := range everyone {
		c.history = append(c.history, client.history...)
	}
	return linearizable(c.history)
}

// await waits for something, for an hour by the clock of the test. It ends when the cluster does.
func (c *cluster) await(what string, wait func()) error {
	done := make(chan struct{})
	c.awaited.Go(func() { wait(); close(done) })
	select {
	case <-done:
		return nil
	case <-c.failed:
		return nil // the member knows why
	case <-time.After(time.Hour):
		return fmt.Errorf("after an hour, %s are still waited for; %s", what, c.standing())
	}
}

// standing tells how the members stand.
func (c *cluster) standing() string {
	var all strings.Builder
	for _, member := range c.members {
		fmt.Fprintf(&all, "\nnode %d", member.seat.id)
		in := member.alive()
		if in == nil {
			continue
		}
		for _, local := range in.node.Locals() {
			replica := in.node.Replica(local.Shard())
			fmt.Fprintf(&all, "\n\tshard %d, member %v: %+v, %+v", local.Shard(), replica.ID(), local.Status(), replica.Members())
		}
	}
	return all.String()
}

// untilEqual waits until all members of each shard have applied the same entries, and their states are equal byte by byte.
func (c *cluster) untilEqual() {
	for shard := range storage.ShardID(c.shape.shards) {
		for !closed(c.ended) && !c.equal(shard) {
			time.Sleep(100 * time.Millisecond) // by the clock of the test
		}
	}
}

// equal says whether all members of a shard show the same entry. It fails those that differ then, or have by their checksums,
// and those whose log is ahead of time.
func (c *cluster) equal(shard storage.ShardID) bool {
	var holders []*incarnation
	for _, member := range c.members {
		if in := member.alive(); in != nil && in.node.Holds(shard) {
			holders = append(holders, in)
		}
	}
	for _, in := range holders {
		_, state := in.node.Held(shard)
		if state == nil {
			return false // it has none any more
		}
		if now, passed := state.Now(), time.Since(c.began); time.Duration(now)*time.Millisecond > passed {
			in.fail(fmt.Errorf("the time of shard %d's log is %d ms, after %v", shard, now, passed))
		}
		if sum, differs := state.Checksum(); differs {
			in.fail(fmt.Errorf("shard %d was another at node %d than at its leader when both showed entry %d", shard, in.id, sum.Index))
		}
	}
	same, err := compare(holders, shard)
	if err != nil {
		holders[0].fail(err)
	}
	return same && len(holders) > 0 && len(holders) == c.replicas(shard)
}

// compare says whether members show the same entry. An error says that their states differ then.
func compare(members []*incarnation, shard storage.ShardID) (same bool, err error) {
	var first []byte
	var shows storage.Index // that the first one shows
	for _, in := range members {
		_, state := in.node.Held(shard)
		if state == nil {
			return false, nil // it has none any more
		}
		var written bytes.Buffer
		applied := state.Applied()
		if err := state.WriteSnapshot(&written); errors.Is(err, storage.ErrClosed) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		if state.Applied() != applied || first != nil && applied != shows {
			return false, nil // they go on
		}
		rows := written.Bytes()
		if first == nil {
			first, shows = rows, applied
		}
		if !bytes.Equal(first, rows) {
			return false, fmt.Errorf("shard %d is another at node %d than at node %d when both show entry %d", shard, in.id, members[0].id, applied)
		}
	}
	return true, nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
