package numbers

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// model is the store as one would write it without a thought for speed: the total is added up anew, in
// numbers without limits, and the cache is a list, the number used last in front.
type model struct {
	maxKeys int
	values  map[string]int64
	cache   []int64
}

func (m *model) Set(key string, value int64) (int64, error) {
	old, exists := m.values[key]
	if !exists && len(m.values) == m.maxKeys {
		return 0, ErrFull
	}
	m.values[key] = value
	total := new(big.Int)
	for _, v := range m.values {
		total.Add(total, big.NewInt(v))
	}
	if total.IsInt64() {
		return total.Int64(), nil
	}
	if exists {
		m.values[key] = old
	} else {
		delete(m.values, key)
	}
	return 0, ErrOverflow
}

func (m *model) Fact(key string) (int64, bool, error) {
	n, exists := m.values[key]
	switch {
	case !exists:
		return 0, false, ErrMissing
	case n < 0:
		return 0, false, ErrNegative
	case n > 20:
		return 0, false, ErrTooLarge
	}
	at := slices.Index(m.cache, n)
	if at >= 0 {
		m.cache = slices.Delete(m.cache, at, at+1)
	}
	m.cache = slices.Insert(m.cache, 0, n)
	m.cache = m.cache[:min(len(m.cache), 10)]
	return new(big.Int).MulRange(1, n).Int64(), at >= 0, nil
}

// comparison is a random run of a store beside the model.
type comparison struct {
	keys, maxKeys int   // keys in use, and how many the store takes
	spread        int64 // values are -1 to spread, ...
	extremes      int   // ... but for this percentage, which is near the ends of int64
	seed          uint64
}

const comparisonCalls = 10_000

// TestModel makes a million calls, hits and refusals compared as well: 100 stores of different sizes and
// kinds of values, 10,000 calls each. When it fails, rapid looks for a smaller case and prints how to
// repeat it.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := comparison{
			keys:     rapid.IntRange(1, 30).Draw(t, "keys"),
			maxKeys:  rapid.IntRange(1, 30).Draw(t, "limit of keys"),
			spread:   rapid.Int64Range(0, 25).Draw(t, "largest value"),
			extremes: rapid.IntRange(0, 20).Draw(t, "per cent of extreme values"),
			seed:     rapid.Uint64().Draw(t, "seed"),
		}
		if err := c.run(New(c.maxKeys)); err != nil {
			t.Fatal(err)
		}
	})
}

// run makes the calls on a store and on the model, and returns the first difference.
func (c comparison) run(store subject) error {
	random := rand.New(rand.NewPCG(c.seed, 0))
	plain := &model{maxKeys: c.maxKeys, values: make(map[string]int64)}
	for i := range comparisonCalls {
		key := strconv.Itoa(random.IntN(c.keys))
		if random.IntN(2) == 0 {
			value, hit, err := store.Fact(key)
			wantValue, wantHit, wantErr := plain.Fact(key)
			if value != wantValue || hit != wantHit || !errors.Is(err, wantErr) {
				return fmt.Errorf("call %d: Fact(%s) = %d, hit %t, %v; want %d, hit %t, %v", i, key, value, hit, err, wantValue, wantHit, wantErr)
			}
			continue
		}
		value := random.Int64N(c.spread+2) - 1
		if random.IntN(100) < c.extremes {
			value = []int64{math.MinInt64, math.MaxInt64, math.MaxInt64 / 2, math.MinInt64 / 2}[random.IntN(4)]
		}
		total, err := store.Set(key, value)
		wantTotal, wantErr := plain.Set(key, value)
		if total != wantTotal || !errors.Is(err, wantErr) {
			return fmt.Errorf("call %d: Set(%s, %d) = %d, %v; want %d, %v", i, key, value, total, err, wantTotal, wantErr)
		}
	}
	return nil
}

// TestModel_controls: the comparison notices stores that differ.
func TestModel_controls(t *testing.T) {
	c := comparison{keys: 20, maxKeys: 15, spread: 20, extremes: 5, seed: 1}
	for name, control := range map[string]subject{
		"cache of eleven":     newStore(c.maxKeys, CacheEntries+1),
		"cache by key":        cachesByKey{New(c.maxKeys), make(map[string]int64)},
		"first in, first out": evictsOldest{New(c.maxKeys)},
		"unchecked total":     wrapsAround{New(c.maxKeys)},
		"no limit on keys":    limitless{New(c.maxKeys)},
	} {
		if c.run(control) == nil {
			t.Errorf("%s: the comparison did not notice", name)
		}
	}
	if err := c.run(New(c.maxKeys)); err != nil {
		t.Errorf("the store itself: %v", err)
	}
}
