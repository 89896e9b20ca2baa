package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"numstore.example/contracts/reason"
	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// Identity is who a node says it is.
type Identity struct {
	Node    storage.NodeID
	Store   shard.StoreID
	Cluster *shard.Cluster // nil if it is of none
}

// Identify asks the node at an address who it is.
func (p *Peers) Identify(ctx context.Context, address string) (Identity, error) {
	answer := p.describeAt(ctx, address)
	return Identity{answer.node, answer.store, answer.cluster}, answer.err
}

// describeAll asks nodes who they are, all at the same time.
func (p *Peers) describeAll(ctx context.Context, ids []storage.NodeID, addresses map[storage.NodeID]string) map[storage.NodeID]described {
	var mu sync.Mutex
	var asking sync.WaitGroup
	answers := make(map[storage.NodeID]described, len(ids))
	for _, id := range ids {
		asking.Go(func() {
			answer := p.describeAt(ctx, addresses[id])
			mu.Lock()
			defer mu.Unlock()
			answers[id] = answer
		})
	}
	asking.Wait()
	return answers
}

// describeAt asks the node at an address who it is, on a connection of its own. That of a link remembers for a while that the node was
// not there: a node that has just waited for it would log so, although it is.
func (p *Peers) describeAt(ctx context.Context, address string) described {
	conn, err := p.dial(address)
	if err != nil {
		return described{err: err}
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, links.ConnectTimeout)
	defer cancel()
	return p.describe(ctx, peerpb.NewPeerClient(conn))
}

// asking says who this node is, to a node that is asked the same.
func (p *Peers) asking() *peerpb.DescribeRequest {
	node := p.started()
	store := node.StoreID()
	request := &peerpb.DescribeRequest{Node: uint64(node.ID()), Store: store[:]}
	if cluster := node.Cluster(); cluster != nil {
		request.Cluster = cluster.ID[:]
	}
	return request
}

// strange says what does not fit of a node that asks who this one is, which is of a cluster; nil if it may be one of that. There is no
// greeting before a node has found its cluster: without this, only its own log would tell what it waits for. One that
// says that it is of the cluster may have taken its number's place without this node having heard of it.
func strange(asks *peerpb.DescribeRequest, cluster *shard.Cluster) error {
	id, store, its := storage.NodeID(asks.GetNode()), shard.StoreID{}, asks.GetCluster()
	if id == 0 || len(asks.GetStore()) != len(store) {
		return nil // an older program does not say who it is
	}
	store = shard.StoreID(asks.GetStore())
	if len(its) == len(cluster.ID) && shard.ClusterID(its) != cluster.ID {
		return fmt.Errorf("node %d, with the store %v, is of the cluster %v; this node is of the cluster %v: give each of them the addresses of its own cluster (--peers)",
			id, store, shard.ClusterID(its), cluster.ID)
	}
	if err := Excluded(cluster, id, store); err != nil {
		return err
	}
	if known, ok := cluster.Node(id); ok && known.Store != store && len(its) == 0 {
		return otherStore(cluster, known, store)
	}
	return nil
}

// describe asks who is at the other end of a connection.
func (p *Peers) describe(ctx context.Context, client peerpb.PeerClient) described {
	response, err := client.Describe(p.identified(ctx), p.asking())
	if err != nil {
		return described{err: errors.New(reason.Of(err))}
	}
	answer := described{node: storage.NodeID(response.GetNode()), version: max(response.GetVersion(), 1)}
	if len(response.GetStore()) != len(answer.store) {
		return described{err: fmt.Errorf("its store has an id of %d bytes", len(response.GetStore()))}
	}
	answer.store, answer.filled = shard.StoreID(response.GetStore()), response.GetFilled()
	for _, peer := range response.GetPeers() {
		answer.peers = append(answer.peers, storage.NodeID(peer))
	}
	if len(response.GetCluster()) > 0 {
		cluster, err := shard.DecodeCluster(response.GetCluster())
		if err == nil && len(cluster.Shards) == 0 {
			err = errors.New("the map of the cluster has no shard")
		}
		if err != nil {
			return described{err: err}
		}
		answer.cluster = &cluster
	}
	return answer
}
