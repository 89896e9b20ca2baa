// Package budget bounds how many bytes of what clients have sent may be in flight, whoever sent it.
package budget

import "sync/atomic"

// Budget is how many bytes may be taken at a time. It may be used by several goroutines at once.
type Budget struct {
	limit int64
	taken atomic.Int64
}

// New returns a budget of so many bytes.
func New(limit int64) *Budget { return &Budget{limit: limit} }

// Take takes a part, if it is left. One alone is never too large: what one may be is somebody else's business.
func (b *Budget) Take(size int64) bool {
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

// GiveBack gives a part back that was taken.
func (b *Budget) GiveBack(size int64) { b.taken.Add(-size) }
