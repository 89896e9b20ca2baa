package main

import (
	"strings"
	"testing"
	"time"

	"numstore.example/tools/internal/result"
)

// testSamples are two rounds: in the second, the machine was half as fast.
var testSamples = []sample{
	{Server: bare, Round: 0, Callers: 64, Throughput: 1000, P50: 1, P99: 4, CPU: 2},
	{Server: numstore, Round: 0, Callers: 64, Throughput: 900, P50: 1, P99: 5, CPU: 2.5},
	{Server: numstore, Round: 1, Callers: 64, Throughput: 500, P50: 2, P99: 8, CPU: 5},
	{Server: bare, Round: 1, Callers: 64, Throughput: 500, P50: 2, P99: 8, CPU: 4},
}

func TestTable(t *testing.T) {
	const want = `| callers | server    | calls/s | p50 ms | p99 ms | CPU s per 100,000 calls |
| ---     | ---       | ---     | ---    | ---    | ---                     |
| 64      | bare gRPC | 750     | 1.500  | 6.000  | 3.00                    |
| 64      | numstore  | 700     | 1.500  | 6.500  | 3.75                    |

| numstore to | callers | throughput       | p99, theirs to ours | CPU per call, theirs to ours |
| ---         | ---     | ---              | ---                 | ---                          |
| bare gRPC   | 64      | 0.95 (0.90–1.00) | 0.90 (0.80–1.00)    | 0.80 (0.80–0.80)             |
`
	if got := table(testSamples); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

func TestNewSample(t *testing.T) {
	step := result.Step{Seconds: 2, Throughput: 1000}
	step.Latency = result.NewHistogram()
	step.Latency.Record(3 * time.Millisecond)
	got := newSample(numstore, 1, 8, step, 250*time.Millisecond) // for 2,500 calls, the warm-up's included
	if got.CPU < 9.99 || got.CPU > 10.01 || got.P99 < 2.99 || got.P99 > 3.01 {
		t.Errorf("got %v; want 10 CPU seconds per 100,000 calls and a p99 of 3 ms", got)
	}
}

// TestMerge adds up rounds.
func TestMerge(t *testing.T) {
	var all result.Run
	for _, throughput := range []float64{100, 300} {
		for _, clients := range []int{1, 8} {
			step := result.Step{Clients: clients, Seconds: 2, Throughput: throughput, Intervals: []result.Interval{{Seconds: 1}}}
			step.Calls = map[string]int64{"SetNum": int64(2 * throughput)}
			step.Marks = map[string]int64{"hit": 3}
			step.Latency = result.NewHistogram()
			step.Latency.Record(time.Millisecond)
			merge(&all, &result.Run{Header: result.Header{Label: numstore}, Steps: []result.Step{step}})
		}
	}
	if len(all.Steps) != 2 {
		t.Fatalf("%d steps; want one for each number of clients", len(all.Steps))
	}
	for i, step := range all.Steps {
		if step.Number != i || step.Seconds != 4 || step.Throughput != 200 || step.Calls["SetNum"] != 800 || step.Marks["hit"] != 6 ||
			step.Latency.TotalCount() != 2 || len(step.Intervals) != 2 || step.Intervals[1].Start != 2 || step.Intervals[1].Step != i {
			t.Errorf("step %d is %+v", i, step)
		}
	}
	var text strings.Builder
	if err := all.Write(&text); err != nil {
		t.Fatal(err)
	}
	if _, err := result.Read(strings.NewReader(text.String())); err != nil {
		t.Errorf("what was merged cannot be read: %v", err)
	}
}
