package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path"
	"sync"
	"testing"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"numstore.example/services/internal/logtest"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// world is some nodes and the connections between them, in memory.
type world struct {
	t *testing.T

	mu        sync.Mutex
	listeners map[string]*bufconn.Listener // by address
}

func newWorld(t *testing.T) *world {
	return &world{t: t, listeners: make(map[string]*bufconn.Listener)}
}

func addressOfNode(id storage.NodeID) string { return fmt.Sprintf("n%d:6000", id) }

func (w *world) dial(ctx context.Context, address string) (net.Conn, error) {
	w.mu.Lock()
	listener := w.listeners[address]
	w.mu.Unlock()
	if listener == nil {
		return nil, errors.New("nobody listens")
	}
	return listener.DialContext(ctx)
}

// member is a node of the world: a fake one, its peers, and the server that serves them.
type member struct {
	*fake
	world   *world
	address string
	peers   *Peers
	server  *grpc.Server
	log     *logtest.Buffer

	endingsMu sync.Mutex
	endings   map[string]codes.Code // with which status the last stream of each method has ended here
}

// ended notes how a stream of another node ends.
func (m *member) ended(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	err := handle(service, stream)
	s, ok := status.FromError(err)
	if !ok {
		s = status.FromContextError(err) // as gRPC does
	}
	m.endingsMu.Lock()
	defer m.endingsMu.Unlock()
	m.endings[path.Base(info.FullMethod)] = s.Code()
	return err
}

// clusterOf is a map of some nodes with one shard on all of them.
func clusterOf(t *testing.T, ids ...storage.NodeID) *shard.Cluster {
	t.Helper()
	var nodes []shard.Node
	for _, id := range ids {
		nodes = append(nodes, shard.Node{ID: id, Store: storeOf(id), Address: addressOfNode(id)})
	}
	cluster, err := shard.Form(shard.ClusterID{7}, 1, nodes, 1, len(nodes))
	if err != nil {
		t.Fatal(err)
	}
	return &cluster
}

func storeOf(id storage.NodeID) shard.StoreID { return shard.StoreID{byte(id)} }

// serverMessage is the longest message that the servers of these tests take: what rpcserver's least limit allows.
const serverMessage = 2 << 20

// join starts a node in the world. Change, if not nil, changes its configuration.
func (w *world) join(id storage.NodeID, cluster *shard.Cluster, change func(*Config)) *member {
	return w.joinAs(newFake(id), cluster, change)
}

// joinAs is join for a node whose store is not the one that storeOf tells.
func (w *world) joinAs(f *fake, cluster *shard.Cluster, change func(*Config)) *member {
	m := &member{fake: f, world: w, address: addressOfNode(f.id), log: new(logtest.Buffer), endings: make(map[string]codes.Code)}
	m.fake.setCluster(cluster)
	config := Config{Logger: slog.New(slog.NewTextHandler(m.log, nil)), Dial: w.dial, OnExcluded: func(error) {}, Stopping: make(chan struct{})}
	if change != nil {
		change(&config)
	}
	if own := config.Addresses[f.id]; own != "" {
		m.address = own
	}
	m.peers = New(config)
	m.fake.changed = m.peers.Changed
	m.serve()
	m.peers.Start(m.fake)
	return m
}

// serve serves the node's peers at its address.
func (m *member) serve() {
	m.server = grpc.NewServer(grpc.MaxRecvMsgSize(serverMessage), grpc.WaitForHandlers(true), grpc.StreamInterceptor(m.ended),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true})) // as rpcserver's
	m.peers.Register(m.server)
	listener := bufconn.Listen(1 << 20)
	m.world.mu.Lock()
	m.world.listeners[m.address] = listener
	m.world.mu.Unlock()
	go m.server.Serve(listener)
}

// crash breaks all connections to the node, and lets none in.
func (m *member) crash() {
	m.world.mu.Lock()
	delete(m.world.listeners, m.address)
	m.world.mu.Unlock()
	m.server.Stop()
}

// end ends nodes, first what each asks of others.
func end(members ...*member) {
	for _, m := range members {
		m.peers.Close()
	}
	for _, m := range members {
		m.server.Stop()
	}
}

// fake is a node that notes what comes.
type fake struct {
	id          storage.NodeID
	store       shard.StoreID
	filled      string
	received    chan arrival
	unreachable chan storage.NodeID
	snapshots   func(ctx context.Context, r io.Reader) error
	changed     func()

	mu      sync.Mutex
	cluster *shard.Cluster
	learned int // how often there was news
	groups  map[storage.ShardID]node.Group
}

type arrival struct {
	shard   storage.ShardID
	message *raftpb.Message
}

func newFake(id storage.NodeID) *fake {
	return &fake{
		id: id, store: storeOf(id), received: make(chan arrival, 1<<16), unreachable: make(chan storage.NodeID, 1<<16),
		groups: make(map[storage.ShardID]node.Group),
	}
}

func (f *fake) ID() storage.NodeID     { return f.id }
func (f *fake) StoreID() shard.StoreID { return f.store }
func (f *fake) Filled() string         { return f.filled }

func (f *fake) Cluster() *shard.Cluster {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cluster
}

func (f *fake) setCluster(cluster *shard.Cluster) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cluster = cluster
}

// Learn keeps what is news, as a node does.
func (f *fake) Learn(other shard.Cluster) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if merged, news := f.cluster.Merge(other); news {
		f.cluster = &merged
		f.learned++
		f.changed()
	}
	return nil
}

// is says whether the node knows the same as another map.
func (f *fake) is(other shard.Cluster) bool { return f.Cluster().Digest() == other.Digest() }

func (f *fake) setGroup(shard storage.ShardID, group node.Group) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.groups[shard] = group
}

func (f *fake) Receive(shard storage.ShardID, message *raftpb.Message) {
	f.received <- arrival{shard, message}
}
func (f *fake) Unreachable(id storage.NodeID) { f.unreachable <- id }

func (f *fake) ReceiveSnapshot(ctx context.Context, _ storage.ShardID, _ *raftpb.Message, r io.Reader) error {
	return f.snapshots(ctx, r)
}

func (f *fake) Local(shard storage.ShardID) node.Group {
	f.mu.Lock()
	defer f.mu.Unlock()
	if group := f.groups[shard]; group != nil {
		return group
	}
	return group{}
}

// group is a group that answers as its functions do, or not at all.
type group struct {
	node.Group
	propose func(*node.Proposal)
	getAll  func(ctx context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error
	scan    func(tell func([]byte, kv.Record) (bool, error)) error
	failed  chan struct{}
}

func (g group) Propose(p *node.Proposal) {
	if g.propose == nil {
		p.Done(nil, &node.NotLeader{})
		return
	}
	g.propose(p)
}

func (g group) GetAll(ctx context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error {
	if g.getAll == nil {
		return &node.NotLeader{}
	}
	return g.getAll(ctx, keys, tell)
}

func (g group) Scan(_ context.Context, _ node.Range, _ bool, tell func([]byte, kv.Record) (bool, error)) error {
	return g.scan(tell)
}

func (g group) Backup(_ context.Context, _ shard.BackupID, w io.Writer) error {
	return g.scan(func(b []byte, _ kv.Record) (bool, error) {
		_, err := w.Write(b)
		return err == nil, err
	})
}

func (g group) Failed() <-chan struct{} { return g.failed }
func (g group) Failure() error          { return node.ErrFailed }

// message makes a message between the first members of two nodes.
func message(kind raftpb.MessageType, from, to storage.NodeID, index uint64, data int) *raftpb.Message {
	m := &raftpb.Message{Type: kind.Enum(), From: new(uint64(from)), To: new(uint64(to)), Index: new(index)}
	if data > 0 {
		m.Entries = []*raftpb.Entry{{Index: new(index), Data: bytes.Repeat([]byte{byte(index)}, data)}}
	}
	return m
}
