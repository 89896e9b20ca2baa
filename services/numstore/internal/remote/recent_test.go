package remote

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRecent_size: what is known is counted, and bounded.
func TestRecent_size(t *testing.T) {
	r, random := newRecent(), rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		r.learn([]Row{{Name: fmt.Sprint("n/", random.IntN(50)), Value: strings.Repeat("1", random.IntN(20)), Version: random.Uint64()}})
	}
	counted := 0
	for _, row := range r.rows {
		counted += row.size()
	}
	if r.bytes != counted || counted == 0 {
		t.Errorf("it says %d bytes; there are %d", r.bytes, counted)
	}
	r.trim()
	if len(r.rows) == 0 {
		t.Error("a few rows are too many for it")
	}
	long := strings.Repeat("k", 1<<20)
	for i := range 2 * maxRecent >> 20 {
		r.learn([]Row{{Name: fmt.Sprint(long, i)}})
		if r.trim(); r.bytes > maxRecent {
			t.Fatalf("%d bytes are kept; want at most %d", r.bytes, maxRecent)
		}
	}
}
