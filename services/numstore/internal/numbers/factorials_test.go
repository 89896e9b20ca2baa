package numbers

import (
	"errors"
	"math"
	"sync"
	"testing"
)

// TestFactorials: who keeps numbers elsewhere has the cache of a Store.
func TestFactorials(t *testing.T) {
	f := NewFactorials()
	of := func(n, want int64, wantHit bool) {
		t.Helper()
		if value, hit, err := f.Of(n); value != want || hit != wantHit || err != nil {
			t.Errorf("Of(%d) = %d, hit %t, %v; want %d, hit %t", n, value, hit, err, want, wantHit)
		}
	}
	want := int64(1)
	for n := range int64(21) {
		want *= max(n, 1)
		of(n, want, computed)
		of(n, want, cached)
	}
	of(10, 3628800, computed) // 11 to 20 are in the cache
	of(12, 479001600, cached)
	for n, want := range map[int64]error{-1: ErrNegative, math.MinInt64: ErrNegative, 21: ErrTooLarge, math.MaxInt64: ErrTooLarge} {
		if value, hit, err := f.Of(n); value != 0 || hit || !errors.Is(err, want) {
			t.Errorf("Of(%d) = %d, hit %t, %v; want %v", n, value, hit, err, want)
		}
	}
	if n := f.cache.Len(); n != CacheEntries {
		t.Errorf("the cache holds %d entries; want %d", n, CacheEntries)
	}
}

// TestFactorials_concurrent is for the race detector.
func TestFactorials_concurrent(t *testing.T) {
	f := NewFactorials()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range int64(1000) {
				if value, _, err := f.Of(n % 21); err != nil || value != factorial(n%21) {
					t.Errorf("Of(%d) = %d, %v", n%21, value, err)
				}
			}
		})
	}
	wg.Wait()
}
