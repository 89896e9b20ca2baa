package peer

import (
	"cmp"
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

const (
	// version is what this program knows of the protocol.
	version = versionCompare

	greetingHeader = "raftkv-greeting-bin"

	// notFormed is the code of calls between nodes one of which is of no cluster yet. That passes: of the nodes that form one, the
	// founder is the first that knows it.
	notFormed = codes.Aborted
)

// greeting is a peerpb.Greeting with the types of this program.
type greeting struct {
	version  uint32
	cluster  shard.ClusterID
	from, to storage.NodeID
	store    shard.StoreID
}

func (g greeting) encode() []byte {
	b, err := proto.Marshal(&peerpb.Greeting{Version: g.version, Cluster: g.cluster[:], From: uint64(g.from), Store: g.store[:], To: uint64(g.to)})
	if err != nil {
		panic(err) // the types can be encoded
	}
	return b
}

func decodeGreeting(b []byte) (g greeting, err error) {
	var decoded peerpb.Greeting
	if err := proto.Unmarshal(b, &decoded); err != nil {
		return g, fmt.Errorf("the greeting cannot be read: %w", err)
	}
	if len(decoded.GetCluster()) != len(g.cluster) || len(decoded.GetStore()) != len(g.store) {
		return g, fmt.Errorf("the greeting has ids of %d and %d bytes; they must have %d", len(decoded.GetCluster()), len(decoded.GetStore()), len(g.store))
	}
	if decoded.GetVersion() == 0 {
		return g, fmt.Errorf("the greeting has no version")
	}
	return greeting{
		version: decoded.GetVersion(),
		cluster: shard.ClusterID(decoded.GetCluster()), store: shard.StoreID(decoded.GetStore()),
		from: storage.NodeID(decoded.GetFrom()), to: storage.NodeID(decoded.GetTo()),
	}, nil
}

// check says what does not fit, to a node of a cluster: what was expected, what came, and what to do.
func (g greeting) check(self storage.NodeID, cluster *shard.Cluster) error {
	if err := g.checkCluster(self, cluster); err != nil {
		return err
	}
	if err := Excluded(cluster, g.from, g.store); err != nil {
		return err
	}
	switch known, ok := cluster.Node(g.from); {
	case !ok:
		return fmt.Errorf("node %d is not known here: the cluster %v has the nodes %v; to add it: %s", g.from, cluster.ID, numbersOf(cluster), howToTakeIn(cluster, g.from, ""))
	case g.store != known.Store:
		return otherStore(cluster, known, g.store)
	}
	return nil
}

// otherStore says that a node has another store than the one that the cluster knows, and what to do.
func otherStore(cluster *shard.Cluster, known shard.Node, store shard.StoreID) error {
	return fmt.Errorf("node %d has the store %v; the cluster knows node %d with the store %v; start it with that one, or, if that is lost, have it replaced: %s",
		known.ID, store, known.ID, known.Store, howToTakeIn(cluster, known.ID, ""))
}

// checkCluster says what does not fit of all that does not depend on how much this node knows of the other one.
func (g greeting) checkCluster(self storage.NodeID, cluster *shard.Cluster) error {
	switch {
	case g.cluster != cluster.ID:
		return fmt.Errorf("node %d is of the cluster %v; this node, %d, is of the cluster %v", g.from, g.cluster, self, cluster.ID)
	case g.to != self:
		return fmt.Errorf("node %d wants to speak to node %d; this is node %d: an address in --peers, or in the map of the cluster, is another node's", g.from, g.to, self)
	case g.from == self:
		return fmt.Errorf("who speaks has the number of this node, %d, and the store %v", self, g.store)
	}
	return nil
}

func numbersOf(cluster *shard.Cluster) (numbers []storage.NodeID) {
	for _, node := range cluster.Nodes {
		if !node.Gone {
			numbers = append(numbers, node.ID)
		}
	}
	return numbers
}

// howToTakeIn says how a node with a new folder comes into a cluster: in the place of its own number's former store, or as a node more. Without
// an address, it is left to the reader.
func howToTakeIn(cluster *shard.Cluster, id storage.NodeID, address string) string {
	where := fmt.Sprintf("%d=%s", id, cmp.Or(address, "HOST:PORT"))
	if _, known := cluster.Node(id); known {
		return fmt.Sprintf("kv member replace %d --with %s", id, where)
	}
	return fmt.Sprintf("kv member add %s, or kv member replace OLD --with %s", where, where)
}

// greet returns a context for calls to a node: with the token, and the greeting. It fails when there is no cluster yet.
func (p *Peers) greet(ctx context.Context, to storage.NodeID) (context.Context, error) {
	node := p.started()
	cluster := node.Cluster()
	if cluster == nil {
		return nil, status.Errorf(notFormed, "node %d is of no cluster yet", node.ID())
	}
	g := greeting{version: version, cluster: cluster.ID, from: node.ID(), store: node.StoreID(), to: to}
	return metadata.AppendToOutgoingContext(p.identified(ctx), greetingHeader, string(g.encode())), nil
}

// identified returns a context for calls with the token.
func (p *Peers) identified(ctx context.Context) context.Context {
	return links.WithToken(ctx, p.config.Token)
}

// welcome is what each call of another node passes before anything is done for it. It returns this node and the number of
// the other one, or the status for who may not speak or does not fit.
func (p *Peers) welcome(ctx context.Context) (Node, storage.NodeID, error) {
	node, g, err := p.greeted(ctx, greeting.check)
	return node, g.from, err
}

// greeted returns this node and the greeting of a call, or the status for who may not speak or does not fit.
func (p *Peers) greeted(ctx context.Context, check func(greeting, storage.NodeID, *shard.Cluster) error) (_ Node, g greeting, err error) {
	node, err := p.authorize(ctx)
	if err != nil {
		return nil, g, err
	}
	cluster := node.Cluster()
	if cluster == nil {
		return nil, g, status.Errorf(notFormed, "node %d is of no cluster yet", node.ID())
	}
	values := metadata.ValueFromIncomingContext(ctx, greetingHeader)
	if len(values) != 1 {
		return nil, g, status.Errorf(codes.FailedPrecondition, "the call has %d greetings (%s); it must have one", len(values), greetingHeader)
	}
	if g, err = decodeGreeting([]byte(values[0])); err == nil {
		err = check(g, node.ID(), cluster)
	}
	if err != nil {
		p.warnOf(ctx, cluster, g.from, err)
		return nil, g, status.Errorf(codes.FailedPrecondition, "refused by node %d: %v", node.ID(), err)
	}
	return node, g, nil
}

// warnOf logs why a node that calls is none of the cluster.
func (p *Peers) warnOf(ctx context.Context, cluster *shard.Cluster, who storage.NodeID, why error) {
	if _, known := cluster.Node(who); !known {
		who = 0 // strangers share one line
	}
	p.once(who, "refused a node", "reason", why, "peer", links.Caller(ctx))
}

// authorize returns this node, or the status for who may not speak.
func (p *Peers) authorize(ctx context.Context) (Node, error) {
	if p.config.Authorize != nil {
		if err := p.config.Authorize(ctx); err != nil {
			p.once(0, "refused a caller who may not speak as a node", "reason", status.Convert(err).Message(), "peer", links.Caller(ctx))
			return nil, err
		}
	}
	node := p.started()
	if node == nil {
		return nil, status.Error(codes.Unavailable, "this node has not opened its store yet")
	}
	return node, nil
}
