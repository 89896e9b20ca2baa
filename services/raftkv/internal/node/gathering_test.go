package node

import (
	"testing"
	"time"
)

// TestGathering: for how long, and how often, commands wait for others who were answered.
func TestGathering(t *testing.T) {
	var g gathering
	now := time.Now()
	const disk = 100 * time.Microsecond
	// round proposes commands, has them answered while before others wait, and returns how long now waiting wait then.
	round := func(commands, before, waiting int) time.Duration {
		g.propose(g.last+1, commands, now)
		now = now.Add(disk)
		g.sync(now)
		if before > 0 && g.wait(before, now) != 2*disk {
			t.Errorf("%d wait for %v while %d are not answered; want %v", before, g.wait(before, now), commands, 2*disk)
		}
		g.answer(g.last, before)
		return g.wait(waiting, now)
	}
	if wait := g.wait(1, now); wait != 0 {
		t.Errorf("the first command waits for %v", wait)
	}
	for range 10 {
		if wait := round(1, 0, 1); wait != 0 {
			t.Errorf("who is alone waits for %v", wait)
		}
	}
	if wait := round(10, 5, 14); wait != 2*disk {
		t.Errorf("when one of 15 is missing, 14 wait for %v; want %v", wait, 2*disk)
	}
	if wait := round(15, 0, 15); wait != 0 {
		t.Errorf("when nobody is missing, 15 wait for %v", wait)
	}
	waited := 0
	for range 1000 {
		if round(10, 0, 1) > 0 {
			waited++
		}
		now = now.Add(2 * disk)
		round(1, 0, 10)
	}
	if waited == 0 || waited > 50 {
		t.Errorf("%d of 1000 wait for others who never come back", waited)
	}
	for range maxSkip + 1 {
		round(10, 0, 9)
	}
	if wait := round(10, 0, 9); wait != 2*disk {
		t.Errorf("when others come back again, who is there waits for %v; want %v", wait, 2*disk)
	}
	g.sync(now.Add(time.Second))
	if wait := g.wait(1, now.Add(time.Second)); wait != maxGather {
		t.Errorf("behind a slow disk, they wait for %v; want %v", wait, maxGather)
	}
}
