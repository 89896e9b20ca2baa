package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
)

// How what is known of the cluster gets around: each node compares it with each other one at its start, whenever its own
// map has become another, when the other one is there again, and now and then. Both take what they lack.

const (
	// versionCompare is the first version of the protocol that has Compare.
	versionCompare = 2
	// compareInterval is how often two nodes compare what they know without a reason.
	compareInterval = 30 * time.Second
	// firstCompare is how long after the start of a node that is: nodes are often started together, and one that does not listen yet
	// would only be asked again later.
	firstCompare = 200 * time.Millisecond
	// comparePause is how long it takes at least until the next time; leastRetry is the same after one that has failed, at first.
	comparePause, leastRetry = 100 * time.Millisecond, time.Second
	// compareTimeout is how long a comparison may take.
	compareTimeout = 5 * time.Second
)

// Changed is told that the node's map has become another. It does not wait.
func (p *Peers) Changed() { tell(p.changed) }

func tell(some chan struct{}) {
	select {
	case some <- struct{}{}:
	default:
	}
}

// spread sees that others get to know what this node knows, and that links lead where nodes are, until the peers are closed.
func (p *Peers) spread() {
	claimed, excluded := false, false
	for links.Sleep(p.ctx, firstCompare); p.ctx.Err() == nil; {
		if cluster := p.started().Cluster(); cluster != nil {
			if !claimed {
				p.claim(cluster)
				claimed = true
			}
			if err := Excluded(cluster, p.started().ID(), p.started().StoreID()); err != nil && !excluded {
				excluded = true
				p.config.OnExcluded(err)
			}
			p.renew()
			p.compareAll(cluster)
		}
		select {
		case <-p.changed:
		case <-time.After(compareInterval/2 + rand.N(compareInterval)):
		case <-p.ctx.Done():
		}
	}
}

// claim has the map say where this node is, if that is elsewhere now. Each start may tell another address.
func (p *Peers) claim(cluster *shard.Cluster) {
	node := p.started()
	row, known := cluster.Node(node.ID())
	address := p.config.Addresses[node.ID()]
	if !known || row.Store != node.StoreID() || address == "" || address == row.Address {
		return
	}
	p.log.Info("this node is at another address than before, and tells the others", "before", row.Address, "now", address)
	p.learn(cluster.With(row.Moved(address)))
}

// renew gives up the links to nodes that are elsewhere now, or gone.
func (p *Peers) renew() {
	p.mu.Lock()
	var moved []*link
	for id, link := range p.links {
		if address := p.addressOf(id); address != link.address {
			moved = append(moved, link)
			delete(p.links, id)
		}
	}
	p.mu.Unlock()
	for _, link := range moved {
		link.cancel()
		p.started().Unreachable(link.id) // what was queued is lost
	}
}

func (p *Peers) compareAll(cluster *shard.Cluster) {
	for _, node := range cluster.Nodes {
		if node.Gone {
			continue
		}
		if link := p.linkTo(node.ID); link != nil {
			tell(link.comparing)
		}
	}
}

// learn keeps what another node knows of this one's cluster, if it is news.
func (p *Peers) learn(other shard.Cluster) {
	node := p.started()
	own := node.Cluster()
	if own == nil || own.ID != other.ID {
		return
	}
	if _, news := own.Merge(other); !news {
		return
	}
	if err := node.Learn(other); err != nil {
		p.log.Error("what is new of the cluster could not be kept", "error", err)
	}
}

// compareAlways compares what is known with the other node, whenever there is a reason.
func (l *link) compareAlways(ctx context.Context) {
	retry := leastRetry
	for {
		select {
		case <-l.comparing:
		case <-l.back:
			retry = leastRetry
		case <-ctx.Done():
			return
		}
		pause := comparePause
		if err := l.compare(ctx); err == nil {
			retry = leastRetry
			l.taken()
		} else if ctx.Err() == nil {
			l.version = 0           // it may come back as another version of the program
			if retry > leastRetry { // a node that starts a moment later is no news
				l.refused(err)
			}
			l.seek(ctx)
			tell(l.comparing)
			pause, retry = retry, min(2*retry, compareInterval)
		}
		if !l.pause(ctx, pause) {
			return
		}
	}
}

// pause waits until the next comparison may come, and returns false when the context has ended. It is cut short when the other node
// has taken a stream or asks itself: if it was away, it is there again.
func (l *link) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.back:
		tell(l.back)
		return links.Sleep(ctx, comparePause)
	case <-ctx.Done():
		return false
	}
}

// compare asks the other node for what it knows and this one does not.
func (l *link) compare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, compareTimeout)
	defer cancel()
	if l.version < versionCompare { // or not known
		answer := l.peers.describe(ctx, l.client)
		switch {
		case answer.err != nil:
			return answer.err
		case answer.node != l.id:
			return fmt.Errorf("there is node %d", answer.node)
		case answer.cluster == nil:
			return nil // it finds the cluster by itself
		}
		if l.version = min(answer.version, version); l.version < versionCompare {
			l.peers.learn(*answer.cluster)
			return nil
		}
	}
	own := l.peers.started().Cluster()
	digest := own.Digest()
	greeted, err := l.peers.greet(ctx, l.id)
	if err != nil {
		return err
	}
	response, err := l.client.Compare(greeted, &peerpb.CompareRequest{Digest: digest[:], Self: l.peers.self(own)})
	if err != nil || len(response.GetCluster()) == 0 {
		return err
	}
	other, err := shard.DecodeCluster(response.GetCluster())
	if err != nil {
		return err
	}
	l.peers.learn(other)
	return nil
}

// seek looks for a node that does not answer where --peers has it, if that is elsewhere: of nodes that have moved while
// none of them ran, none could tell another.
func (l *link) seek(ctx context.Context) {
	listed := l.peers.config.Addresses[l.id]
	if listed == "" || listed == l.address {
		return
	}
	if who, err := l.peers.Identify(ctx, listed); err == nil && who.Node == l.id && who.Cluster != nil {
		l.peers.learn(*who.Cluster)
	}
}

// self is what this node tells of itself.
func (p *Peers) self(cluster *shard.Cluster) []byte {
	node := p.started()
	row, _ := cluster.Row(node.ID())
	if row.Store != node.StoreID() {
		row = shard.Node{ID: node.ID(), Store: node.StoreID()}
	}
	encoded, err := json.Marshal(row)
	if err != nil {
		panic(err) // the type can be encoded
	}
	return encoded
}

// Compare implements the protocol.
func (s *service) Compare(ctx context.Context, request *peerpb.CompareRequest) (*peerpb.CompareResponse, error) {
	node, g, err := s.greeted(ctx, greeting.checkCluster)
	if err != nil {
		return nil, err
	}
	var row shard.Node
	if err := json.Unmarshal(request.GetSelf(), &row); err != nil || row.ID != g.from || row.Store != g.store {
		return nil, status.Errorf(codes.InvalidArgument, "node %d, of the store %v, says of itself %q", g.from, g.store, request.GetSelf())
	}
	s.learn(node.Cluster().With(row)) // nothing of one that was replaced: its row is older
	cluster := node.Cluster()
	if digest := cluster.Digest(); bytes.Equal(digest[:], request.GetDigest()) {
		return new(peerpb.CompareResponse), nil
	}
	if link := s.linkTo(g.from); link != nil {
		tell(link.back)
	}
	return &peerpb.CompareResponse{Cluster: cluster.Encode()}, nil
}
