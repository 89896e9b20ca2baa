package node_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"numstore.example/services/raftkv/internal/node"
	raftkv "numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// move changes the members of shards, one after the other, until nothing is to break any more. A node takes the place of
// another one, or its own with nothing of what it had; some changes are taken back.
func (c *cluster) move() {
	random := rand.New(rand.NewPCG(c.seed, 98))
	for !closed(c.quiet) {
		c.rest(random, time.Second)
		shard := storage.ShardID(random.IntN(c.shape.shards))
		for _, member := range c.members {
			if in := member.alive(); in != nil && in.node.Leads(shard) {
				in.use(func() { c.step(random, in, shard) })
			}
		}
	}
}

// step takes a step at a node that leads. Nobody knows what becomes of it if the node dies.
func (c *cluster) step(random *rand.Rand, in *incarnation, shard storage.ShardID) {
	members := in.node.Cluster().Shards[shard]
	step := raftkv.Step{Version: members.Version, Kind: raftkv.Cancel}
	if members.Learner == nil {
		old := members.Members[random.IntN(len(members.Members))]
		node := c.members[random.IntN(len(c.members))].seat.id
		place, _ := in.node.Cluster().Node(node)
		step.Kind = raftkv.Begin
		step.Learner = &raftkv.Learner{Member: raftkv.Member{ID: members.Next(node), Store: place.Store}, Replaces: old.ID}
	} else if random.IntN(4) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if in.node.ChangeMembers(ctx, shard, step) == nil && c.variant.steps != nil {
		c.variant.steps.Add(1)
	}
}

// spread has nodes tell each other what they know, as far as the links allow, until the cluster has ended.
func (c *cluster) spread() {
	random := rand.New(rand.NewPCG(c.seed, 97))
	for !closed(c.ended) {
		time.Sleep(time.Duration(random.Int64N(int64(500 * time.Millisecond)))) // by the clock of the test
		from, to := c.members[random.IntN(len(c.members))].alive(), c.members[random.IntN(len(c.members))].alive()
		if from == nil || to == nil || !from.alive() {
			continue
		}
		known := *from.node.Cluster()
		to.use(func() {
			if err := to.node.Learn(known); err != nil && !errors.Is(err, node.ErrStopped) {
				to.fail(err)
			}
		})
	}
}

// use does something with the node, which is not closed meanwhile.
func (in *incarnation) use(do func()) {
	in.mu.Lock()
	if in.dead {
		in.mu.Unlock()
		return
	}
	in.reads.Add(1)
	in.mu.Unlock()
	defer in.reads.Done()
	do()
}

// replicas returns how many nodes have a shard when no change is under way, or 0.
func (c *cluster) replicas(shard storage.ShardID) int {
	members := raftkv.Members{}
	for _, member := range c.members {
		if in := member.alive(); in != nil {
			if known := in.node.Cluster().Shards[shard]; known.Version > members.Version {
				members = known
			}
		}
	}
	if members.Learner != nil || members.Joint() {
		return 0
	}
	replicas := 0
	for _, member := range members.Members {
		if !members.Forsaken(member.ID) {
			replicas++
		}
	}
	return replicas
}
