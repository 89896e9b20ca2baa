package node

import (
	"time"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/storage"
)

// compare has the members of the shards that this node leads compare their states with the leader's, each time that there is
// a checksum (see storage.Checksum), until the node stops. It is a command like any other: what is compared, and when, each
// replica finds in the log.
func (n *Node) compare() {
	told := make(map[storage.ShardID]storage.Index)
	n.every(time.Second, func(local *Local) {
		if sum, _ := local.Checksum(); sum.Index > told[local.shard] {
			told[local.shard] = sum.Index
			local.order(kv.AppendCompare(nil, uint64(sum.Index), sum.Sum, uint64(n.ID())))
		}
	})
}
