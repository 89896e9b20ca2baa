package node

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"numstore.example/services/raftkv/internal/kv"
)

func TestClock(t *testing.T) {
	const ms = time.Millisecond
	var c clock
	c.saw(900, 10*ms)
	if got := c.read(20 * ms); got != 900 {
		t.Errorf("while another leads, it goes on to %d; want 900", got)
	}
	c.start(1000, 50*ms)
	for _, step := range []struct {
		saw    kv.Millis // 0 for nothing
		uptime time.Duration
		want   kv.Millis
	}{
		{0, 50 * ms, 1000},
		{0, 50*ms + ms/2, 1000},
		{0, 51 * ms, 1001},
		{0, 150 * ms, 1100},
		{1001, 150 * ms, 1100}, // its own entry, or an old one
		{5000, 150 * ms, 5000}, // of a former leader, whose time was later
		{0, 160 * ms, 5010},
		{0, time.Hour + 160*ms, 5010 + 3600_000},
	} {
		if step.saw > 0 {
			c.saw(step.saw, step.uptime)
		}
		if got := c.read(step.uptime); got != step.want {
			t.Errorf("at %v, having seen %d, it is %d; want %d", step.uptime, step.saw, got, step.want)
		}
	}
	c.stop()
	c.saw(9e6, 2*time.Hour)
	c.start(8e6, 9*time.Hour)
	if got := c.read(9*time.Hour + 3*ms); got != 9e6+3 {
		t.Errorf("it goes on as a leader anew at %d; want %d", got, 9_000_003)
	}
}

// TestClock_property: leaders follow each other, each knowing an earlier or later part of the log, and none goes back or
// is faster than the time that has passed.
func TestClock_property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var passed time.Duration // in which somebody led
		var log, known kv.Millis // the latest time in the log, and what the next leader has applied of it
		for range rapid.IntRange(1, 20).Draw(t, "leaders") {
			uptime := time.Duration(rapid.Int64Range(0, 1<<60).Draw(t, "uptime"))
			var leader clock
			leader.start(known, uptime)
			for range rapid.IntRange(0, 20).Draw(t, "entries") {
				step := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "step"))
				uptime, passed = uptime+step, passed+step
				leader.saw(log, uptime) // it has applied what its predecessors have left
				now := leader.read(uptime)
				if now < log || now > kv.Millis(passed.Milliseconds()) {
					t.Fatalf("the log's time goes from %d to %d ms; %v have passed", log, now, passed)
				}
				log = now
			}
			known = kv.Millis(rapid.Uint64Range(uint64(known), uint64(log)).Draw(t, "applied by the next leader"))
		}
	})
}
