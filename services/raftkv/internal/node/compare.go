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
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-n.stopping.Done():
			return
		}
		for _, local := range n.Locals() {
			sum, _ := local.Checksum()
			if sum.Index > told[local.shard] && local.leads() {
				told[local.shard] = sum.Index
				// Nobody waits for it. If it comes to nothing, there is the next one.
				command := kv.AppendCompare(nil, uint64(sum.Index), sum.Sum, uint64(n.ID()))
				local.Propose(&Proposal{Commands: [][]byte{command}, Done: func([][]byte, error) {}})
			}
		}
	}
}
