package raftkv

import (
	"sync"

	"numstore.example/contracts/raftkvpb"
)

// flight is the calls of one stream that have no answer yet. A call's tag is its place.
type flight struct {
	mu    sync.Mutex
	calls []*call // nil where a tag is free
	free  []uint64
}

// add gives tags to calls.
func (f *flight) add(calls []*call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range calls {
		if last := len(f.free) - 1; last >= 0 {
			c.operation.Tag = f.free[last]
			f.free = f.free[:last]
			f.calls[c.operation.Tag] = c
			continue
		}
		c.operation.Tag = uint64(len(f.calls))
		f.calls = append(f.calls, c)
	}
}

// remove appends to a slice the call of each answer, nil for an answer to none. It reports whether there
// was no room for others before.
func (f *flight) remove(answers []*raftkvpb.Answer, into []*call) (calls []*call, full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	full = len(f.calls)-len(f.free) >= maxInFlight
	for _, a := range answers {
		var c *call
		if tag := a.GetTag(); tag < uint64(len(f.calls)) && f.calls[tag] != nil {
			c, f.calls[tag] = f.calls[tag], nil
			f.free = append(f.free, tag)
		}
		into = append(into, c)
	}
	return into, full
}

// size returns the number of calls in flight.
func (f *flight) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls) - len(f.free)
}

// all returns the calls that have no answer.
func (f *flight) all() (calls []*call) {
	for _, c := range f.calls {
		if c != nil {
			calls = append(calls, c)
		}
	}
	return calls
}
