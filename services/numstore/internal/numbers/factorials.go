package numbers

import (
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// CacheEntries is the number of factorials that are remembered.
const CacheEntries = 10

// Factorials computes factorials, and remembers those of the numbers that were asked for last. It is for who keeps
// numbers elsewhere; a Store has the same in it. Its method may be called from any number of goroutines.
type Factorials struct {
	mu    sync.Mutex // guards cache, and is not held while a factorial is computed
	cache cache
}

// NewFactorials returns Factorials that remember none yet.
func NewFactorials() *Factorials { return &Factorials{cache: newCache(CacheEntries)} }

// Of returns the factorial of a key's number, and whether it was remembered. It fails with ErrNegative or ErrTooLarge.
func (f *Factorials) Of(n int64) (value int64, hit bool, err error) {
	if value, hit, err = f.recall(n); hit || err != nil {
		return value, hit, err
	}
	value = factorial(n)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cache.Add(n, value)
	return value, false, nil
}

func (f *Factorials) recall(n int64) (value int64, hit bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cache.recall(n)
}

// cache maps a number to its factorial. When it is full, the entry that was used least recently makes room for the new
// one (LRU). A hit counts as a use. Only successful results enter it. Whoever has it guards it.
type cache struct {
	*simplelru.LRU[int64, int64]
}

func newCache(entries int) cache {
	lru, err := simplelru.NewLRU[int64, int64](entries, nil)
	if err != nil {
		panic(err) // only for a size below 1, which no caller passes
	}
	return cache{lru}
}

// recall returns the factorial of a number if it is there. It fails when the number has none.
func (c cache) recall(n int64) (value int64, hit bool, err error) {
	switch {
	case n < 0:
		return 0, false, fmt.Errorf("%w: the value is %d; it must be 0 to %d", ErrNegative, n, maxFactorial)
	case n > maxFactorial:
		return 0, false, fmt.Errorf("%w: the value is %d; it must be 0 to %d", ErrTooLarge, n, maxFactorial)
	}
	value, hit = c.Get(n)
	return value, hit, nil
}

// Missing returns the ErrMissing of a key that was never set.
func Missing(key string) error { return fmt.Errorf("%w: %q; set it first", ErrMissing, key) }
