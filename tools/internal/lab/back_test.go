package lab

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestProgress: what the foremost node showed at a time is what was seen until then.
func TestProgress(t *testing.T) {
	start := time.Now()
	p := progress{{start, 10}, {start, 30}, {start.Add(time.Second), 20}, {start.Add(2 * time.Second), 40}}
	for after, want := range map[time.Duration]uint64{-1: 0, 0: 30, 1500 * time.Millisecond: 30, 2 * time.Second: 40, time.Minute: 40} {
		if got, known := p.before(start.Add(after)); got != want || known != (after >= 0) {
			t.Errorf("after %v: %d, %v; want %d", after, got, known, want)
		}
	}
}

// TestBringBack: a node is back once it shows what the others showed a Lag ago, and not before.
func TestBringBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := time.Now()
		s := &Server{nodes: []*Node{{program: Process{Address: "other"}}, {program: Process{Address: "back"}}}}
		s.command.Ask = func(_ context.Context, address string) (Status, error) {
			now := time.Since(first)
			if address == "back" && now < 6*Lag {
				now -= Lag + 10*time.Millisecond // a little too far
			}
			return Status{Applied: uint64(max(0, now.Milliseconds()))}, nil
		}
		restarted := 0
		seconds, err := s.bringBack(t.Context(), s.nodes[1], func() error { restarted++; return nil })
		// It is started when the others have been watched for a lag.
		if want := (5 * Lag).Seconds(); err != nil || seconds < want-0.2 || seconds > want+0.2 {
			t.Errorf("it was back after %v s, %v; want %v", seconds, err, want)
		}
		if restarted != 1 {
			t.Errorf("it was started %d times; want once", restarted)
		}
	})
}
