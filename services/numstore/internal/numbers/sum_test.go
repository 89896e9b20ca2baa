package numbers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestSum: who keeps numbers elsewhere and asks a Sum has the totals and the errors of a Store.
func TestSum(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	ends := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64 / 2, math.MinInt64 / 2}
	var sum Sum
	store, values, refused := New(testMaxKeys), make(map[string]int64), 0
	for range 10_000 {
		key, value := fmt.Sprint(random.IntN(2*testMaxKeys)), ends[random.IntN(len(ends))]
		old, exists := values[key]
		next, err := sum.Replace(exists, old, value, testMaxKeys)
		total, want := store.Set(key, value)
		if fmt.Sprint(err) != fmt.Sprint(want) || err == nil && next.Total != total {
			t.Fatalf("Set(%q, %d) with %+v: %d, %v; a Store says %d, %v", key, value, sum, next.Total, err, total, want)
		}
		if err != nil {
			refused++
			continue
		}
		sum, values[key] = next, value
		if sum.Keys != store.Len() {
			t.Fatalf("%d keys; a Store has %d", sum.Keys, store.Len())
		}
	}
	if refused < 1000 || refused > 9000 {
		t.Errorf("%d updates were refused; want some of both", refused)
	}
}
