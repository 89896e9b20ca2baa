package wire

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// TestLatencies: each call is counted where the contract says, and nothing is lost at either end.
func TestLatencies(t *testing.T) {
	var l Latencies
	if got := l.Message().GetCounts(); len(got) > 0 {
		t.Errorf("nobody has called, and it counts %v", got)
	}
	for took, calls := range map[time.Duration]int{
		-time.Second: 1, 0: 10, 999 * time.Nanosecond: 100,
		time.Microsecond: 2, 2 * time.Microsecond: 3, 3 * time.Microsecond: 4, 4 * time.Microsecond: 5,
	} {
		l.Add(calls, took)
	}
	if got := fmt.Sprint(l.Message().GetCounts()); got != "[111 2 7 5]" {
		t.Errorf("it counts %s; want [111 2 7 5]", got)
	}
	l.Add(1, math.MaxInt64)
	if got := l.Message().GetCounts(); len(got) != 32 || got[31] != 1 {
		t.Errorf("with one that took for ever it counts %v", got)
	}
}
