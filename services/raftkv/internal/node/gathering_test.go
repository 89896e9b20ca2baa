package node

import (
	"testing"
	"time"
)

// TestGathering: for how long, and how often, commands wait for others who were answered.
func TestGathering(t *testing.T) {
	var g gathering
	now := time.Now()
	const disk, patience = 100 * time.Microsecond, gatherSyncs * 100 * time.Microsecond
	// round proposes commands of three shards, has them answered while before others wait, and returns for how long waiting wait then.
	round := func(commands, before, waiting int) time.Duration {
		g.propose(3, commands, now)
		now = now.Add(disk)
		g.sync(now)
		for range 3 {
			if before > 0 && g.wait(before, now) != patience {
				t.Errorf("%d wait for %v while %d are not answered; want %v", before, g.wait(before, now), commands, patience)
			}
			g.answer(g.round, before)
		}
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
	if wait := round(10, 5, 11); wait != patience {
		t.Errorf("when four of 15 are missing, 11 wait for %v; want %v", wait, patience)
	}
	if wait := round(15, 0, 12); wait != 0 {
		t.Errorf("when three of 15 are missing, 12 wait for %v", wait)
	}
	waited := 0
	for range 1000 {
		if round(10, 0, 1) > 0 {
			waited++
			now = now.Add(patience)
			if wait := g.wait(1, now); wait != 0 {
				t.Errorf("who has waited for others waits for %v more", wait)
			}
		}
	}
	if waited == 0 || waited > 50 {
		t.Errorf("%d of 1000 wait for others who never come back", waited)
	}
	for range maxSkip + 1 {
		if round(10, 0, 1) > 0 {
			g.wait(10, now)
		}
	}
	for range 3 {
		if wait := round(10, 0, 7); wait != patience {
			t.Errorf("when others come back again, who is there waits for %v; want %v", wait, patience)
		}
		g.wait(10, now)
	}
	g.sync(now.Add(time.Second))
	if wait := g.wait(1, now.Add(time.Second)); wait != maxGather {
		t.Errorf("behind a slow disk, they wait for %v; want %v", wait, maxGather)
	}
	last := g.round
	g.propose(1, 10, now)
	g.answer(last, 0)
	if g.answered {
		t.Error("an answer to an earlier round counts for this one")
	}
}
