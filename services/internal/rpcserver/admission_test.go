package rpcserver

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// counter is a handler that counts how many calls are inside it, and holds them for a minute.
type counter struct {
	mu                  sync.Mutex
	inside, most, total int
}

func (c *counter) handle(context.Context, any) (any, error) {
	c.add(1)
	time.Sleep(time.Minute) // of the bubble's clock
	c.add(-1)
	return nil, nil
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside += n
	c.most = max(c.most, c.inside)
	c.total += max(n, 0)
}

var anyCall = &grpc.UnaryServerInfo{FullMethod: "/test.Service/Call"}

// TestAdmission_workers offers ten calls to three workers: all are handled, never more than three at
// once.
func TestAdmission_workers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, counter := newAdmission(3, 7), &counter{}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { calls.intercept(t.Context(), nil, anyCall, counter.handle) })
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
			go calls.intercept(t.Context(), nil, anyCall, new(counter).handle)
		}
		synctest.Wait()

		err := calls.enter(t.Context())
		if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "2 calls wait") {
			t.Errorf("the fourth call got %v; want RESOURCE_EXHAUSTED with the limit", err)
		}
		if _, err := calls.intercept(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: "/grpc.health.v1.Health/Check"},
			func(context.Context, any) (any, error) { return nil, nil }); err != nil {
			t.Errorf("a health check was turned away: %v", err)
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
		go calls.intercept(t.Context(), nil, anyCall, new(counter).handle)
		synctest.Wait()

		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := calls.enter(hasty); status.Code(err) != codes.DeadlineExceeded {
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
