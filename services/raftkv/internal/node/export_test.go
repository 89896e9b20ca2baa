package node

import "numstore.example/services/raftkv/internal/storage"

// What tests look at from outside.

// Replica returns the node's member of a shard's group.
func (n *Node) Replica(shard int) *Replica { return n.locals[shard].replica }

// Store returns the store.
func (n *Node) Store() *storage.Store { return n.store }

// State returns the state of a shard.
func (n *Node) State(shard int) *storage.State { return n.locals[shard].state }

// Log returns the replica's log.
func (r *Replica) Log() *storage.Log { return r.config.Log }
