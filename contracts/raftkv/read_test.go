package raftkv

import (
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/contracts/raftkv/inprocess"
)

// TestReadAny: reads that any server may answer go to all in turn, and move nothing; others go to the leader.
func TestReadAny(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{Cluster: inprocess.NewCluster(1)}
		for i, address := range addresses {
			f.servers[i] = new(inprocess.Server)
			start(t, f.Cluster, address, f.servers[i])
		}
		f.Forward = true
		f.Lead(0, two)
		f.Set([]byte("k"), []byte("v"))
		c := dial(t, f.Cluster, one)
		var before [3]int
		reads := func(when string, n int, want [3]int, options ...ReadOption) {
			t.Helper()
			for range n {
				if v, err := c.Get(t.Context(), []byte("k"), options...); err != nil || string(v.Value) != "v" {
					t.Errorf("%s: %+v, %v", when, v, err)
				}
			}
			if got := f.seen(&before); got != want {
				t.Errorf("%s: the servers got %v; want %v", when, got, want)
			}
		}
		reads("any", 9, [3]int{3, 3, 3}, ReadAny())
		reads("without the option", 3, [3]int{0, 3, 0})
		f.Forward = false // and the others refuse
		reads("of servers that do not answer for others", 3, [3]int{1, 3, 1}, ReadAny())
		f.Forward = true
		f.Pause(three)
		began := time.Now()
		reads("when one stands still", 3, [3]int{1, 2, 0}, ReadAny())
		if took := time.Since(began); took > firstPatience+2*lookInterval {
			t.Errorf("one of three reads waits for the server that stands still; they took %v", took)
		}
		began = time.Now()
		reads("when that is known", 10, [3]int{4, 6, 0}, ReadAny())
		if took := time.Since(began); took > 0 {
			t.Errorf("they took %v", took)
		}
	})
}

// TestReadAny_scan: each shard's part of a Scan begins at another server, and goes on at the leader when that breaks.
func TestReadAny_scan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFleet(t)
		f.Forward = true
		for i := range 30 {
			f.Set([]byte{byte('a' + i)}, nil)
		}
		scan := func(options ...ReadOption) (requests [3]int) {
			t.Helper()
			n := 0
			for _, err := range c.Scan(t.Context(), Range{}, options...) {
				if n++; err != nil {
					t.Fatal(err)
				}
			}
			if n != 30 {
				t.Errorf("it shows %d pairs", n)
			}
			for i, s := range f.servers {
				for _, r := range s.Scans() {
					if int(r.GetShard()) != i { // which another server leads
						requests[i]++
					}
				}
			}
			return requests
		}
		if got := scan(); got != [3]int{} {
			t.Errorf("without the option, servers got %v requests for shards of others", got)
		}
		if got := scan(ReadAny()); got == [3]int{} {
			t.Error("with the option, all requests went to the leaders")
		}
		f.Forward = false // and the others refuse
		scan(ReadAny())
	})
}
