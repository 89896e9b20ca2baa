package numbers

import (
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestErrorsExplain checks what people are shown: the value that was wrong and the limit.
func TestErrorsExplain(t *testing.T) {
	store := New(1)
	store.Set("full", 21)
	_, full := store.Set("another", 1)
	_, _, missing := store.Fact("nobody")
	_, _, large := store.Fact("full")
	store.Set("full", -7)
	_, _, negative := store.Fact("full")

	for _, test := range []struct {
		err   error
		names []string
	}{
		{full, []string{"1 keys"}},
		{missing, []string{`"nobody"`}},
		{large, []string{"21", "0 to 20"}},
		{negative, []string{"-7", "0 to 20"}},
	} {
		for _, name := range test.names {
			if !strings.Contains(fmt.Sprint(test.err), name) {
				t.Errorf("%q does not name %q", test.err, name)
			}
		}
	}
}

// TestReplace compares with exact arithmetic, at the limits above all: rapid favours them.
func TestReplace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total, old, value := rapid.Int64().Draw(t, "total"), rapid.Int64().Draw(t, "old"), rapid.Int64().Draw(t, "value")
		exact := new(big.Int).Sub(big.NewInt(total), big.NewInt(old))
		exact.Add(exact, big.NewInt(value))

		sum, ok := replace(total, old, value)
		if ok != exact.IsInt64() || ok && sum != exact.Int64() {
			t.Errorf("replace(%d, %d, %d) = %d, %t; exactly %s", total, old, value, sum, ok, exact)
		}
	})
}

// TestConcurrentSets lets many goroutines set keys of their own and of each other. However they mix,
// the last total is the sum of the last values.
func TestConcurrentSets(t *testing.T) {
	const goroutines, rounds = 8, 1000
	store := New(testMaxKeys)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range rounds {
				key := fmt.Sprint("key", (g+i)%goroutines)
				if _, err := store.Set(key, int64(g+i)%21); err != nil {
					t.Error(err)
				}
				if _, _, err := store.Fact(key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()

	var sum int64
	for _, value := range store.values {
		sum += value
	}
	if store.total != sum {
		t.Errorf("the total is %d, the values add up to %d", store.total, sum)
	}
	if n := store.cache.Len(); n > CacheEntries {
		t.Errorf("the cache holds %d entries, more than %d", n, CacheEntries)
	}
}

func BenchmarkSet(b *testing.B) {
	store, keys := New(testMaxKeys), testKeys()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		store.Set(keys[i%len(keys)], int64(i)&15)
	}
}

func BenchmarkFact(b *testing.B) {
	store, keys := New(testMaxKeys), testKeys()
	for i, key := range keys {
		store.Set(key, int64(i%15))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		store.Fact(keys[i%len(keys)])
	}
}

func testKeys() []string {
	keys := make([]string, testMaxKeys)
	for i := range keys {
		keys[i] = fmt.Sprint("key", i)
	}
	return keys
}
