package node

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestBudget: what is refused takes no room from what fits, not even while it is being refused.
func TestBudget(t *testing.T) {
	b := &budget{limit: 100}
	if !b.take(60) {
		t.Fatal("the first is refused")
	}
	var others sync.WaitGroup
	var done atomic.Bool
	for range 2 {
		others.Go(func() {
			for !done.Load() {
				if b.take(60) {
					t.Error("more is taken than there is")
					return
				}
			}
		})
	}
	for range 100_000 {
		if !b.take(40) {
			t.Error("what fits is refused")
			break
		}
		b.giveBack(40)
	}
	done.Store(true)
	others.Wait()
	b.giveBack(60)
	if !b.take(1000) {
		t.Error("a large one alone is refused")
	}
}
