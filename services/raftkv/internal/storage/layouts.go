package storage

import (
	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/internal/engine"
)

// Layout 2 knew of no cluster: each store was a node alone, with one shard, and there was one slot.

// takeOver puts into a batch what makes this layout of an older one: whose store this is, and who has its shard.
func takeOver(below *engine.Store, from int, batch *pebble.Batch) error {
	if from == 1 {
		if err := takeOverTotals(below, batch); err != nil {
			return err
		}
	}
	d, err := lone(below.ID())
	if err != nil {
		return err
	}
	d.writeTo(batch, below.ID())
	return nil
}
