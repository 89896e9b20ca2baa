package node

import "numstore.example/services/raftkv/internal/storage"

// What tests look at from outside.

// Replica returns the node's member of a shard's group.
func (n *Node) Replica(shard storage.ShardID) *Replica { return n.local(shard).replica }

// Held returns the node's member of a shard's group and its state, as they are now, or nil if it has none.
func (n *Node) Held(shard storage.ShardID) (*Replica, *storage.State) {
	if local := n.local(shard); local != nil {
		return local.replica, local.state
	}
	return nil, nil
}

// Store returns the store.
func (n *Node) Store() *storage.Store { return n.store }

// State returns the state of a shard.
func (n *Node) State(shard storage.ShardID) *storage.State { return n.local(shard).state }

// Log returns the replica's log.
func (r *Replica) Log() *storage.Log { return r.config.Log }

// Stalled is what the store tells of its disk.
func (n *Node) Stalled(stalls bool) { n.stalled(stalls) }
