package rpcserver

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// admission lets a fixed number of calls be handled at a time. Others wait in line, first come first
// served, and leave it when their deadline passes or their caller gives up. The line has an end: who
// comes after it is turned away at once, so that an overload costs no more memory than the requests in the line.
type admission struct {
	workers *semaphore.Weighted
	queue   int64        // calls that may wait
	waiting atomic.Int64 // calls that wait, and for a moment those about to be turned away

	waited  prometheus.Histogram // seconds, of the calls that had to wait
	refused prometheus.Counter
}

func newAdmission(workers, queue int) *admission {
	return &admission{
		workers: semaphore.NewWeighted(int64(workers)),
		queue:   int64(queue),
		waited: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "rpcserver_queue_wait_seconds",
			Help:    "Time that calls spent in the queue, of those that found no worker free.",
			Buckets: prometheus.ExponentialBuckets(4e-6, 4, 12),
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rpcserver_queue_refused_total",
			Help: "Calls that were turned away because the queue was full.",
		}),
	}
}

// enter returns once the call may be handled, or with the gRPC status that says why it may not. A call
// that has entered leaves.
func (a *admission) enter(ctx context.Context) error {
	if a.workers.TryAcquire(1) {
		return nil
	}
	defer a.waiting.Add(-1)
	if a.waiting.Add(1) > a.queue {
		a.refused.Inc()
		return status.Errorf(codes.ResourceExhausted,
			"the server is busy: %d calls wait already, the limit of --queue; try again later", a.queue)
	}
	start := time.Now()
	err := a.workers.Acquire(ctx, 1)
	a.waited.Observe(time.Since(start).Seconds())
	if err != nil {
		return status.Errorf(status.FromContextError(err).Code(),
			"the call was not handled: %v while it waited for a worker", err)
	}
	return nil
}

func (a *admission) leave() { a.workers.Release(1) }
