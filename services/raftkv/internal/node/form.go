package node

import (
	"crypto/rand"
	"encoding/binary"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// form makes a new store one of a cluster of all members. Which stores the others have is not known here, and nobody asks
// for it yet.
func form(store *storage.Store, options *Options) error {
	const placementHash = 1 // as in the contract
	cluster, _, err := store.Cluster()
	if cluster != nil || err != nil {
		return err
	}
	var id shard.ClusterID
	if _, err := rand.Read(id[:]); err != nil {
		return err
	}
	var nodes []shard.Node
	for _, member := range options.Members {
		node := shard.Node{ID: member, Store: store.StoreID()}
		if member != options.ID {
			node.Store = shard.StoreID{}
			binary.BigEndian.PutUint64(node.Store[:], uint64(member))
		}
		nodes = append(nodes, node)
	}
	formed, err := shard.Form(id, placementHash, nodes, options.Shards, len(nodes))
	if err != nil {
		return err
	}
	return store.Form(formed, options.ID)
}
