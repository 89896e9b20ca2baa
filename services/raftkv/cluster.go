package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/peer"
	"numstore.example/services/raftkv/internal/server"
	"numstore.example/services/raftkv/internal/shard"
)

// clusterFlags say of which cluster a server is a node.
type clusterFlags struct {
	Node      uint64         `group:"Cluster" default:"1" placeholder:"N" help:"The number of this node in its cluster, 1 or greater (default ${default})."`
	Peers     []string       `group:"Cluster" placeholder:"N=HOST:PORT,..." help:"Nodes of the cluster, this one included, by which others reach them. New folders form a cluster when all of them are there; one that comes later says how it is taken in (kv member). From then on the nodes know themselves where the others are, and the list only has to have some of them; this node's own address in it is told to the others (default: a node alone)."`
	Shards    *int           `group:"Cluster" placeholder:"N" help:"Into how many shards keys are divided, when the cluster is formed; it stays so (default 1)."`
	Replicas  *int           `group:"Cluster" placeholder:"N" help:"How many nodes have each shard, when the cluster is formed. More than half of them must be well (default 3, or all nodes if there are fewer)."`
	Placement *string        `group:"Cluster" placeholder:"RULE" help:"How a key's shard is found, when the cluster is formed: hash, numeric (keys are integers) or ring. What is between the first { and the next } of a key counts alone, if there is something (default hash)."`
	Forward   server.Forward `group:"Cluster" default:"any" enum:"any,replica,none" placeholder:"WHICH" help:"Which calls are passed on to the node that leads their shard: any, replica (for shards that this node has), none. Others are refused with its address (default ${default})."`

	rpcserver.PeerFlags
}

const (
	defaultShards   = 1
	defaultReplicas = 3

	// handOverTime is how long a node that stops waits for others to take over what it leads.
	handOverTime = time.Second
)

// placements are the rules by their names.
var placements = map[string]raftkvpb.Placement{
	"hash": raftkvpb.Placement_PLACEMENT_HASH, "numeric": raftkvpb.Placement_PLACEMENT_NUMERIC, "ring": raftkvpb.Placement_PLACEMENT_RING,
}

// membership is a server's part in its cluster: what it was told of it, and its ways to the other nodes.
type membership struct {
	self      shard.NodeID
	addresses map[shard.NodeID]string // of all nodes; empty for a node alone
	wish      peer.Wish
	defaults  peer.Defaults
	peers     *peer.Peers
	handed    chan struct{} // closed when a node that stops leads nothing any more
}

// membership reads the flags. Nobody is spoken to before the node is open.
func (f *clusterFlags) membership(rpc *rpcserver.Server) (m *membership, err error) {
	m = &membership{self: shard.NodeID(f.Node), wish: peer.Wish{Shards: f.Shards, Replicas: f.Replicas}, handed: make(chan struct{})}
	if f.Placement != nil {
		rule, known := placements[*f.Placement]
		if !known {
			return nil, fmt.Errorf("--placement is %q; it must be hash, numeric or ring", *f.Placement)
		}
		m.wish.Placement = new(uint32(rule))
	}
	if f.Node < 1 || f.Node > shard.MaxNode {
		return nil, fmt.Errorf("--node is %d; it must be 1 to %d", f.Node, uint64(shard.MaxNode))
	}
	if len(f.Peers) > 0 {
		if m.addresses, err = peer.ParsePeers(f.Peers, m.self); err != nil {
			return nil, fmt.Errorf("--peers: %w", err)
		}
	}
	m.defaults = peer.Defaults{
		Shards: defaultShards, Replicas: min(defaultReplicas, max(len(m.addresses), 1)), Placement: uint32(raftkvpb.Placement_PLACEMENT_HASH),
	}
	config := peer.Config{Addresses: m.addresses, OnExcluded: rpc.Fail, Stopping: m.handed, Logger: rpc.Logger()}
	if m.together() {
		known, err := f.PeerFlags.Peers(rpc)
		if err != nil {
			return nil, err
		}
		config.Token, config.Credentials, config.Authorize = known.Token, known.Credentials, known.Check
	}
	m.peers = peer.New(config)
	return m, nil
}

// together says whether there are other nodes, or may be.
func (m *membership) together() bool { return len(m.addresses) > 0 }

// found founds the cluster of a node alone.
func (m *membership) found(store shard.StoreID) (shard.Cluster, error) {
	var id shard.ClusterID
	rand.Read(id[:])
	return m.form(id, []shard.Node{{ID: m.self, Store: store}})
}

// form makes the map of a new cluster.
func (m *membership) form(id shard.ClusterID, nodes []shard.Node) (shard.Cluster, error) {
	placement, shards, replicas := m.defaults.Placement, m.defaults.Shards, m.defaults.Replicas
	if m.wish.Placement != nil {
		placement = *m.wish.Placement
	}
	if m.wish.Shards != nil {
		shards = *m.wish.Shards
	}
	if m.wish.Replicas != nil {
		replicas = *m.wish.Replicas
	}
	return shard.Form(id, placement, nodes, shards, replicas)
}

// plan says to which shards the keys of a backup go, and which of those this node gets, when the cluster is formed that the
// flags describe. All nodes of it have the same plan, or do not find together (peer.Peers).
func (m *membership) plan() (plan node.Plan, err error) {
	nodes := []shard.Node{{ID: m.self}}
	for id := range m.addresses {
		if id != m.self {
			nodes = append(nodes, shard.Node{ID: id})
		}
	}
	if plan.Cluster, err = m.form(shard.ClusterID{}, nodes); err != nil {
		return plan, err
	}
	plan.Self = m.self
	plan.Place, err = server.Place(&plan.Cluster)
	return plan, err
}

// options are what a node needs to know of its cluster.
func (m *membership) options(options *node.Options) {
	options.ID = m.self
	if len(m.addresses) > 1 {
		options.Storage.Remedy = fmt.Sprintf("the other nodes have what it had: start this one with an empty folder, and then kv member replace %d --with %d=%s",
			m.self, m.self, m.addresses[m.self])
		options.Storage.RowsRemedy = fmt.Sprintf("the other nodes have these rows: kv member list shows what is damaged, and kv member rebuild %d mends it", m.self)
	}
	if m.together() {
		options.Transport, options.OnCluster = m.peers, m.peers.Changed
	} else {
		options.Found = m.found
	}
}

// agrees says in what the cluster that a folder is of contradicts the flags, with both readings. Which nodes the list of --peers
// has is no matter any more.
func (m *membership) agrees(cluster *shard.Cluster, store shard.StoreID) error {
	if cluster == nil {
		return nil
	}
	if err := m.wish.Differs(cluster); err != nil {
		return fmt.Errorf("%w; leave the flags away, or start with another folder (--data-dir)", err)
	}
	return peer.Excluded(cluster, m.self, store)
}

// serve begins to speak for a node, and to answer others.
func (m *membership) serve(rpc *rpcserver.Server, n *node.Node) {
	if !m.together() {
		return
	}
	m.peers.Start(n)
	m.peers.Register(rpc.Internal())
	go func() {
		<-rpc.Stopping()
		ctx, cancel := context.WithTimeout(context.Background(), handOverTime)
		defer cancel()
		n.HandOver(ctx)
		close(m.handed)
	}()
}

// identify asks the node at an address who it is.
func (m *membership) identify(ctx context.Context, address string) (server.Identity, error) {
	if !m.together() {
		return server.Identity{}, errors.New("this server was started without --peers, and speaks to no others")
	}
	who, err := m.peers.Identify(ctx, address)
	return server.Identity(who), err
}

// ready waits until a node is of a cluster, and then until it can serve.
func (m *membership) ready(ctx context.Context, n *node.Node) error {
	if n.Cluster() == nil {
		cluster, err := m.peers.AwaitCluster(ctx, m.wish, m.defaults)
		if err != nil {
			return err
		}
		if err := n.Join(cluster); err != nil {
			return err
		}
		m.peers.Changed()
	}
	err := n.AwaitReady(ctx)
	if excluded := peer.Excluded(n.Cluster(), m.self, n.StoreID()); excluded != nil { // as others have told it meanwhile
		return excluded
	}
	return err
}

// close ends what others are told, and then the node.
func (m *membership) close(n *node.Node) error {
	m.peers.Close()
	return n.Close()
}
