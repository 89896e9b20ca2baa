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
// served, and leave it when their deadline passes or their caller gives up; nobody takes a worker for those. The line has an end: who
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
	if err := over(ctx); err != nil {
		return unhandled(err, "before it had a worker")
	}
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
		return unhandled(err, "while it waited for a worker")
	}
	if err := over(ctx); err != nil {
		a.leave()
		return unhandled(err, "while it waited for a worker")
	}
	return nil
}

// over returns why nobody waits for the answer to a call any more, or nil. In a storm of calls with short deadlines it
// knows that before the timers which end them come to run.
func over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, limited := ctx.Deadline(); limited && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

func unhandled(err error, when string) error {
	return status.Errorf(status.FromContextError(err).Code(), "the call was not handled: %v %s", err, when)
}

func (a *admission) leave() { a.workers.Release(1) }
