package drive

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Fill makes so many calls, by up to that many workers at a time, and measures nothing. Timeout is the deadline of each. The first
// error ends it, and is returned, or that of ctx.
func Fill(ctx context.Context, workers, calls int, timeout time.Duration, send func(worker int) Send) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var made atomic.Int64
	var wg sync.WaitGroup
	for worker := range min(workers, calls) {
		send := send(worker)
		wg.Go(func() {
			for ctx.Err() == nil && made.Add(1) <= int64(calls) {
				ctx, stop := context.WithTimeout(ctx, timeout)
				outcome := send(ctx, nil)
				stop()
				if outcome.Err != nil {
					cancel(fmt.Errorf("filling: %w", outcome.Err))
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// Fillers is how many workers shall Fill with values of so many bytes: enough to keep a server busy, and not so many that calls with large
// values wait for each other until their deadlines.
func Fillers(size int64) int {
	const most, least, inFlight = 64, 4, 16 << 20
	return int(max(least, min(most, inFlight/max(size, 1))))
}
