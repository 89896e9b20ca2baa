package ring

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"numstore.example/contracts/placement"
)

func servers(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("server%d:6000", i))
	}
	return all
}

func mustNew(t testing.TB, n int) *Ring {
	t.Helper()
	r, err := New(servers(n))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGrow: a server that is added takes keys from the others, and nothing else moves.
func TestGrow(t *testing.T) {
	rings := make([]*Ring, 12)
	for n := 1; n < len(rings); n++ {
		rings[n] = mustNew(t, n)
	}
	rapid.Check(t, func(t *rapid.T) {
		n, key := rapid.IntRange(1, len(rings)-2).Draw(t, "n"), rapid.SliceOf(rapid.Byte()).Draw(t, "key")
		if before, after := rings[n].Place(key), rings[n+1].Place(key); after != before && after != n {
			t.Errorf("with a server %d more, %q moves from %d to %d", n, key, before, after)
		}
	})
}

// TestSpread: each server has near its share of the keys, and a new one takes near what it is due.
func TestSpread(t *testing.T) {
	const keys = 100_000
	for _, n := range []int{1, 2, 4, 10} {
		before, after := mustNew(t, n), mustNew(t, n+1)
		counts, moved := make([]int, n), 0
		for i := range keys {
			key := fmt.Appendf(nil, "key%d", i)
			counts[before.Place(key)]++
			if before.Place(key) != after.Place(key) {
				moved++
			}
		}
		for place, count := range counts {
			if share := float64(count) / keys * float64(n); share < 0.75 || share > 1.25 {
				t.Errorf("of %d servers, number %d has %.2f of its share", n, place, share)
			}
		}
		if share := float64(moved) / keys * float64(n+1); share < 0.75 || share > 1.25 {
			t.Errorf("server %d takes %.2f of its share", n, share)
		}
	}
}

// TestTag: keys with one tag are at one server.
func TestTag(t *testing.T) {
	r := mustNew(t, 7)
	for i := range 100 {
		if r.Place(fmt.Appendf(nil, "cart%d:{7}", i)) != r.Place([]byte("{7}")) {
			t.Fatalf("cart%d:{7} is at another server than {7}", i)
		}
	}
}

func TestNew_misuse(t *testing.T) {
	for says, list := range map[string][]string{
		"at least one server": nil, "a:1 is there twice": {"a:1", "b:1", "a:1"}, "at most 4096 servers": servers(placement.MaxShards + 1),
	} {
		if _, err := New(list); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%d servers: %v; want an error that says %q", len(list), err, says)
		}
	}
}
