package page

import (
	"context"
	"errors"
	"sync"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkvpb"
)

// Source is whom a page asks. Its methods may be called by several goroutines. One that does not return when its context
// ends is left alone; nothing else is asked of that node until it has.
type Source interface {
	// Topology returns the map of the cluster, as this node knows it.
	Topology(ctx context.Context) (*raftkvpb.TopologyResponse, error)

	// Stat asks a node of that map what it knows of itself. Of errors, those with the codes UNAVAILABLE and
	// DEADLINE_EXCEEDED say that the node does not answer; with others it is not known how the node is.
	Stat(ctx context.Context, node *raftkvpb.Node) (*raftkvpb.StatResponse, error)
}

// Contract is a Source that asks a node's own service in this process, and those of others by the contract.
type Contract struct {
	self uint64
	dial func(address string) (*grpc.ClientConn, error)

	inProcess sync.RWMutex // held for reading while the own service is asked
	local     raftkvpb.RaftKVServer

	mu    sync.Mutex
	conns map[uint64]dialled // by the numbers of nodes; nil once it is closed
}

var errClosed = errors.New("this node is stopping")

type dialled struct {
	address string
	*grpc.ClientConn
}

// NewContract returns the source of a node, self, whose service is local. Dial connects to another node's address, with
// what it takes to be let in; the connection belongs to the source.
func NewContract(self uint64, local raftkvpb.RaftKVServer, dial func(address string) (*grpc.ClientConn, error)) *Contract {
	return &Contract{self: self, local: local, dial: dial, conns: make(map[uint64]dialled)}
}

// Topology implements Source.
func (c *Contract) Topology(ctx context.Context) (*raftkvpb.TopologyResponse, error) {
	c.inProcess.RLock()
	defer c.inProcess.RUnlock()
	if c.local == nil {
		return nil, errClosed
	}
	return c.local.Topology(ctx, &raftkvpb.TopologyRequest{})
}

// Stat implements Source.
func (c *Contract) Stat(ctx context.Context, node *raftkvpb.Node) (*raftkvpb.StatResponse, error) {
	if node.GetId() == c.self {
		c.inProcess.RLock()
		defer c.inProcess.RUnlock()
		if c.local == nil {
			return nil, errClosed
		}
		return c.local.Stat(ctx, &raftkvpb.StatRequest{})
	}
	conn, err := c.connect(node)
	if err != nil {
		return nil, err
	}
	return raftkvpb.NewRaftKVClient(conn).Stat(ctx, &raftkvpb.StatRequest{})
}

// connect returns the connection to a node, which is made anew when the node has another address.
func (c *Contract) connect(node *raftkvpb.Node) (*grpc.ClientConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.conns[node.GetId()]
	if ok && known.address == node.GetAddress() {
		return known.ClientConn, nil
	}
	if ok {
		known.Close()
		delete(c.conns, node.GetId())
	}
	if c.conns == nil {
		return nil, errClosed
	}
	conn, err := c.dial(node.GetAddress())
	if err != nil {
		return nil, err
	}
	c.conns[node.GetId()] = dialled{node.GetAddress(), conn}
	return conn, nil
}

// Close ends the connections. Nobody is asked any more, nor being asked: what the own service needs may be closed then.
func (c *Contract) Close() {
	c.inProcess.Lock()
	c.local = nil
	c.inProcess.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Close()
	}
	c.conns = nil
}
