// Package drive holds a load on a target for a while, and measures it.
//
// Each worker has one call in flight. It keeps what it saw in a buffer of its own; once a second one
// goroutine, the owner of the counts, takes all buffers away and gives empty ones back. So workers share
// no lock and no counter while they measure, and what is kept grows with the number of calls and not with
// that of the workers.
package drive

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// Load is what a step holds: Clients, or a Rate if there are none.
type Load struct {
	Clients     int           // closed loop: workers, each of which sends its next call when the last has ended
	Rate        int           // open loop: calls due in a second, whatever has become of those before
	MaxInFlight int           // open loop: most workers
	Warmup      time.Duration // before the window; calls are sent and not counted
	Duration    time.Duration // of the window, above 0; without meaning if there are Calls
	Calls       int           // closed loop: the window lasts until each worker has made so many calls in it; 0 if it lasts for Duration
	Timeout     time.Duration // of each call, above 0
}

// Why a step ended before its time.
const (
	Interrupted = "interrupted"
	HistoryFull = "the history is full"
)

// forever is longer than any window. It leaves room for a warm-up.
const forever = time.Duration(1 << 62)

// Driver drives one target, step after step. It is not for concurrent use.
type Driver struct {
	Calls Calls
	Send  func(worker int) Send // makes the Send of a worker; workers count on from step to step

	// HistoryLimit is how many calls may be made in all, each of which is then kept in History; 0 if there
	// is no limit and no History. The run ends at the limit rather than leave out calls, because a
	// history that lacks some of them proves nothing.
	HistoryLimit int
	History      []history.Operation // complete after a step

	// Nap sleeps for up to 2 ms, more exactly than Go's timers: on an idle machine these are late by up to
	// a millisecond, which would be part of every latency of an open loop. It may be nil.
	Nap func(time.Duration)

	base    time.Time // of the times in the History
	workers int       // of all steps so far
	made    atomic.Int64
}

// Full says whether HistoryLimit is reached. No further call is made then.
func (d *Driver) Full() bool {
	return d.HistoryLimit > 0 && d.made.Load() >= int64(d.HistoryLimit)
}

// Conclude adds what one more client did to the History, which holds calls, when all steps are over: end returns it, with the times
// that now tells.
func (d *Driver) Conclude(end func(now func() int64) []history.Operation) {
	for _, operation := range end(func() int64 { return int64(time.Since(d.base)) }) {
		operation.Client = d.workers
		d.History = append(d.History, operation)
	}
}

// Run runs a step. When ctx is done the step ends early, and what it has measured counts. Calls that are
// under way at the end are waited for. As soon as an interval is complete it is handed to seen, from
// another goroutine, which reuses its histogram afterwards.
func (d *Driver) Run(ctx context.Context, load Load, seen func(result.Interval)) result.Step {
	if d.base.IsZero() {
		d.base = time.Now()
	}
	if load.Calls > 0 {
		load.Duration = forever
	}
	start := time.Now()
	inner, cancel := context.WithDeadline(ctx, start.Add(load.Warmup+load.Duration))
	defer cancel()
	s := &step{
		driver: d, load: load, start: start, cancel: cancel,
		counts: newCounts(d.Calls, load.Warmup, load.Warmup+load.Duration, seen),
	}
	stop := make(chan struct{})
	var collector sync.WaitGroup
	collector.Go(func() { s.collect(inner, stop) })

	if load.Clients > 0 {
		s.closed(inner)
	} else {
		s.open(inner)
	}
	close(stop)
	collector.Wait()
	figures := s.figures()
	switch {
	case figures.Seconds >= load.Duration.Seconds():
	case load.Calls > 0 && figures.Answered()+figures.Failed() == int64(load.Clients)*int64(load.Calls):
	case ctx.Err() != nil:
		figures.CutShort = Interrupted
	default:
		figures.CutShort = HistoryFull
	}
	return figures
}

// step is one run of Driver.Run. Its times count from start.
type step struct {
	driver *Driver
	load   Load
	start  time.Time
	cancel context.CancelFunc // ends the step
	counts *counts            // owned by collect, then by figures

	mu      sync.Mutex
	workers []*worker // those started so far; guarded by mu

	inFlight atomic.Int64 // open loop
	peak     int64        // open loop: the highest inFlight; owned by open
	capped   bool         // open loop; owned by open
	unsent   int          // open loop; owned by open
}

func (s *step) elapsed() time.Duration { return time.Since(s.start) }

// collect takes what the workers have seen to the counts, a little after the end of each second, until
// stop is closed and everything is there.
func (s *step) collect(ctx context.Context, stop <-chan struct{}) {
	// The window begins after the warm-up; its seconds, and so its intervals, are counted from there.
	timer := time.NewTimer(s.load.Warmup + time.Second)
	defer timer.Stop()
	done := ctx.Done()
	for second := 1; ; {
		select {
		case <-timer.C:
			s.take()
			s.counts.emit(second - 1) // a late sample may still come for the last one
			second++
			timer.Reset(s.load.Warmup + time.Duration(second)*time.Second - s.elapsed())
		case <-done:
			s.counts.cut(s.elapsed())
			done = nil
		case <-stop:
			s.counts.cut(s.elapsed() + 1) // what ended at this very moment is in the window
			s.take()
			s.counts.emitAll()
			return
		}
	}
}

func (s *step) take() {
	s.mu.Lock()
	workers := s.workers
	s.mu.Unlock()
	for _, w := range workers {
		for _, sample := range w.take() {
			s.counts.add(sample)
		}
	}
}

// figures returns the step's figures, and keeps its history. All workers have stopped.
func (s *step) figures() result.Step {
	figures := s.counts.figures()
	if s.load.Clients > 0 {
		figures.Clients, figures.MaxInFlight = s.load.Clients, s.load.Clients
		figures.MaxDelay = 0
	} else {
		figures.Rate, figures.MaxInFlight = s.load.Rate, int(s.peak)
		figures.Capped, figures.Unsent = s.capped, s.unsent
	}
	figures.Started, figures.Stopped = s.start.Add(s.load.Warmup), time.Now()
	for _, w := range s.workers {
		for code, message := range w.examples {
			if figures.Examples == nil {
				figures.Examples = make(map[string]string)
			}
			figures.Examples[code] = message
		}
		s.driver.History = append(s.driver.History, w.operations...)
	}
	return figures
}
