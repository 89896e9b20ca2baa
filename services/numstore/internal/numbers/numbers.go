// Package numbers is the core of numstore: numbers by key, their running total, and their factorials
// from a small cache. It knows no network and no clock. Store keeps them in memory; who keeps them elsewhere
// has the same rules in Sum and in Factorials.
//
// What it promises:
//
//   - The calls of a Store take effect one after the other, in an order that agrees with real time.
//   - The total is kept, not computed: setting a key changes it by the difference of the new value and
//     the old, at a cost that does not depend on the number of keys.
//   - The cache is keyed by number, never by key, so that overwriting a key cannot make it wrong.
//   - An operation that is refused changes nothing.
package numbers

import (
	"errors"
	"sync"
)

// Set returns these, wrapped with the values that explain them.
var (
	// ErrOverflow says that the total would no longer fit into an int64.
	ErrOverflow = errors.New("the total would not fit into an int64")
	// ErrFull says that the store already holds as many keys as it may.
	ErrFull = errors.New("the store is full")
)

// Fact returns these, wrapped with the values that explain them.
var (
	// ErrMissing says that the key was never set.
	ErrMissing = errors.New("no such key")
	// ErrNegative says that the key's value has no factorial.
	ErrNegative = errors.New("no factorial of a negative number")
	// ErrTooLarge says that the factorial of the key's value does not fit into an int64.
	ErrTooLarge = errors.New("the factorial does not fit into an int64")
)

// Store holds the numbers. Its methods may be called from any number of goroutines.
type Store struct {
	maxKeys   int
	factorial func(n int64) int64 // factorial; tests replace it to see when it is called

	// mu guards everything below. It is held for a few lookups at a time, and never while a factorial
	// is computed: a caller with an expensive number must not hold up the others.
	mu     sync.Mutex
	values map[string]int64
	total  int64 // always the sum of values
	cache  cache
}

// New returns an empty Store that takes at most maxKeys keys.
func New(maxKeys int) *Store {
	return newStore(maxKeys, CacheEntries)
}

func newStore(maxKeys, cacheEntries int) *Store {
	return &Store{
		maxKeys:   maxKeys,
		factorial: factorial,
		values:    make(map[string]int64),
		cache:     newCache(cacheEntries),
	}
}

// Set gives key a value and returns the total over all keys as of this update. It fails with
// ErrOverflow, or with ErrFull when the key is new, and then changes nothing.
func (s *Store) Set(key string, value int64) (total int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	old, exists := s.values[key]
	if !exists && len(s.values) >= s.maxKeys {
		return 0, full(s.maxKeys)
	}
	total, ok := replace(s.total, old, value)
	if !ok {
		return 0, overflow(s.total, old, value)
	}
	s.values[key] = value
	s.total = total
	return total, nil
}

// Fact returns the factorial of the key's current value, and whether it came from the cache. It fails
// with ErrMissing, ErrNegative or ErrTooLarge.
//
// Two calls that miss on the same number at the same time both compute it; both then store the same
// result.
func (s *Store) Fact(key string) (value int64, hit bool, err error) {
	n, value, hit, err := s.lookup(key)
	if hit || err != nil {
		return value, hit, err
	}
	value = s.factorial(n)
	s.remember(n, value)
	return value, false, nil
}

// Len returns the number of keys.
func (s *Store) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}

// lookup returns the key's number n and, where the cache has it, n's factorial.
func (s *Store) lookup(key string) (n, value int64, hit bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	n, exists := s.values[key]
	if !exists {
		return 0, 0, false, Missing(key)
	}
	value, hit, err = s.cache.recall(n)
	return n, value, hit, err
}

// remember puts the factorial of n into the cache.
func (s *Store) remember(n, value int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cache.Add(n, value)
}
