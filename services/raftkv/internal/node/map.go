package node

import (
	"errors"
	"fmt"
	"slices"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// What a node knows of its cluster grows: by what its members have applied, and by what other nodes tell. What follows is done
// by one goroutine at a time: a shard that this node gets a member of is opened, as one of which nothing is known, and one
// that it has no member of any more is closed, and its rows are deleted. A shard of which it gets another member, because
// the rows of the old one are damaged, is both.

// Learn takes up what another node knows of the cluster. When it returns, that is on disk, and what follows from it is done.
func (n *Node) Learn(cluster shard.Cluster) error {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
	j := n.joined.Load()
	switch {
	case n.stopping.Err() != nil:
		return ErrStopped
	case j == nil:
		return fmt.Errorf("node %d is of no cluster yet", n.options.ID)
	case j.cluster.ID != cluster.ID:
		return fmt.Errorf("node %d is of the cluster %v, not of %v", n.options.ID, j.cluster.ID, cluster.ID)
	}
	return n.know(j.cluster.Merge(cluster))
}

// keep takes up what this node's members have applied, whenever that changes, and takes out those that are damaged.
func (n *Node) keep() {
	for {
		select {
		case <-n.changed:
		case <-n.stopping.Done():
			return
		}
		n.lifecycle.Lock()
		if n.stopping.Err() == nil {
			if err := errors.Join(n.endAiling(), n.know(*n.joined.Load().cluster, false)); err != nil {
				n.options.OnFailure(err)
			}
		}
		n.lifecycle.Unlock()
	}
}

// membersChanged is told by a replica that its members have changed. It does not wait.
func (n *Node) membersChanged() {
	select {
	case n.changed <- struct{}{}:
	default: // it is told already
	}
}

// know makes a map what this node knows, together with what its members do, if there is news in either. The lock is held.
func (n *Node) know(known shard.Cluster, news bool) error {
	j := n.joined.Load()
	known.Shards = slices.Clone(known.Shards)
	for _, local := range j.held {
		if members := local.replica.Members(); members.Version > known.Shards[local.shard].Version {
			known.Shards[local.shard], news = members, true
		}
	}
	if !news {
		return nil
	}
	if err := n.store.Learn(known); err != nil {
		return err
	}
	if known.Buried(n.StoreID()) && !j.cluster.Buried(n.StoreID()) {
		n.options.Logger.Error("this node was taken out of the cluster, or replaced: stop it, and delete its folder", "node", n.options.ID, "folder", n.store.Dir())
	}
	next := *j
	next.cluster = &known
	n.joined.Store(&next)
	if err := n.follow(known); err != nil {
		return err
	}
	if n.options.OnCluster != nil {
		n.options.OnCluster()
	}
	return nil
}

// follow has the node's members be those that the map says.
func (n *Node) follow(known shard.Cluster) error {
	for i, members := range known.Shards {
		number := storage.ShardID(i)
		member, held := members.On(n.StoreID())
		if !held {
			member = 0
		}
		j := n.joined.Load()
		if j.has(number) == member {
			continue
		}
		if j.has(number) != 0 {
			if err := n.leave(j, number); err != nil {
				return fmt.Errorf("leaving shard %d: %w", number, err)
			}
		}
		if held {
			if err := n.enter(number, member); err != nil {
				return fmt.Errorf("entering shard %d: %w", number, err)
			}
		}
	}
	return nil
}

// enter starts a member of a shard that the store has nothing of.
func (n *Node) enter(number storage.ShardID, member storage.MemberID) error {
	n.options.Logger.Info("this node gets a replica of a shard", "shard", number, "member", member)
	local, config, err := n.open(number, member)
	if err != nil {
		return err
	}
	if local.replica, err = startReplica(config); err == nil {
		n.joined.Store(n.joined.Load().with(number, local))
	}
	return err
}

// leave ends a member, and deletes what the store has of the shard.
func (n *Node) leave(j *joined, number storage.ShardID) error {
	n.options.Logger.Info("this node lets go of its replica of a shard", "shard", number, "member", j.has(number))
	n.joined.Store(j.with(number, nil))
	if local := j.locals[number]; local != nil {
		if err := n.end(local); err != nil {
			return err
		}
	}
	return n.store.Drop(number)
}

// end ends a member that is none any more, or damaged, and closes what it has.
func (n *Node) end(local *Local) error {
	local.left.Store(true)
	local.replica.Stop()
	return n.store.CloseShard(local.shard)
}

// joined is what a node knows and has as one of a cluster. It is replaced, never changed.
type joined struct {
	cluster *shard.Cluster
	groups  []*route // of the shards
	locals  []*Local // of all shards; nil where this node has no member
	held    []*Local // those that it has
	damages []Damage // of members that are out of service; they are not among the locals
}

// with returns the same with another member of a shard, or without one.
func (j *joined) with(number storage.ShardID, local *Local) *joined {
	next := *j
	next.locals = slices.Clone(j.locals)
	next.locals[number] = local
	next.damages = j.undamaged(number)
	return next.index()
}

func (j *joined) index() *joined {
	j.held = slices.DeleteFunc(slices.Clone(j.locals), func(local *Local) bool { return local == nil })
	return j
}
