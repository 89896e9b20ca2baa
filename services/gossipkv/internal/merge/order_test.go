package merge_test

import "testing"

// clocked is a write with a vector clock of two servers, as a store might have it that orders by causality and, for concurrent writes, by the
// server's number.
type clocked struct {
	clock  [2]int
	server int
}

// beats is that order.
func (a clocked) beats(b clocked) bool {
	switch {
	case a.after(b):
		return true
	case b.after(a):
		return false
	}
	return a.server > b.server
}

// after says whether a has seen b.
func (a clocked) after(b clocked) bool {
	return a != b && a.clock[0] >= b.clock[0] && a.clock[1] >= b.clock[1]
}

// TestOrder_control: an order by vector clocks, and else by the server's number, has cycles: what is kept depends on the order in which
// writes come. TestBeats would not pass.
func TestOrder_control(t *testing.T) {
	a := clocked{clock: [2]int{0, 1}, server: 3}
	b := clocked{clock: [2]int{1, 1}, server: 1} // had seen a
	c := clocked{clock: [2]int{2, 0}, server: 2} // concurrent with both
	keep := func(x, y clocked) clocked {
		if y.beats(x) {
			return y
		}
		return x
	}
	if !b.beats(a) || !c.beats(b) || !a.beats(c) {
		t.Fatal("no cycle was found")
	}
	if keep(keep(a, b), c) == keep(keep(b, c), a) {
		t.Error("what is kept did not depend on the order")
	}
}
