// Package nodetest founds clusters for tests of nodes, and of what is built on them.
package nodetest

import (
	"cmp"
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/shard"
)

// Found is what node.Options want of that name.
type Found = func(shard.StoreID) (shard.Cluster, error)

// byHash is the placement of keys; see contracts/placement.
const byHash = 1

// Alone founds a cluster of one node, 1.
func Alone(shards int) Found { return AloneAs(1, shards) }

// AloneAs founds a cluster of one node with a number.
func AloneAs(id shard.NodeID, shards int) Found {
	return func(store shard.StoreID) (shard.Cluster, error) {
		return shard.Form(shard.ClusterID{1}, byHash, []shard.Node{{ID: id, Store: store}}, shards, 1)
	}
}

// Cluster is what a cluster shall be.
type Cluster struct {
	Dir              string   // the folder of each node
	Disks            []vfs.FS // of the nodes 1, 2 and so on; their folders must not be there
	Shards, Replicas int
	Placement        uint32                    // 0 for hash
	Address          func(shard.NodeID) string // nil for none
}

// Together makes the stores of a cluster's nodes, and founds it.
func Together(c Cluster) (Found, error) {
	var nodes []shard.Node
	for i, disk := range c.Disks {
		id := shard.NodeID(i + 1)
		n, err := node.Open(node.Options{ID: id, Storage: node.Storage{Dir: c.Dir, FS: disk}})
		if err != nil {
			return nil, err
		}
		made := shard.Node{ID: id, Store: n.StoreID()}
		if c.Address != nil {
			made.Address = c.Address(id)
		}
		nodes = append(nodes, made)
		if err := n.Close(); err != nil {
			return nil, err
		}
	}
	cluster, err := shard.Form(shard.ClusterID{1}, cmp.Or(c.Placement, byHash), nodes, c.Shards, c.Replicas)
	return func(store shard.StoreID) (shard.Cluster, error) {
		for _, node := range nodes {
			if node.Store == store {
				return cluster, err
			}
		}
		return cluster, errors.New("the store is not of this cluster")
	}, err
}
