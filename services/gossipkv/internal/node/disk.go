package node

import (
	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/gossipkv/internal/storage"
)

// What the disk does, the store says; who uses a node need not know of it.
var (
	// ErrFull: the write was not done, as the disk is full.
	ErrFull = storage.ErrFull
	// ErrFailed: the disk has failed, and nothing can be written any more.
	ErrFailed = storage.ErrFailed
)

// IsDamage says whether an error comes from a file that is not as it was written.
func IsDamage(err error) bool { return storage.IsDamage(err) }

// Disk returns what is known of the disk. It may be a second old, but for Writable.
func (n *Node) Disk() storage.Disk { return n.store.Disk() }

// Pebble returns the figures of the store.
func (n *Node) Pebble() *pebble.Metrics { return n.store.Metrics() }
