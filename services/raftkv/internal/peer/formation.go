package peer

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"numstore.example/services/internal/links"
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
// nodes of Config.Addresses, and either joins the cluster that one of them tells of, or founds one. A cluster that does not have
// this node's number with its store, it joins when it has: until then the log says what to do. The caller keeps the map on disk
// before anybody else gets to know it: from when Node.Cluster returns it, this node tells it. An error is the context's, or
// says why these nodes cannot be a cluster.
func (p *Peers) AwaitCluster(ctx context.Context, wish Wish, defaults Defaults) (shard.Cluster, error) {
	node := p.started()
	f := &forming{self: node.ID(), store: node.StoreID(), filled: node.Filled(), addresses: p.config.Addresses, wish: wish}
	if f.addresses[f.self] == "" {
		return shard.Cluster{}, fmt.Errorf("no address of this node, %d, is known", f.self)
	}
	if _, err := f.found(nil, defaults); err != nil {
		return shard.Cluster{}, err // whatever the others say
	}
	var last links.Notices[storage.NodeID]
	last.Due(f.self, waitingText, time.Now(), 0) // not at once
	for pause := leastAsking; ; pause = min(pause*5/4, mostAsking) {
		answers := p.describeAll(ctx, f.others(), f.addresses)
		decision := f.decide(answers)
		switch {
		case ctx.Err() != nil:
			return shard.Cluster{}, ctx.Err()
		case decision.refused != nil:
			return shard.Cluster{}, decision.refused
		case decision.join != nil:
			return *decision.join, nil
		case len(decision.waits) == 0:
			return p.found(f, answers, defaults)
		}
		if text := decision.text(); last.Due(f.self, text, time.Now(), waitingNotice) {
			p.log.Info(text, "for", strings.Join(decision.waits, "; "))
		}
		links.Sleep(ctx, pause)
	}
}

const (
	waitingText = "waiting for the other nodes of the cluster"
	outsideText = "waiting to become a node of the cluster"
)

// text says what a node waits for.
func (d decision) text() string {
	if d.outside {
		return outsideText
	}
	return waitingText
}

// found makes the map of a new cluster, and warns of what is not wise.
func (p *Peers) found(f *forming, answers map[storage.NodeID]described, defaults Defaults) (shard.Cluster, error) {
	cluster, err := f.found(answers, defaults)
	if err == nil && len(cluster.Shards[0].Members) == 2 {
		p.log.Warn("a cluster is formed with two replicas of each shard: when one of them is lost, the shard stands still, and the lost one cannot be replaced; " +
			"three would go on with two (--replicas=3)")
	}
	return cluster, err
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
