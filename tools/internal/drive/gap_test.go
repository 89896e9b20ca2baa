package drive

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

func TestLongestGap(t *testing.T) {
	for _, test := range []struct {
		answered     []int // in milliseconds
		window, want int
	}{
		{nil, 500, 500},
		{[]int{0}, 300, 300},
		{[]int{70}, 80, 70},
		{[]int{10, 20, 150, 152}, 160, 130},
		{[]int{0, 63, 64, 128}, 130, 64},
		{[]int{10}, 10, 10},
	} {
		var a answers
		for _, i := range rand.Perm(len(test.answered)) {
			a.add(time.Duration(test.answered[i])*time.Millisecond + 300*time.Microsecond)
		}
		if got := a.longestGap(time.Duration(test.window) * time.Millisecond); got != time.Duration(test.want)*time.Millisecond {
			t.Errorf("answers at %v in %d ms leave a gap of %v; want %d ms", test.answered, test.window, got, test.want)
		}
	}
}

// TestRun_gap: a target that answers nobody for a while makes a gap as long; failures are no answers, nor is what
// ends before the window.
func TestRun_gap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		driver := &Driver{Calls: Calls{Names: []string{"Do"}, Marks: []string{""}}, Send: func(worker int) Send {
			return func(context.Context, *history.Operation) Outcome {
				time.Sleep(10 * time.Millisecond)
				if at := time.Since(start); at > 2*time.Second && at < 2600*time.Millisecond {
					return Outcome{Err: status.Error(codes.Unavailable, "away")}
				}
				return Outcome{}
			}
		}}
		load := Load{Clients: 3, Warmup: time.Second, Duration: 4 * time.Second, Timeout: time.Second}
		step := driver.Run(t.Context(), load, func(result.Interval) {})
		if step.LongestGap < 580 || step.LongestGap > 620 {
			t.Errorf("the longest gap is %v ms; want 600", step.LongestGap)
		}
	})
}
