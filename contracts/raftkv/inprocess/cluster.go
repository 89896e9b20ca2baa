// Package inprocess has servers of raftkv's contract that live in the process that calls them: for tests of the Clerk,
// and for yours.
//
// A Cluster has the data of its shards, in memory, and connects clients with its servers. It keeps the contract's promises of
// versions, of writes that happen exactly once, of limits, and of one moment; nothing of it survives the process. A
// Server is one address of the cluster. By default every server answers for every shard at once; a test tells a server
// with its fields to refuse, to lose, to be silent or to be slow, and the cluster with Lead to have others turned away, and
// with Pause to have a server stand still.
//
// Connections are made without a network, so that all of it works in a bubble of testing/synctest. Who wants one has
// gRPC listen, and uses Register.
package inprocess

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkvpb"
)

// Cluster is shards, and the servers that answer for them. Its methods may be called from any number of goroutines.
type Cluster struct {
	// IgnoreRequestIDs has writes executed as often as they arrive. So a test can show that it would see that.
	IgnoreRequestIDs bool

	// Forward has servers pass on calls for shards that others lead, as they do by default, in place of redirecting them.
	Forward bool

	id    [16]byte
	place placement.Func

	mu         sync.Mutex
	shards     []*shard
	leaders    []string // the server that alone answers for a shard; empty: all do
	mapVersion uint64
	addresses  []string                     // of the servers, in the order of their nodes' numbers
	removed    map[string]bool              // addresses that are no longer of the cluster
	listeners  map[string]*bufconn.Listener // of those that run
	paused     map[string]chan struct{}     // by address; closed when it is resumed
}

// NewCluster returns an empty cluster with so many shards, 1 to placement.MaxShards. Keys are placed by PLACEMENT_HASH.
func NewCluster(shards int) *Cluster {
	place, err := placement.New(placement.Hash, shards)
	if err != nil {
		panic(err)
	}
	c := &Cluster{place: place, leaders: make([]string, shards), mapVersion: 1,
		listeners: make(map[string]*bufconn.Listener), paused: make(map[string]chan struct{}), removed: make(map[string]bool)}
	rand.Read(c.id[:])
	for range shards {
		c.shards = append(c.shards, newShard())
	}
	return c
}

// Start has a server run under an address, "host:port", until stop is called. Clients reach it by DialContext alone. It
// can be started again, also under another address. The caller stops all servers before a bubble of synctest ends.
func (c *Cluster) Start(address string, server *Server, options ...grpc.ServerOption) (stop func()) {
	listener := bufconn.Listen(1 << 20)
	s := grpc.NewServer(append([]grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessage), grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second}),
	}, options...)...)
	c.Register(s, address, server)
	var running sync.WaitGroup
	running.Go(func() { s.Serve(listener) })
	c.mu.Lock()
	c.listeners[address] = listener
	c.mu.Unlock()
	return func() {
		c.mu.Lock()
		if c.listeners[address] == listener {
			delete(c.listeners, address)
		}
		c.mu.Unlock()
		s.Stop()
		running.Wait()
	}
}

// Register makes a server one of the cluster's, under the address that Topology is to tell, and gives it to a gRPC
// server of the caller's. An empty address is that of a server alone, which clients know already.
func (c *Cluster) Register(registrar grpc.ServiceRegistrar, address string, server *Server) {
	c.mu.Lock()
	server.cluster, server.address = c, address
	if !slices.Contains(c.addresses, address) {
		c.addresses = append(c.addresses, address)
	}
	c.mu.Unlock()
	raftkvpb.RegisterRaftKVServer(registrar, server)
}

// Lead has the server of an address answer for a shard from now on; others redirect to it. An empty address has all
// servers answer again. Leaders are no part of the map, whose version stays.
func (c *Cluster) Lead(shard int, address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaders[shard] = address
}

// Change makes the map's version greater, as when something but leaders has changed. Redirects tell of it.
func (c *Cluster) Change() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mapVersion++
}

// Remove makes a server none of the cluster's any more, and the map's version greater. As long as it runs, it redirects all
// calls. The shards that it led have no leader.
func (c *Cluster) Remove(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removed[address] = true
	c.mapVersion++
	for shard, leader := range c.leaders {
		if leader == address {
			c.leaders[shard] = ""
		}
	}
}

// Set gives a key a value, whatever it had, and returns the key's version.
func (c *Cluster) Set(key, value []byte) (version uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shards[c.shardOf(key)].set(key, value)
}

// Lookup returns what a key has, and nil for one that does not exist.
func (c *Cluster) Lookup(key string) *raftkvpb.Pair {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pair := c.shards[c.shardOf([]byte(key))].pairs[key]; pair != nil {
		return proto.CloneOf(pair)
	}
	return nil
}

// Pairs returns all pairs as of one moment, in the order of their keys.
func (c *Cluster) Pairs() (pairs []*raftkvpb.Pair) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.shards {
		for _, pair := range s.pairs {
			pairs = append(pairs, proto.CloneOf(pair))
		}
	}
	slices.SortFunc(pairs, func(a, b *raftkvpb.Pair) int { return bytes.Compare(a.GetKey(), b.GetKey()) })
	return pairs
}

// Keys returns the keys that exist, in order.
func (c *Cluster) Keys() (keys []string) {
	for _, pair := range c.Pairs() {
		keys = append(keys, string(pair.GetKey()))
	}
	return keys
}

// Forget has all shards forget their clients, as if they had been idle for longer than --session-ttl.
func (c *Cluster) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.shards {
		clear(s.sessions)
	}
}

// Sessions returns how many clients a shard remembers.
func (c *Cluster) Sessions(shard int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.shards[shard].sessions)
}

// shardOf returns the shard of a key. The number of shards never changes.
func (c *Cluster) shardOf(key []byte) int {
	shard, _ := c.place(key) // which has no error with Hash
	return int(shard)
}

// redirect returns where a server has to send calls for a shard, or nil if it answers for it.
func (c *Cluster) redirect(address string, shard int) *raftkvpb.Redirect {
	c.mu.Lock()
	defer c.mu.Unlock()
	leader := c.leaders[shard]
	if c.removed[address] || leader != "" && leader != address && !c.Forward {
		return &raftkvpb.Redirect{Shard: uint32(shard), Leader: leader, MapVersion: c.mapVersion}
	}
	return nil
}

// execute does operations on one shard at one moment.
func (c *Cluster) execute(shard int, id *raftkvpb.RequestId, operations ...*raftkvpb.Operation) []*raftkvpb.Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.IgnoreRequestIDs {
		id = nil
	}
	return c.shards[shard].execute(id, operations)
}

// topology is what Topology answers: every node holds every shard.
func (c *Cluster) topology() *raftkvpb.TopologyResponse {
	c.mu.Lock()
	defer c.mu.Unlock()
	response := &raftkvpb.TopologyResponse{MapVersion: c.mapVersion, Placement: raftkvpb.Placement_PLACEMENT_HASH, ClusterId: c.id[:]}
	var all []uint64
	for i, address := range c.addresses {
		if c.removed[address] {
			continue
		}
		response.Nodes = append(response.Nodes, &raftkvpb.Node{Id: uint64(i + 1), Address: address})
		all = append(all, uint64(i+1))
	}
	for i, leader := range c.leaders {
		number := 0 // nobody, if all answer
		if leader != "" || len(c.addresses) == 1 {
			number = slices.Index(c.addresses, cmp.Or(leader, c.addresses[0])) + 1
		}
		response.Shards = append(response.Shards, &raftkvpb.Shard{Shard: uint32(i), Replicas: all, Leader: uint64(number)})
	}
	return response
}
