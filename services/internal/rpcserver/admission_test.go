package rpcserver

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// counter counts the calls that are being handled, and holds each for a minute.
type counter struct {
	mu                  sync.Mutex
	inside, most, total int
}

// call goes through the admission as a call does.
func (c *counter) call(ctx context.Context, calls *admission) {
	if err := calls.enter(ctx); err != nil {
		return
	}
	defer calls.leave()
	c.add(1)
	time.Sleep(time.Minute) // of the bubble's clock
	c.add(-1)
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside += n
	c.most = max(c.most, c.inside)
	c.total += max(n, 0)
}

// TestAdmission_workers offers ten calls to three workers: all are handled, never more than three at
// once.
func TestAdmission_workers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, counter := newAdmission(3, 7), &counter{}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { counter.call(t.Context(), calls) })
		}
		wg.Wait()
		if counter.total != 10 || counter.most != 3 {
			t.Errorf("%d calls were handled, %d at once; want 10, 3 at once", counter.total, counter.most)
		}
	})
}

func TestAdmission_queueFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := newAdmission(1, 2)
		for range 3 { // one worker and two places in the queue
			go new(counter).call(t.Context(), calls)
		}
		synctest.Wait()

		err := calls.enter(t.Context())
		if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "2 calls wait") {
			t.Errorf("the fourth call got %v; want RESOURCE_EXHAUSTED with the limit", err)
		}
		time.Sleep(time.Hour)
		if err := calls.enter(t.Context()); err != nil {
			t.Errorf("after the load was gone: %v", err)
		}
	})
}

// TestAdmission_deadline lets a call's deadline pass, and another's caller give up, in the queue. Both
// leave it: their places are free again, and their handlers never run.
func TestAdmission_deadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := newAdmission(1, 1)
		go new(counter).call(t.Context(), calls)
		synctest.Wait()

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := calls.enter(short); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("got %v; want DEADLINE_EXCEEDED", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := calls.enter(gone); status.Code(err) != codes.Canceled {
			t.Errorf("got %v; want CANCELED", err)
		}
		if n := calls.waiting.Load(); n != 0 {
			t.Errorf("%d calls wait; want none", n)
		}
		if err := calls.enter(t.Context()); err != nil {
			t.Errorf("the queue's only place is not free again: %v", err)
		}
	})
}

// TestAdmission_over: a call that nobody waits for any more takes no worker, even when one is free, or becomes free
// just then.
func TestAdmission_over(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := newAdmission(1, 1)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := calls.enter(gone); status.Code(err) != codes.Canceled {
			t.Errorf("whose caller has gone: %v; want CANCELED", err)
		}
		if err := calls.enter(expiringContext{t.Context(), time.Now()}); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("whose deadline has passed: %v; want DEADLINE_EXCEEDED", err)
		}
		if err := calls.enter(t.Context()); err != nil {
			t.Fatalf("a call after them: %v", err)
		}
		waited := make(chan error)
		go func() { waited <- calls.enter(expiringContext{t.Context(), time.Now().Add(time.Second)}) }()
		synctest.Wait()
		time.Sleep(2 * time.Second)
		calls.leave()
		if err := <-waited; status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("whose deadline has passed in the queue: %v; want DEADLINE_EXCEEDED", err)
		}
		if err := calls.enter(t.Context()); err != nil {
			t.Errorf("the worker is not free again: %v", err)
		}
	})
}

// expiringContext has a deadline, and no timer for it.
type expiringContext struct {
	context.Context
	deadline time.Time
}

func (c expiringContext) Deadline() (time.Time, bool) { return c.deadline, true }
