package node

import "sync/atomic"

// budget is how many bytes of commands may be in flight in all groups of a node.
type budget struct {
	limit int64
	taken atomic.Int64
}

// take takes a part, if it is left. A command alone is never too large: what one may be is the server's business.
func (b *budget) take(size int64) bool {
	for {
		taken := b.taken.Load()
		if taken > 0 && taken+size > b.limit {
			return false
		}
		if b.taken.CompareAndSwap(taken, taken+size) {
			return true
		}
	}
}

// giveBack gives a part back that was taken.
func (b *budget) giveBack(size int64) { b.taken.Add(-size) }
