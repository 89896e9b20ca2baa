package numbers

import (
	"fmt"
	"math"
	"testing"
)

// rules are the promises of the package, each a short trial of a store.
var rules = []struct {
	name string
	run  func(*trial)
}{
	{"the manual sequence", manualSequence},
	{"a factorial follows its key's value", factorialFollowsValue},
	{"factorials of 0 to 20", factorials},
	{"refused values stay out of the cache", refusedValues},
	{"keys share the cache", sharedCache},
	{"the cache holds ten", cacheCapacity},
	{"the least recently used is evicted", cacheEviction},
	{"the total is kept, not computed", runningTotal},
	{"an overflowing total is refused", overflowingTotal},
	{"no more keys than the limit", keyLimit},
	{"no lock while a factorial is computed", unlockedComputation},
	{"a panic releases the lock", releasedOnPanic},
}

func TestStore(t *testing.T) {
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			trial := &trial{subject: New(testMaxKeys)}
			rule.run(trial)
			if trial.err != nil {
				t.Error(trial.err)
			}
		})
	}
}

const testMaxKeys = 100

func manualSequence(t *trial) {
	t.set("A", 1, 1)
	t.set("B", 10, 11)
	t.set("A", 5, 15)
	t.set("B", 0, 5)
	t.fact("A", 120, computed)
}

func factorialFollowsValue(t *trial) {
	t.set("k", 3, 3)
	t.fact("k", 6, computed)
	t.fact("k", 6, cached)
	t.set("k", 4, 4)
	t.fact("k", 24, computed)
	t.fact("k", 24, cached)
	t.set("k", 3, 3)
	t.fact("k", 6, cached)
}

func factorials(t *trial) {
	want := int64(1)
	for n := range int64(21) {
		want *= max(n, 1)
		t.set("k", n, n)
		t.fact("k", want, computed)
	}
	if want != 2432902008176640000 {
		t.failf("this test computed 20! as %d", want)
	}
}

func refusedValues(t *trial) {
	for range 2 { // twice, because a refusal that had entered the cache would show at the second
		t.noFact("absent", ErrMissing)
		for value, want := range map[int64]error{
			-1: ErrNegative, math.MinInt64: ErrNegative,
			21: ErrTooLarge, math.MaxInt64: ErrTooLarge,
		} {
			t.set("k", value, value)
			t.noFact("k", want)
		}
	}
	if n := t.inside().cache.Len(); n != 0 {
		t.failf("refused calls left %d entries in the cache", n)
	}
}

func sharedCache(t *trial) {
	t.set("a", 7, 7)
	t.set("b", 7, 14)
	t.fact("a", 5040, computed)
	t.fact("b", 5040, cached)
}

func cacheCapacity(t *trial) {
	for n := range int64(11) {
		t.factOf(n, computed)
	}
	for n := int64(1); n <= 10; n++ {
		t.factOf(n, cached)
	}
	t.factOf(0, computed) // the eleventh had evicted the first
}

func cacheEviction(t *trial) {
	for n := range int64(10) {
		t.factOf(n, computed)
	}
	t.factOf(0, cached) // the oldest is used again, so that the next to go is 1
	t.factOf(10, computed)
	t.factOf(0, cached)
	t.factOf(1, computed)
}

// runningTotal falsifies the total behind the store's back: a store that adds up its values, at
// whatever cost, would put it right.
func runningTotal(t *trial) {
	t.set("a", 5, 5)
	t.inside().total += 1000
	t.set("b", 1, 1006)
	t.set("a", 6, 1007)
}

func overflowingTotal(t *trial) {
	t.set("a", math.MaxInt64, math.MaxInt64)
	t.refuse("b", 1, ErrOverflow)
	t.noFact("b", ErrMissing) // the refused key did not appear
	t.set("b", -1, math.MaxInt64-1)
	t.refuse("b", 1, ErrOverflow)
	t.set("b", 0, math.MaxInt64) // the refused value did not count
	t.set("a", math.MinInt64, math.MinInt64)
	t.refuse("b", -1, ErrOverflow)
	t.set("a", math.MaxInt64, math.MaxInt64) // only the result has to fit, not the difference
}

func keyLimit(t *trial) {
	for i := range testMaxKeys {
		t.set(fmt.Sprint("key", i), 1, int64(i)+1)
	}
	t.refuse("one more", 1, ErrFull)
	t.noFact("one more", ErrMissing)
	t.set("key0", 2, testMaxKeys+1) // keys that exist can still be set
}

func unlockedComputation(t *trial) {
	store, free := t.inside(), false
	store.factorial = func(n int64) int64 {
		if free = store.mu.TryLock(); free {
			store.mu.Unlock()
		}
		return factorial(n)
	}
	t.set("k", 5, 5)
	t.fact("k", 120, computed)
	if !free {
		t.failf("the lock was held while a factorial was computed")
	}
}

func releasedOnPanic(t *trial) {
	store := t.inside()
	t.set("k", 5, 5)
	store.factorial = func(int64) int64 { panic("in the computation") }
	t.panics("Fact", func() { t.Fact("k") })
	store.values = nil // a nil map can be read, and panics when written
	t.panics("Set", func() { t.Set("k", 5) })
}
