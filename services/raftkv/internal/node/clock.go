package node

import (
	"time"

	"numstore.example/services/raftkv/internal/kv"
)

// clock is the log's time: how long the group has had a leader, as its leaders have measured it, one
// after the other. No clock that tells the time of day is asked, so none that leaps, forward or back, moves it: it goes on
// with the time that passes on the leader while it is at work, and stands still while there is none. So no client is idle
// by it for a time in which nobody could have written.
//
// The time of day is what logs of older versions hold; such a log goes on from there.
type clock struct {
	runs bool          // this replica leads
	last kv.Millis     // the latest time in the log, as far as it is known here
	at   time.Duration // by the stopwatch: when that was the log's time, if it runs
}

// start lets a new leader go on from the latest time that it knows.
func (c *clock) start(last kv.Millis, worked time.Duration) {
	*c = clock{runs: true, last: max(c.last, last), at: worked}
}

// stop is for who leads no more.
func (c *clock) stop() { c.runs = false }

// read returns the log's time. While the clock runs, it is never less than what was read before.
func (c *clock) read(worked time.Duration) kv.Millis {
	if !c.runs {
		return c.last
	}
	return c.last + kv.Millis((worked - c.at).Milliseconds())
}

// saw takes up the time of an entry that was applied, which may be another leader's.
func (c *clock) saw(time kv.Millis, worked time.Duration) {
	if time > c.read(worked) {
		c.last, c.at = time, worked
	}
}

// stopwatch is how long a replica has been at work, by a clock that nobody can set. A process that was halted, or waited
// for its disk, was not.
type stopwatch struct {
	started time.Time
	looked  time.Duration // since then
	worked  time.Duration
}

// maxPause is how long a replica at work may go without a look at its stopwatch. It looks at each tick.
const maxPause = 20 * tickInterval

// look returns how long the replica has been at work.
func (s *stopwatch) look() time.Duration {
	now := time.Since(s.started)
	s.worked += min(now-s.looked, maxPause)
	s.looked = now
	return s.worked
}

// rest is look for a replica that does nothing.
func (s *stopwatch) rest() time.Duration {
	s.looked = time.Since(s.started)
	return s.worked
}
