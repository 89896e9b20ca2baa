package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/status"

	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

const (
	// leastAsking and mostAsking are how long one waits before the others are asked again, a little longer each time.
	leastAsking, mostAsking = 300 * time.Millisecond, time.Second
	// waitingNotice is how often it is logged who is waited for.
	waitingNotice = 5 * time.Second
)

// AwaitCluster returns the map of the cluster that this node is of, which was started and is of none yet: it waits for the other
// nodes of Config.Addresses, and either joins the cluster that one of them tells of, or founds one. The caller keeps the map on disk
// before anybody else gets to know it: from when Node.Cluster returns it, this node tells it. An error is the context's, or
// says why these nodes cannot be a cluster.
func (p *Peers) AwaitCluster(ctx context.Context, wish Wish, defaults Defaults) (shard.Cluster, error) {
	node := p.started()
	f := &forming{self: node.ID(), store: node.StoreID(), addresses: p.config.Addresses, wish: wish}
	if f.addresses[f.self] == "" {
		return shard.Cluster{}, fmt.Errorf("no address of this node, %d, is known", f.self)
	}
	if _, err := f.found(nil, defaults); err != nil {
		return shard.Cluster{}, err // whatever the others say
	}
	noticed := time.Now()
	for pause := leastAsking; ; pause = min(pause*5/4, mostAsking) {
		answers := p.describeAll(ctx, f.others())
		decision := f.decide(answers)
		switch {
		case ctx.Err() != nil:
			return shard.Cluster{}, ctx.Err()
		case decision.refused != nil:
			return shard.Cluster{}, decision.refused
		case decision.join != nil:
			return *decision.join, nil
		case len(decision.waits) == 0:
			return f.found(answers, defaults)
		}
		if now := time.Now(); now.Sub(noticed) >= waitingNotice {
			noticed = now
			p.log.Info("waiting for the other nodes of the cluster", "for", strings.Join(decision.waits, "; "))
		}
		sleep(ctx, pause)
	}
}

// found makes the map of a new cluster. Without answers, it only says whether there can be one.
func (f *forming) found(answers map[storage.NodeID]described, defaults Defaults) (shard.Cluster, error) {
	nodes := []shard.Node{{ID: f.self, Store: f.store, Address: f.addresses[f.self]}}
	for _, id := range f.others() {
		nodes = append(nodes, shard.Node{ID: id, Store: answers[id].store, Address: f.addresses[id]})
	}
	var id shard.ClusterID
	rand.Read(id[:])
	return shard.Form(id, wished(f.wish.Placement, defaults.Placement), nodes, wished(f.wish.Shards, defaults.Shards), wished(f.wish.Replicas, defaults.Replicas))
}

func wished[T any](wish *T, otherwise T) T {
	if wish != nil {
		return *wish
	}
	return otherwise
}

// describeAll asks nodes who they are, all at the same time.
func (p *Peers) describeAll(ctx context.Context, ids []storage.NodeID) map[storage.NodeID]described {
	var mu sync.Mutex
	var asking sync.WaitGroup
	answers := make(map[storage.NodeID]described, len(ids))
	for _, id := range ids {
		asking.Go(func() {
			answer := p.describe(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			answers[id] = answer
		})
	}
	asking.Wait()
	return answers
}

// describe asks a node who it is.
func (p *Peers) describe(ctx context.Context, id storage.NodeID) described {
	link := p.linkTo(id)
	if link == nil {
		return described{err: errors.New("no address is known")}
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	response, err := link.client.Describe(p.identified(ctx), new(peerpb.DescribeRequest))
	if err != nil {
		return described{err: errors.New(status.Convert(err).Message())}
	}
	answer := described{node: storage.NodeID(response.GetNode())}
	if len(response.GetStore()) != len(answer.store) {
		return described{err: fmt.Errorf("its store has an id of %d bytes", len(response.GetStore()))}
	}
	answer.store = shard.StoreID(response.GetStore())
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
