package raftkv

import (
	"sync"
	"time"

	"numstore.example/contracts/raftkvpb"
)

// flight is the calls of one stream that have no answer yet. A call's tag is its place. Times are counted from when the
// stream began.
type flight struct {
	mu     sync.Mutex
	flying []flying
	free   []uint64 // tags

	hurried []uint64      // tags of the calls that do not wait for ever, of the message that is being written, or was last
	begun   time.Duration // when that began to be written
	writing bool          // whether it still is, and has such calls
	heard   time.Duration // when the last answer came, or else 0
}

// flying is a call in flight. One that was given up has nil for the call: its tag is not free before the answer to it came.
type flying struct {
	call    *call
	since   time.Duration // when its message was written, or began to be
	written bool          // whether it was, of a call that does not wait for ever
	lost    bool
}

// add gives tags to calls, which are going to be written as one message.
func (f *flight) add(calls []*call, now time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun, f.hurried = now, f.hurried[:0]
	for _, c := range calls {
		if last := len(f.free) - 1; last >= 0 {
			c.operation.Tag = f.free[last]
			f.free = f.free[:last]
			f.flying[c.operation.Tag] = flying{call: c, since: now}
		} else {
			c.operation.Tag = uint64(len(f.flying))
			f.flying = append(f.flying, flying{call: c, since: now})
		}
		if c.wait > 0 {
			f.hurried = append(f.hurried, c.operation.Tag)
		}
	}
	f.writing = len(f.hurried) > 0
}

// written says that the message was written, for the one goroutine that writes. From now on its calls can be given up, as
// nobody reads them any more.
func (f *flight) written(now time.Duration) {
	if len(f.hurried) == 0 {
		return // nobody would
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writing = false
	for _, tag := range f.hurried {
		f.flying[tag].since, f.flying[tag].written = now, true // which is of no matter if the answer was faster
	}
}

// remove appends to a slice the call of each answer, nil for an answer to none. It reports whether there
// was no room for others before.
func (f *flight) remove(answers []*raftkvpb.Answer, into []*call, now time.Duration) (calls []*call, full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard = now
	full = len(f.flying)-len(f.free) >= maxInFlight
	for _, a := range answers {
		var c *call
		if tag := a.GetTag(); tag < uint64(len(f.flying)) && (f.flying[tag].call != nil || f.flying[tag].lost) {
			c, f.flying[tag] = f.flying[tag].call, flying{}
			f.free = append(f.free, tag)
		}
		into = append(into, c)
	}
	return into, full
}

// look gives up the calls that were sent longer ago than they wait, and returns them. Quiet is for how long calls that do
// not wait for ever, these too, have waited while no answer at all has come; 0 if there are none. Stuck is whether no answer
// has come for stuckAfter to let a message be written, or to make room for one.
func (f *flight) look(now time.Duration) (overdue []*call, quiet time.Duration, stuck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lost := 0
	for tag, flying := range f.flying {
		if flying.lost {
			lost++
		}
		c := flying.call
		if c == nil || c.wait == 0 {
			continue
		}
		quiet = max(quiet, now-max(flying.since, f.heard))
		if flying.written && now-flying.since >= c.wait {
			overdue = append(overdue, c)
			f.flying[tag].call, f.flying[tag].lost = nil, true
		}
	}
	writing := f.writing && now-f.begun >= stuckAfter
	full := lost > 0 && len(f.flying)-len(f.free) >= maxInFlight
	return overdue, quiet, (writing || full) && now-f.heard >= stuckAfter
}

// size returns the number of calls in flight.
func (f *flight) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.flying) - len(f.free)
}

// all returns the calls that have no answer. It is called when the stream is over.
func (f *flight) all() (calls []*call) {
	for _, flying := range f.flying {
		if flying.call != nil {
			calls = append(calls, flying.call)
		}
	}
	return calls
}
