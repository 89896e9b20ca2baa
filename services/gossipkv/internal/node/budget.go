package node

import "sync/atomic"

// budget is how many bytes of writes may wait.
type budget struct {
	limit int64
	taken atomic.Int64
}

// take takes a part, if it is left. A write alone is never too large: what one may be is the server's business.
func (b *budget) take(size int64) bool {
	if taken := b.taken.Add(size); taken > b.limit && taken > size {
		b.taken.Add(-size)
		return false
	}
	return true
}

// giveBack gives a part back that was taken.
func (b *budget) giveBack(size int64) { b.taken.Add(-size) }
