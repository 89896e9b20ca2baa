package node

import (
	"time"

	"numstore.example/services/raftkv/internal/kv"
)

// forget has the shards forget clients that have written nothing for SessionTTL, until the node stops. It is a command
// like any other: every replica forgets the same clients at the same place in the log, by the log's time.
func (n *Node) forget() {
	ttl := n.options.SessionTTL
	ticker := time.NewTicker(max(ttl/10, time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-n.stopping.Done():
			return
		}
		for _, local := range n.Locals() {
			if local.leads() && local.Figures().Sessions > 0 {
				// Nobody waits for it. If it comes to nothing, the next one does as well.
				local.Propose(&Proposal{Commands: [][]byte{kv.AppendForget(nil, kv.Millis(ttl.Milliseconds()))}, Done: func([][]byte, error) {}})
			}
		}
	}
}
