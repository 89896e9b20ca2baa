package node

import "time"

// clock is the log's time, in milliseconds: how long the group has had a leader, as its leaders have measured it, one
// after the other. No clock that tells the time of day is asked, so none that leaps, forward or back, moves it: it goes on
// with the time that passes on the leader, and stands still while there is none. What counts idle clients by it so
// forgets none of them for a time in which nobody could have written.
//
// The time of day is what logs of older versions hold; such a log goes on from there.
type clock struct {
	runs bool          // this replica leads
	last uint64        // the latest time in the log, as far as it is known here
	at   time.Duration // since this replica's start: when that was the log's time, if it runs
}

// start lets a new leader go on from the latest time that it knows.
func (c *clock) start(last uint64, uptime time.Duration) {
	*c = clock{runs: true, last: max(c.last, last), at: uptime}
}

// stop is for who leads no more.
func (c *clock) stop() { c.runs = false }

// read returns the log's time. While the clock runs, it is never less than what was read before.
func (c *clock) read(uptime time.Duration) uint64 {
	if !c.runs {
		return c.last
	}
	return c.last + uint64((uptime - c.at).Milliseconds())
}

// saw takes up the time of an entry that was applied, which may be another leader's.
func (c *clock) saw(time uint64, uptime time.Duration) {
	if time > c.read(uptime) {
		c.last, c.at = time, uptime
	}
}

// uptime is how long ago the replica was started, by a clock that nobody can set.
func (r *Replica) uptime() time.Duration { return time.Since(r.started) }
