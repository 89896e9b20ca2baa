// Package peer is how the nodes of a cluster reach each other: it carries Raft's messages, states of shards, and what clients
// ask of shards that another node has, over gRPC, and finds out with whom a new node forms a cluster, or which it joins.
//
// To each other node there is one connection, made when there is something to send, with
//
//   - a stream of Raft's messages, of all shards (link.go). What is queued while one message is written leaves as
//     the next one. Bytes bound the queue; what has no room is lost, and the node is told that the other one is unreachable.
//     Heartbeats and all else that is short overtake entries, and long messages travel in pieces, so that neither a value of
//     16 MiB nor a slow link keeps them waiting.
//   - a stream of what is asked there (forward.go). What could not be sent has not happened, and is answered
//     with node.NotLeader; what was sent, and not answered, may have happened: node.ErrDeposed. A node that is silent for a few
//     seconds while something is asked of it is given up, as a process that stands still keeps its connections.
//   - a stream for each snapshot, of which one leaves and one arrives at a time, at a limited speed (snapshot.go).
//   - a short call now and then, by which both nodes get to know what either knows of the cluster (spread.go): who its nodes are, where,
//     and who the members of its shards. A node that moves is found at its new address without a restart of others.
//
// Each call says in its metadata who speaks, of which cluster, and to whom (greeting.go). What does not fit is refused, and
// both nodes log what was expected. Who may speak at all, Config.Authorize decides before that.
package peer

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"

	"go.etcd.io/raft/v3/raftpb"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// Node is what peers ask of their node. A *node.Node is one.
type Node interface {
	ID() storage.NodeID
	StoreID() shard.StoreID
	// Cluster returns the map, or nil as long as the node is of no cluster.
	Cluster() *shard.Cluster
	// Filled says with which backup the node was filled, and for which cluster, if it was, and is of none yet.
	Filled() string

	// Receive takes a message of another node. It does not wait.
	Receive(shard storage.ShardID, message *raftpb.Message)
	// Unreachable is told that messages to a node were lost. It does not wait; it may be called within Transport.Send.
	Unreachable(storage.NodeID)
	// Learn keeps what another node knows of the cluster, whatever is news of it, on disk when it returns.
	Learn(shard.Cluster) error

	// ReceiveSnapshot takes the state of a shard. It returns when the member has it on disk, or with an error.
	ReceiveSnapshot(ctx context.Context, shard storage.ShardID, message *raftpb.Message, r io.Reader) error
	// Local returns the group of a shard as this node's member answers for it.
	Local(shard storage.ShardID) node.Group
}

// Config says how peers speak to each other.
type Config struct {
	// Addresses are where other nodes are, HOST:PORT each, as far as this one was told. They are for finding a cluster, and for
	// finding a node again that is not where the map has it; else the map knows better. This node's own one is what the map gets to
	// say of it.
	Addresses map[storage.NodeID]string

	// Token is sent with each call, unless it is empty; Credentials are of the connections, nil for none.
	Token       string
	Credentials credentials.TransportCredentials

	// Authorize returns the status for a caller who may not speak as a node. Nil lets everybody.
	Authorize func(context.Context) error

	// SnapshotRate is how many bytes of states are sent, and taken, in a second. Zero means 64 MiB.
	SnapshotRate int

	// OnExcluded is told, once, when the cluster has taken this node out of it, or replaced it.
	OnExcluded func(error)

	// Stopping is closed when the server stops: then streams of others end, after what was asked on them is answered.
	Stopping <-chan struct{}

	Logger *slog.Logger

	// Dial is for tests: it connects to an address.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// defaultSnapshotRate is how fast states travel. It leaves most of a disk and of a fast network to clients.
const defaultSnapshotRate = 64 << 20

// Peers are the other nodes of the cluster, for one node, and what that serves to them. Use New, then Start with the node
// when that is open, and Close before that is closed.
type Peers struct {
	config  Config
	log     *slog.Logger
	notices links.Notices[storage.NodeID]

	leaving, arriving         chan struct{} // hold what stands for the one snapshot
	leavingRate, arrivingRate *rate.Limiter // bytes
	changed                   chan struct{} // has one token if the map may have become another
	ctx                       context.Context
	cancel                    context.CancelFunc
	running                   sync.WaitGroup

	mu    sync.Mutex
	node  Node // nil before Start
	links map[storage.NodeID]*link
	done  bool // nothing new may run
}

var (
	_ node.Transport    = (*Peers)(nil)
	_ peerpb.PeerServer = (*service)(nil)
)

// New returns peers that send nothing, and refuse all calls, until Start.
func New(config Config) *Peers {
	if config.SnapshotRate == 0 {
		config.SnapshotRate = defaultSnapshotRate
	}
	limiter := func() *rate.Limiter {
		return rate.NewLimiter(rate.Limit(config.SnapshotRate), max(config.SnapshotRate/16, snapshotChunk))
	}
	p := &Peers{
		config: config, log: config.Logger,
		leaving: make(chan struct{}, 1), arriving: make(chan struct{}, 1),
		leavingRate: limiter(), arrivingRate: limiter(),
		changed: make(chan struct{}, 1), links: make(map[storage.NodeID]*link),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Register puts the service on a server. Its calls are answered from Start on.
func (p *Peers) Register(registrar grpc.ServiceRegistrar) {
	peerpb.RegisterPeerServer(registrar, &service{Peers: p})
}

// Start begins to speak for a node, which must be open. What is sent before that is lost.
func (p *Peers) Start(node Node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.node = node
	p.running.Go(p.spread)
}

// started returns the node, or nil before Start.
func (p *Peers) started() Node {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.node
}

// Close breaks all streams to other nodes, and waits until nobody asks the node any more. Who waits for an answer gets
// one. Calls of others must have ended, as after a server has stopped. It waits for a state that is being read from a disk that
// hangs.
func (p *Peers) Close() {
	p.mu.Lock()
	p.done = true
	p.links = nil
	p.mu.Unlock()
	p.cancel()
	p.running.Wait()
}

// Send implements node.Transport.
func (p *Peers) Send(shard storage.ShardID, messages []*raftpb.Message) {
	for _, message := range messages {
		if link := p.linkTo(storage.MemberID(message.GetTo()).Node()); link != nil {
			link.send(shard, message)
		}
	}
}

// Group implements node.Transport. The groups of a node and a shard are equal.
func (p *Peers) Group(id storage.NodeID, shard storage.ShardID) node.Group {
	return remote{peers: p, node: id, shard: shard}
}

// linkTo returns the link to a node, and makes it if need be. It is nil if the node is this one, or nothing is known of it.
func (p *Peers) linkTo(id storage.NodeID) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	if link := p.links[id]; link != nil || p.done || p.node == nil || id == p.node.ID() {
		return link
	}
	address := p.addressOf(id)
	if address == "" {
		return nil
	}
	link, err := p.newLink(id, address)
	if err != nil {
		p.once(id, "the address of a node cannot be used", "node", id, "address", address, "error", err)
		return nil
	}
	p.links[id] = link
	return link
}

// addressOf returns where a node is, or "". The lock is held.
func (p *Peers) addressOf(id storage.NodeID) string {
	if cluster := p.node.Cluster(); cluster != nil {
		node, _ := cluster.Node(id)
		return node.Address
	}
	return p.config.Addresses[id]
}

// once logs a warning of a node, if that was not logged in the last minute, and says whether it has.
func (p *Peers) once(id storage.NodeID, text string, about ...any) bool {
	return p.notices.Once(p.log, id, text, about...)
}
