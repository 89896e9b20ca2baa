package node

import "testing"

// TestGathering: most of those who were answered are waited for, and nobody else is; where they do not come back, that is tried more and more
// seldom.
func TestGathering(t *testing.T) {
	var g gathering
	if g.wait(1) {
		t.Error("the first write of all waits")
	}
	g.answer(1, 0)
	if g.wait(1) {
		t.Error("who was alone waits")
	}
	g.answer(40, 10)
	for writes, want := range map[int]bool{0: false, 39: true, 40: false, 50: false} {
		if g.wait(writes) != want {
			t.Errorf("%d writes after 50 wait: %v", writes, !want)
		}
	}
	waits := 0
	for range 200 { // nobody comes back
		if g.wait(10) {
			waits++
		}
		g.begin(10)
		g.answer(40, 10)
	}
	if waits < 3 || waits > 20 {
		t.Errorf("of 200 rounds, %d waited in vain", waits)
	}
}
