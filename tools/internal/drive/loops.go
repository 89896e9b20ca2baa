package drive

import (
	"context"
	"sync"
	"time"

	"numstore.example/tools/internal/pace"
)

// closed lets all clients send until ctx is done, or each has made the calls of the load. Those that were sent in the warm-up do not count.
func (s *step) closed(ctx context.Context) {
	var wg sync.WaitGroup
	for range s.load.Clients {
		w := s.newWorker()
		wg.Go(func() {
			for made := 0; ctx.Err() == nil && (s.load.Calls == 0 || made < s.load.Calls); {
				due := s.elapsed()
				w.call(ctx, due)
				if due >= s.load.Warmup {
					made++
				}
			}
		})
	}
	wg.Wait()
}

// grace is how long after the end calls may be sent that were due before it. The last calls of a schedule
// need a moment of it; a target or a machine that is further behind than that has not kept the schedule.
const grace = 100 * time.Millisecond

// open sends calls when they are due. It never waits for a call to end unless as many are in flight as may
// be; calls that are then still waiting at the end are never sent. A call that is sent late remembers when
// it was due.
func (s *step) open(ctx context.Context) {
	schedule := pace.Schedule{Rate: s.load.Rate, Length: s.load.Warmup + s.load.Duration}
	// ctx ends with the schedule, and so before its last calls may have been sent.
	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), schedule.Length+grace)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if s.elapsed() < schedule.Length {
			cancel() // interrupted, or the history is full
		}
	})
	defer stop()

	crew := crew{step: s, work: make(chan time.Duration)}
	sent := 0
	for patient.Err() == nil {
		wait, more := schedule.Next(s.elapsed(), sent)
		if !more {
			break
		}
		if wait > 0 {
			s.pause(patient, wait)
			continue
		}
		if crew.send(patient, schedule.Due(sent)) {
			sent++
		}
	}
	<-ctx.Done() // the last call is due before the end of the window, and what comes after it counts
	close(crew.work)
	crew.wg.Wait()
	if s.elapsed() >= schedule.Length {
		s.unsent = schedule.Calls() - sent
	}
}

// The waits that are left to Driver.Nap. Shorter ones mean so many calls that the machine is never idle,
// and timers are in time; to block a processor would only slow down the other calls.
const (
	shortNap = 200 * time.Microsecond
	longNap  = 2 * time.Millisecond
)

// pause waits, or until ctx is done. It may return early.
func (s *step) pause(ctx context.Context, wait time.Duration) {
	switch nap := s.driver.Nap; {
	case nap == nil || wait < shortNap:
	case wait <= longNap:
		nap(wait)
		return
	default:
		wait -= longNap
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// crew is the workers of an open loop.
type crew struct {
	step *step
	work chan time.Duration // when the next call was due; taken by a worker that is idle
	size int
	wg   sync.WaitGroup
}

// send hands a call to an idle worker, or to a new one. When there may be no more workers it waits for
// one, and says false if ctx is done before.
func (c *crew) send(ctx context.Context, due time.Duration) bool {
	s := c.step
	inFlight := s.inFlight.Add(1)
	select {
	case c.work <- due:
	default:
		if c.size < s.load.MaxInFlight {
			c.start(ctx, due)
			break
		}
		s.capped = true
		s.inFlight.Add(-1) // a call that waits is not in flight
		select {
		case c.work <- due:
			inFlight = s.inFlight.Add(1)
		case <-ctx.Done():
			return false
		}
	}
	s.peak = max(s.peak, min(inFlight, int64(c.size))) // a call may have ended since it was counted
	return true
}

// start starts a worker whose first call was due at a time. It stops when work is closed.
func (c *crew) start(ctx context.Context, due time.Duration) {
	c.size++
	w := c.step.newWorker()
	c.wg.Go(func() {
		w.call(ctx, due)
		c.step.inFlight.Add(-1)
		for due := range c.work {
			w.call(ctx, due)
			c.step.inFlight.Add(-1)
		}
	})
}
