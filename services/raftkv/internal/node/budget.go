package node

import "sync/atomic"

// budget is how many bytes of commands may be in flight in all groups of a node.
type budget struct {
	limit int64
	taken atomic.Int64
}

// take takes a part, which is to be given back in any case, and says whether it was left. A command alone is never too large: what one may be is the server's
// business.
func (b *budget) take(size int64) bool {
	taken := b.taken.Add(size)
	return taken <= b.limit || taken <= size
}

func (b *budget) giveBack(size int64) { b.taken.Add(-size) }
