package remotetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"numstore.example/services/numstore/internal/remote"
)

const (
	callers       = 64
	benchmarkKeys = 1000
)

// Benchmark measures Sets of 64 callers: through one store, through one that has a swap for each, and through four stores
// that have 16 of the callers each.
func Benchmark(b *testing.B, open Open) {
	for _, shape := range []struct {
		name   string
		stores int
		change func(remote.Engine) remote.Engine
	}{
		{name: "one store", stores: 1},
		{name: "one store, one update in a swap", stores: 1, change: func(e remote.Engine) remote.Engine { return single{e} }},
		{name: "four stores", stores: 4},
	} {
		runs := 0
		b.Run(shape.name, func(b *testing.B) {
			runs++
			var stores []*remote.Store
			for range shape.stores {
				engine := open(b, fmt.Sprint(shape.name, runs, "/"))
				if shape.change != nil {
					engine = shape.change(engine)
				}
				stores = append(stores, openStore(b, engine, benchmarkKeys))
			}
			Calls(b, func(ctx context.Context, caller, i int) error {
				_, err := stores[caller%len(stores)].Set(ctx, fmt.Sprint("key", i%benchmarkKeys), int64(i))
				return err
			})
		})
	}
}

// Calls makes b.N calls, numbered, by 64 callers at a time, and reports how many that is in a second, and after which time 99 of 100 had
// their answer.
func Calls(b *testing.B, call func(ctx context.Context, caller, i int) error) {
	var wg sync.WaitGroup
	var made atomic.Int64
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for caller := range callers {
		wg.Go(func() {
			for {
				i := int(made.Add(1))
				if i > b.N {
					return
				}
				begun := time.Now()
				if err := call(b.Context(), caller, i); err != nil {
					b.Error(err)
					return
				}
				took[i-1] = time.Since(begun)
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	b.ReportMetric(took[b.N*99/100].Seconds()*1000, "p99-ms")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// single is an engine that takes the row of one key at a time, beside that of the total.
type single struct{ remote.Engine }

func (e single) Limits() remote.Limits {
	limits := e.Engine.Limits()
	limits.Rows = 2
	return limits
}
