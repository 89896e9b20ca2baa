package node

import (
	"time"

	"numstore.example/services/raftkv/internal/kv"
)

// forget has the shards forget clients that have written nothing for SessionTTL, until the node stops. It is a command
// like any other: every replica forgets the same clients at the same place in the log, by the log's time.
func (n *Node) forget() {
	ttl := n.options.SessionTTL
	n.every(max(ttl/10, time.Second), func(local *Local) {
		if local.Figures().Sessions > 0 {
			local.order(kv.AppendForget(nil, kv.Millis(ttl.Milliseconds())))
		}
	})
}

// every does something at intervals with each shard that this node leads, until the node stops.
func (n *Node) every(interval time.Duration, do func(*Local)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-n.stopping.Done():
			return
		}
		for _, local := range n.Locals() {
			if local.leads() {
				do(local)
			}
		}
	}
}

// order has a command proposed that nobody waits for. If it comes to nothing, the next one does as well.
func (l *Local) order(command []byte) {
	l.Propose(&Proposal{Commands: [][]byte{command}, Done: func([][]byte, error) {}})
}
