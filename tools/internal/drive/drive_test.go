package drive

import (
	"context"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// target is a service with one call. It takes what latency says after the start of the test, and keeps to
// the deadline.
type target struct {
	latency func(elapsed time.Duration) time.Duration
	start   time.Time
}

func steady(latency time.Duration) *target {
	return &target{latency: func(time.Duration) time.Duration { return latency }}
}

func (t *target) driver() *Driver {
	t.start = time.Now()
	return &Driver{
		Calls: Calls{Names: []string{"Do"}, Marks: []string{"", "odd"}},
		Send: func(worker int) Send {
			return func(ctx context.Context, operation *history.Operation) Outcome {
				if operation != nil {
					operation.Call, operation.Answer = "Do", "done"
				}
				timer := time.NewTimer(t.latency(time.Since(t.start)))
				defer timer.Stop()
				select {
				case <-timer.C:
					return Outcome{Mark: worker % 2}
				case <-ctx.Done():
					return Outcome{Err: status.FromContextError(ctx.Err()).Err()}
				}
			}
		},
	}
}

// watch returns a function that collects what is seen of intervals.
func watch() (func(result.Interval), *[]float64) {
	var throughput []float64
	return func(i result.Interval) { throughput = append(throughput, i.Throughput()) }, &throughput
}

// near reports whether two figures are equal but for a call at an edge, or for the histogram's digits.
func near(got, want float64) bool { return math.Abs(got-want) <= 0.011*math.Abs(want) }

func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, throughput := watch()
		load := Load{Clients: 4, Rate: 7, Warmup: time.Second, Duration: 2500 * time.Millisecond, Timeout: time.Second}
		got := steady(10*time.Millisecond).driver().Run(t.Context(), load, seen)
		if !near(got.Throughput, 400) || !near(float64(got.Answered()), 1000) || got.Seconds != 2.5 || got.CutShort != "" || got.Capped || got.Unsent != 0 {
			t.Errorf("%+v; want 400 calls/s for 2.5 s", got)
		}
		if got.Clients != 4 || got.Rate != 0 || got.MaxInFlight != 4 || got.MaxDelay != 0 || !near(float64(got.Marks["odd"]), 500) {
			t.Errorf("%+v; want 4 clients, 2 of them odd", got)
		}
		if p50, top := got.Latency.Milliseconds(50), got.Latency.Milliseconds(100); !near(p50, 10) || !near(top, 10) {
			t.Errorf("latency %v and %v ms; want 10", p50, top)
		}
		if len(*throughput) != 3 || slices.ContainsFunc(*throughput, func(x float64) bool { return math.Abs(x-400) > 8 }) {
			t.Errorf("the intervals have %v calls/s; want 400 in each of three", *throughput)
		}
	})
}

func TestOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, throughput := watch()
		load := Load{Rate: 1000, MaxInFlight: 100, Warmup: time.Second, Duration: 2 * time.Second, Timeout: time.Second}
		got := steady(10*time.Millisecond).driver().Run(t.Context(), load, seen)
		if got.Answered() != 2000 || !near(got.Throughput, 1000) || got.Capped || got.Unsent != 0 || got.MaxDelay != 0 || got.Rate != 1000 {
			t.Errorf("%+v; want 2000 calls in 2 s", got)
		}
		if got.MaxInFlight < 10 || got.MaxInFlight > 11 || !near(got.Latency.Milliseconds(100), 10) {
			t.Errorf("%d in flight and %v ms; want 10 and 10", got.MaxInFlight, got.Latency.Milliseconds(100))
		}
		if len(*throughput) != 2 || !near((*throughput)[0], 1000) || !near((*throughput)[1], 1000) {
			t.Errorf("the intervals have %v calls/s; want 1000 in each of two", *throughput)
		}
	})
}

// TestOpen_stall has a target that does nothing for a second: calls go on being sent, and those that had
// to wait say so, also when fewer may be in flight than would have been sent.
func TestOpen_stall(t *testing.T) {
	for _, test := range []struct {
		most   int
		capped bool
	}{{1000, false}, {5, true}} {
		synctest.Test(t, func(t *testing.T) {
			stalled := &target{latency: func(elapsed time.Duration) time.Duration {
				if elapsed >= time.Second && elapsed < 2*time.Second {
					return 2*time.Second - elapsed
				}
				return time.Millisecond
			}}
			seen, _ := watch()
			load := Load{Rate: 100, MaxInFlight: test.most, Duration: 4 * time.Second, Timeout: 10 * time.Second}
			got := stalled.driver().Run(t.Context(), load, seen)
			if got.Answered() != 400 || got.Unsent != 0 || got.Capped != test.capped || got.MaxInFlight > test.most {
				t.Errorf("%+v; want 400 calls, capped %v", got, test.capped)
			}
			// A quarter of the calls fell into the stall, and waited for half a second on average.
			if p87, top := got.Latency.Milliseconds(87.5), got.Latency.Milliseconds(100); p87 < 450 || p87 > 550 || !near(top, 1000) {
				t.Errorf("latency %v and %v ms; want 500 and 1000", p87, top)
			}
			if test.capped && !near(got.MaxDelay, 950) {
				t.Errorf("a call was %v ms late; want 950", got.MaxDelay)
			}
		})
	}
}

// TestOpen_overload: a schedule that cannot be kept ends on time, and what was not sent is counted.
func TestOpen_overload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, _ := watch()
		load := Load{Rate: 1000, MaxInFlight: 2, Duration: 2 * time.Second, Timeout: time.Second}
		start := time.Now()
		got := steady(10*time.Millisecond).driver().Run(t.Context(), load, seen)
		if took := time.Since(start); took > 2*time.Second+grace+20*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if !got.Capped || got.MaxInFlight != 2 || !near(got.Throughput, 200) || got.CutShort != "" {
			t.Errorf("%+v; want 200 calls/s with 2 in flight", got)
		}
		if int64(got.Unsent)+got.Answered() != 2000 {
			t.Errorf("%d sent and %d unsent; want 2000", got.Answered(), got.Unsent)
		}
	})
}

func TestRun_errors(t *testing.T) {
	for _, load := range []Load{{Clients: 2}, {Rate: 20, MaxInFlight: 10}} {
		synctest.Test(t, func(t *testing.T) {
			load.Duration, load.Timeout = time.Second, 100*time.Millisecond
			seen, throughput := watch()
			got := steady(time.Hour).driver().Run(t.Context(), load, seen)
			if got.Failed() != 20 || got.Errors["DEADLINE_EXCEEDED"] != 20 || got.Examples["DEADLINE_EXCEEDED"] == "" || got.Answered() != 0 || got.Throughput != 0 {
				t.Errorf("%+v; want 20 calls that failed", got)
			}
			if !slices.Equal(*throughput, []float64{0}) {
				t.Errorf("the intervals have %v calls/s; want 0", *throughput)
			}
		})
	}
}

func TestRun_interrupted(t *testing.T) {
	for _, load := range []Load{{Clients: 1}, {Rate: 100, MaxInFlight: 10}} {
		for after, want := range map[time.Duration]int64{500 * time.Millisecond: 0, 2500 * time.Millisecond: 150} {
			synctest.Test(t, func(t *testing.T) {
				load.Warmup, load.Duration, load.Timeout = time.Second, time.Hour, time.Second
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				seen, throughput := watch()
				got := steady(10*time.Millisecond).driver().Run(ctx, load, seen)
				if got.CutShort != Interrupted || math.Abs(float64(got.Answered()-want)) > 2 || got.Seconds != float64(want)/100 || got.Unsent != 0 {
					t.Errorf("after %v: %+v; want %d calls", after, got, want)
				}
				if len(*throughput) != int(want+99)/100 {
					t.Errorf("after %v: the intervals have %v calls/s", after, *throughput)
				}
			})
		}
	}
}

// TestRun_history: the history holds every call that was made, over several steps, and no more than asked.
func TestRun_history(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		driver := steady(10 * time.Millisecond).driver()
		driver.HistoryLimit = 250
		seen, _ := watch()
		first := driver.Run(t.Context(), Load{Clients: 1, Duration: 995 * time.Millisecond, Timeout: time.Second}, seen)
		if first.CutShort != "" || driver.Full() || len(driver.History) != 100 {
			t.Fatalf("%+v, with a history of %d; want 100 calls", first, len(driver.History))
		}
		second := driver.Run(t.Context(), Load{Rate: 100, MaxInFlight: 10, Warmup: time.Second, Duration: time.Hour, Timeout: 5 * time.Millisecond}, seen)
		if second.CutShort != HistoryFull || !driver.Full() || len(driver.History) != 250 || math.Abs(float64(second.Failed())-50) > 1 {
			t.Fatalf("%+v, with a history of %d; want 50 calls after the warm-up", second, len(driver.History))
		}
		for i, operation := range driver.History {
			answered := operation.Client == 0 && operation.Answer == "done" && operation.Failure == "" && operation.End-operation.Start == int64(10*time.Millisecond)
			failed := operation.Client > 0 && operation.Answer == "" && operation.Failure == result.CodeName(codes.DeadlineExceeded) && operation.Start >= int64(time.Second)
			if answered == failed || answered != (i < 100) {
				t.Errorf("operation %d is %+v", i, operation)
			}
		}
	})
}

// TestConclude: what ends a history comes after all calls, from a client of its own.
func TestConclude(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := steady(700 * time.Millisecond).driver()
		d.HistoryLimit = 100
		d.Run(t.Context(), Load{Clients: 2, Duration: 2 * time.Second, Timeout: time.Minute}, func(result.Interval) {})
		time.Sleep(time.Second)
		d.Conclude(func(now func() int64) []history.Operation {
			start := now()
			time.Sleep(time.Second)
			return []history.Operation{{Call: "End", Answer: "done", Start: start, End: now()}}
		})
		want := history.Operation{Client: 2, Call: "End", Answer: "done", Start: 3.1e9, End: 4.1e9}
		if n := len(d.History); n != 7 || d.History[6] != want {
			t.Errorf("the history is %+v; want six calls, and %+v", d.History, want)
		}
	})
}

// TestClosed_calls: each client makes as many calls as asked, behind the warm-up, whether they are answered or not; the window ends with
// the last of them.
func TestClosed_calls(t *testing.T) {
	for _, test := range []struct {
		warmup, latency time.Duration
		answered        int64
		seconds         float64
	}{
		{0, 10 * time.Millisecond, 600, 1.5},
		{1005 * time.Millisecond, 10 * time.Millisecond, 600, 1.505}, // a call of the warm-up ends in the window
		{0, time.Hour, 0, 15},                                        // all fail at their deadline
	} {
		synctest.Test(t, func(t *testing.T) {
			seen, throughput := watch()
			load := Load{Clients: 4, Calls: 150, Warmup: test.warmup, Timeout: 100 * time.Millisecond}
			start := time.Now()
			got := steady(test.latency).driver().Run(t.Context(), load, seen)
			if got.Answered() != test.answered || got.Answered()+got.Failed() != 600 || got.CutShort != "" || got.Clients != 4 {
				t.Errorf("%+v; want 600 calls, %d of them answered", got, test.answered)
			}
			if took := time.Since(start) - test.warmup; !near(got.Seconds, test.seconds) || !near(took.Seconds(), test.seconds) {
				t.Errorf("a window of %v s, after %v; want %v s", got.Seconds, took, test.seconds)
			}
			if all := got.Throughput * got.Seconds; test.warmup == 0 && math.Abs(all-float64(test.answered)) > 0.5 {
				t.Errorf("the throughput is of %v calls; want %d, the last ones too", all, test.answered)
			}
			if want := float64(test.answered) / test.seconds; !near(got.Throughput, want) || len(*throughput) < 2 || !near((*throughput)[0], want) {
				t.Errorf("%v calls/s, by intervals %v; want %v", got.Throughput, *throughput, want)
			}
		})
	}
}

// TestClosed_callsCut: a step that ends before all its calls are made says so.
func TestClosed_callsCut(t *testing.T) {
	for want, limit := range map[string]int{Interrupted: 0, HistoryFull: 30, "": 200} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			driver := steady(10 * time.Millisecond).driver()
			driver.HistoryLimit = limit
			seen, _ := watch()
			load := Load{Clients: 2, Calls: 1000, Timeout: time.Second}
			if limit == 200 {
				load.Calls = 100 // they just fit
			}
			got := driver.Run(ctx, load, seen)
			if got.CutShort != want || limit > 0 && got.Answered() != int64(limit) {
				t.Errorf("%+v; want that it was cut short: %q", got, want)
			}
		})
	}
}
