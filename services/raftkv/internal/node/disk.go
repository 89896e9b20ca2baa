package node

import (
	"context"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/raftkv/internal/storage"
)

// What a server has to know of the disk, it asks its node. Errors that a group returns may come from there too.

// Disk is what is known of the disk.
type Disk = storage.Disk

// Storage says where the store is and how it is treated. What Options says as well is set by the node.
type Storage = storage.Options

// Range is a span of keys to be scanned.
type Range = storage.Range

var (
	// ErrFull is returned by Writable and Compact while the disk is full.
	ErrFull = storage.ErrFull
	// ErrFailed is returned when the store has failed, with the reason. It will take a restart to mend that.
	ErrFailed = storage.ErrFailed
)

// IsDamage says whether an error comes from a file that is not as it was written.
func IsDamage(err error) bool { return storage.IsDamage(err) }

// Writable returns nil when the node takes writes of any kind, or else an ErrFull that says how much is missing. Then it
// takes deletions alone. Who proposes writes asks this before; Propose does not.
func (n *Node) Writable() error { return n.store.Writable() }

// Disk returns what is known of the disk. It may be a second old, but for Writable.
func (n *Node) Disk() Disk { return n.store.Disk() }

// Compact merges and rewrites all tables, so that what was overwritten or deleted gives its room back.
func (n *Node) Compact(ctx context.Context) error { return n.store.Compact(ctx) }

// Pebble returns the figures of the store.
func (n *Node) Pebble() *pebble.Metrics { return n.store.Metrics() }
