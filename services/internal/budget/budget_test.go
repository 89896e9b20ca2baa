package budget

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestBudget: what is refused takes no room from what fits, not even while it is being refused.
func TestBudget(t *testing.T) {
	b := New(100)
	if !b.Take(60) {
		t.Fatal("the first is refused")
	}
	var others sync.WaitGroup
	var done atomic.Bool
	for range 2 {
		others.Go(func() {
			for !done.Load() {
				if b.Take(60) {
					t.Error("more is taken than there is")
					return
				}
			}
		})
	}
	for range 100_000 {
		if !b.Take(40) {
			t.Error("what fits is refused")
			break
		}
		b.GiveBack(40)
	}
	done.Store(true)
	others.Wait()
	b.GiveBack(60)
	if !b.Take(1000) {
		t.Error("a large one alone is refused")
	}
}
