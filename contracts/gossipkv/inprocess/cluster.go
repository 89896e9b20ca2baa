// Package inprocess has servers of gossipkv's contract that live in the process that calls them: for tests of the Session, and for
// yours.
//
// A Cluster is servers, each with its data in memory, and the links between them. It keeps the contract's promises: versions, what a session is told,
// tombstones and their end, limits, the administrative calls. Servers that can reach each other have the same data at every moment: a write is everywhere
// where it can get before it is answered. A test that wants a server to be behind cuts the network between any two
// (Cut, Heal), or stops it, and starts it again. It then still has what it had; nothing survives the process.
//
// Connections are made without a network, so that all of it works in a bubble of testing/synctest. Who wants one has
// gRPC listen, and uses Register.
package inprocess

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/test/bufconn"
)

// Cluster is servers and their links. Its methods may be called from any number of goroutines.
type Cluster struct {
	// IgnoreSeen has Gets answered as if the session had seen nothing, and IgnoreTime has writes taken so. With these a test
	// can show that it would see that.
	IgnoreSeen, IgnoreTime bool

	mu        sync.Mutex
	servers   map[uint32]*Server
	links     map[pair]bool // between which servers there shall be a link
	cuts      map[pair]bool // between which servers nothing gets through
	forgotten map[uint32]bool
	listeners map[string]*bufconn.Listener // of those that run, by address
}

// pair is two servers, the smaller number first.
type pair struct{ a, b uint32 }

func between(a, b uint32) pair { return pair{min(a, b), max(a, b)} }

// NewCluster returns a cluster without servers.
func NewCluster() *Cluster {
	return &Cluster{servers: make(map[uint32]*Server), links: make(map[pair]bool), cuts: make(map[pair]bool),
		forgotten: make(map[uint32]bool), listeners: make(map[string]*bufconn.Listener)}
}

// Add makes a server with a number, which has no data and no link, and has it run under an address, "host:port", that clients reach by DialContext
// alone. The caller stops all servers before a bubble of synctest ends.
func (c *Cluster) Add(number uint32, address string) *Server {
	s := c.add(number, address)
	s.Start()
	return s
}

// Register makes a server as Add does, and gives it to a gRPC server of the caller's, which alone can stop it. The address is for
// other servers to Connect to.
func (c *Cluster) Register(registrar grpc.ServiceRegistrar, number uint32, address string) *Server {
	s := c.add(number, address)
	s.running = true
	s.register(registrar)
	return s
}

func (c *Cluster) add(number uint32, address string) *Server {
	s := &Server{cluster: c, number: number, address: address, start: time.Now(), store: newStore(number)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if number == 0 || c.servers[number] != nil {
		panic(fmt.Sprintf("there is a server %d already, or it is 0", number))
	}
	c.servers[number] = s
	return s
}

// Start has a server run that was stopped. It is linked to the same servers as before.
func (s *Server) Start() {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second}))
	s.register(server)
	served := new(sync.WaitGroup)
	served.Go(func() { server.Serve(listener) })

	c := s.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.running {
		panic(fmt.Sprintf("the server %d runs already", s.number))
	}
	c.listeners[s.address] = listener
	s.running, s.server, s.served = true, server, served
	c.meet()
}

// Stop ends a server as kill -9 does: calls in flight fail. Its data stay. To stop one again does nothing.
func (s *Server) Stop() { s.end((*grpc.Server).Stop) }

func (s *Server) end(stop func(*grpc.Server)) {
	c := s.cluster
	c.mu.Lock()
	server, served := s.server, s.served
	if server != nil {
		s.running, s.server, s.served = false, nil, nil
		delete(c.listeners, s.address)
	}
	c.mu.Unlock()
	if server != nil {
		stop(server)
		served.Wait()
	}
}

// Stop ends all servers that Add has made.
func (c *Cluster) Stop() {
	c.mu.Lock()
	all := slices.Collect(maps.Values(c.servers))
	c.mu.Unlock()
	for _, s := range all {
		s.Stop()
	}
}

// DialContext connects with the server that runs under an address: for grpc.WithContextDialer.
func (c *Cluster) DialContext(ctx context.Context, address string) (net.Conn, error) {
	c.mu.Lock()
	listener := c.listeners[address]
	c.mu.Unlock()
	if listener == nil {
		return nil, &net.OpError{Op: "dial", Err: fmt.Errorf("no server runs under %s", address)}
	}
	return listener.DialContext(ctx)
}

// Connect links two servers, as the call of that name does, whether they run or not.
func (c *Cluster) Connect(a, b uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.links[between(a, b)] = true
	c.meet()
}

// Disconnect ends the link of two servers.
func (c *Cluster) Disconnect(a, b uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.links, between(a, b))
}

// Cut has nothing get through between two servers, linked or not, until Heal.
func (c *Cluster) Cut(a, b uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts[between(a, b)] = true
}

// Heal ends a Cut.
func (c *Cluster) Heal(a, b uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.cuts, between(a, b))
	c.meet()
}

// up says whether messages get through between two servers that are linked. mu is held.
func (c *Cluster) up(p pair) bool {
	a, b := c.servers[p.a], c.servers[p.b]
	return c.links[p] && !c.cuts[p] && a != nil && b != nil && a.running && b.running && !c.forgotten[p.a] && !c.forgotten[p.b]
}

// reach returns the servers that one can reach, itself first. mu is held.
func (c *Cluster) reach(from *Server) []*Server {
	reached := []*Server{from}
	for i := 0; i < len(reached); i++ {
		for number, s := range c.servers {
			if c.up(between(reached[i].number, number)) && !slices.Contains(reached, s) {
				reached = append(reached, s)
			}
		}
	}
	return reached
}

// meet has all servers that can reach each other have the same data. mu is held.
func (c *Cluster) meet() {
	for p := range c.links {
		if !c.up(p) {
			continue
		}
		reached := c.reach(c.servers[p.a])
		for _, s := range reached[1:] {
			reached[0].store.join(s.store)
		}
		for _, s := range reached[1:] {
			s.store.join(reached[0].store)
		}
	}
	c.collect()
}

// collect drops tombstones that all servers know of. mu is held.
func (c *Cluster) collect() {
	for _, holder := range c.servers {
		for key, e := range holder.store.entries {
			if e.deleted && c.allKnow(e.version) {
				delete(holder.store.entries, key)
			}
		}
	}
}

func (c *Cluster) allKnow(v version) bool {
	for number, s := range c.servers {
		if !c.forgotten[number] && !s.store.covers(v) {
			return false
		}
	}
	return true
}

// spread has all servers that one can reach take its newest write. mu is held.
func (c *Cluster) spread(from *Server, key string, e entry) {
	for _, s := range c.reach(from)[1:] {
		s.store.merge(key, e)
		s.store.known[e.version.origin] = e.version.time
	}
	if e.deleted {
		c.collect()
	}
}

func random() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}
