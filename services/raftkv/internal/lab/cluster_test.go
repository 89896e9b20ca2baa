package lab_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/server"
	"numstore.example/services/raftkv/internal/shard"
)

// shape is what a cluster is made of.
type shape struct {
	nodes, shards, replicas int
	unreliable              bool
	variant                 variant
}

// variant is what a control takes out. The zero variant is the real thing.
type variant struct {
	anonymous bool // writes have no request ids
	alone     bool // the last node, which hears nothing of others, goes by a map in which it has every shard for itself
}

// cluster is nodes of one process, each with a server of the contract, whose clients have the lab's network before them.
type cluster struct {
	*network
	shape
	peers   *node.Network
	nodes   []*node.Node // by their numbers, less one
	servers []*grpc.Server
	serving sync.WaitGroup
}

// checksumEvery is how often the replicas compare their states.
const checksumEvery = 10 * time.Second

// startCluster starts a cluster in the bubble of the test, and waits until its shards have leaders.
func startCluster(t *testing.T, seed uint64, shape shape) *cluster {
	t.Helper()
	faults := node.Faults{}
	if shape.unreliable {
		faults = node.Faults{MaxDelay: maxDelay, Lose: loss}
	}
	c := &cluster{
		network: newNetwork(rand.New(rand.NewPCG(seed, 1)), shape.unreliable), shape: shape,
		peers: node.NewNetwork(rand.New(rand.NewPCG(seed, 2)), faults),
	}
	c.anonymous = shape.variant.anonymous
	disks := make([]vfs.FS, shape.nodes)
	for i := range disks {
		disks[i] = vfs.NewMem()
	}
	together, err := nodetest.Together(nodetest.Cluster{
		Dir: "data", Disks: disks, Shards: shape.shards, Replicas: shape.replicas,
		Address: func(id shard.NodeID) string { return address(int(id)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range disks {
		id, found := shard.NodeID(i+1), together
		if shape.variant.alone && int(id) == shape.nodes {
			found = nodetest.AloneAs(id, shape.shards)
			c.isolate(id)
		}
		n, err := node.Open(node.Options{
			ID: id, Found: found, Transport: c.peers.From(id),
			Storage:     node.Storage{Dir: "data", FS: disks[i], ChecksumEvery: checksumEvery},
			MaxInFlight: 1 << 30, Logger: slog.New(slog.DiscardHandler),
			OnFailure: func(err error) { t.Errorf("node %d has failed: %v", id, err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		c.nodes = append(c.nodes, n)
		c.peers.Attach(id, n)
		c.serve(n)
	}
	for i, n := range c.nodes {
		if err := n.AwaitReady(t.Context()); err != nil {
			t.Errorf("node %d: %v", i+1, err)
		}
	}
	return c
}

// isolate cuts a node off from the others.
func (c *cluster) isolate(id shard.NodeID) {
	for i := range c.shape.nodes {
		other := shard.NodeID(i + 1)
		c.peers.Cut(id, other, true)
		c.peers.Cut(other, id, true)
	}
}

// serve starts the server of a node.
func (c *cluster) serve(n *node.Node) {
	s := grpc.NewServer(grpc.WaitForHandlers(true))
	server.Register(s, server.Config{
		Node:   n,
		MaxKey: 1 << 10, MaxValue: 1 << 20, MaxMessage: 1 << 22, Logger: slog.New(slog.DiscardHandler),
	})
	c.servers = append(c.servers, s)
	listener := c.listen(address(len(c.servers)))
	c.serving.Go(func() { s.Serve(listener) })
}

// stop ends the servers and the nodes. Nobody must call them any more.
func (c *cluster) stop(t *testing.T) {
	t.Helper()
	c.underway.Wait()
	for _, s := range c.servers {
		s.Stop()
	}
	c.serving.Wait()
	for _, n := range c.nodes {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	c.peers.Settle()
}

// address is where the server of a node is.
func address(node int) string { return fmt.Sprintf("127.0.0.1:%d", node) }

// addresses returns where all servers are, beginning somewhere and going around.
func (c *cluster) addresses(begin int) (all []string) {
	for i := range c.shape.nodes {
		all = append(all, address((begin+i)%c.shape.nodes+1))
	}
	return all
}
