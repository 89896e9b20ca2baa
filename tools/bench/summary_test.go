package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/result"
)

// testSamples are two rounds: in the second, the machine was half as fast.
var testSamples = []sample{
	{Server: bare, Round: 0, Callers: 64, Throughput: 1000, P50: 1, P99: 4, CPU: 2},
	{Server: numstore, Round: 0, Callers: 64, Throughput: 900, P50: 1, P99: 5, CPU: 2.5},
	{Server: numstore, Round: 1, Callers: 64, Throughput: 500, P50: 2, P99: 8, CPU: 5},
	{Server: bare, Round: 1, Callers: 64, Throughput: 500, P50: 2, P99: 8, CPU: 4},
}

func TestTables_numstore(t *testing.T) {
	const want = `| callers | server    | calls/s | p50 ms | p99 ms | CPU s per 100,000 calls |
| ---     | ---       | ---     | ---    | ---    | ---                     |
| 64      | bare gRPC | 750     | 1.500  | 6.000  | 3.00                    |
| 64      | numstore  | 700     | 1.500  | 6.500  | 3.75                    |

| numstore to | callers | throughput       | p50, theirs to ours | p99, theirs to ours | CPU per call, theirs to ours |
| ---         | ---     | ---              | ---                 | ---                 | ---                          |
| bare gRPC   | 64      | 0.95 (0.90–1.00) | 1.00 (1.00–1.00)    | 0.90 (0.80–1.00)    | 0.80 (0.80–0.80)             |
`
	suite, err := numstoreSuite(&bench{Callers: []int{64}})
	if err != nil {
		t.Fatal(err)
	}
	if got := suite.tables(findings{samples: testSamples}, suite.ratios(testSamples)); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// TestTables_raftkv has calls, counts of syncs that not every server has, goals, a mix and restarts.
func TestTables_raftkv(t *testing.T) {
	rate := 250.0
	samples := []sample{
		{Server: clerk, Call: "put", Callers: 64, Throughput: 8000, P50: 1, P99: 4, CPU: 2, Written: 300.4, Syncs: &rate},
		{Server: etcd, Call: "put", Callers: 64, Throughput: 1000, P50: 2, P99: 4, CPU: 20, Written: 900},
		{Server: etcd, Call: "get", Callers: 64, Throughput: 1, P50: 1, P99: 1, CPU: 1},
	}
	for round, throughput := range []float64{100, 50} {
		samples = append(samples,
			sample{Server: clerk, Call: "mix", Round: round, Callers: 1, Throughput: throughput},
			sample{Server: clerk, Call: "mix", Round: round, Callers: 2, Throughput: 180},
			sample{Server: clerk, Call: "mix", Round: round, Callers: 4, Throughput: 270})
	}
	suite, err := raftkvSuite(&bench{})
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(` +`).ReplaceAllString(suite.tables(findings{samples: samples, restarts: []restart{{1, 0, 0.5}, {1, 1, 0.75}, {4, 0, 0.6}}}, suite.ratios(samples)), " ")
	for _, want := range []string{
		"| call | callers | server | calls/s | p50 ms | p99 ms | CPU s per 100,000 calls | bytes written per call | syncs/s |\n",
		"| put | 64 | raftkv, one Clerk | 8000 | 1.000 | 4.000 | 2.00 | 300 | 250 |\n",
		"| put | 64 | etcd | 1000 | 2.000 | 4.000 | 20.00 | 900 | |\n",
		"| etcd | put | 64 | 8.00 (8.00–8.00) | 2.00 (2.00–2.00) | 1.00 (1.00–1.00) | 10.00 (10.00–10.00) |\n",
		"| durable puts, 64 goroutines on one Clerk | 4 × | 7 × | 8.00 (8.00–8.00) |\n",
		"| 2 | 2.70 (1.80–3.60) |\n| 4 | 1.50 (1.50–1.50) |\n",
		"| 1 | 0.62 (0.50–0.75) |\n| 4 | 0.60 (0.60–0.60) |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("printed\n%s\nwant among it\n%s", got, want)
		}
	}
	if strings.Contains(got, "unary, 1 client") {
		t.Errorf("printed a goal that was not measured:\n%s", got)
	}
}

// TestReport_nothing: a window in which nothing was answered, or in which the kernel counted no time, makes figures
// that can be written and tables that can be drawn. Ratios to nothing are left out.
func TestReport_nothing(t *testing.T) {
	suite, err := numstoreSuite(&bench{Callers: []int{64}})
	if err != nil {
		t.Fatal(err)
	}
	step := result.Step{Seconds: 0.1}
	step.Latency = result.NewHistogram()
	f := findings{samples: []sample{
		newSample(load{Load: lab.Load{Series: numstore, Callers: 64}}, 0, step, 0, lab.Usage{}),
		{Server: bare, Callers: 64, Throughput: 10, P50: 1, P99: 2},
	}}
	ratios := suite.ratios(f.samples)
	if err := writeRecords(filepath.Join(t.TempDir(), "results"), f, ratios); err != nil {
		t.Errorf("the results cannot be written: %v", err)
	}
	got := regexp.MustCompile(` +`).ReplaceAllString(suite.tables(f, ratios), " ")
	if want := "| numstore to | callers | throughput |\n| --- | --- | --- |\n| bare gRPC | 64 | 0.00 (0.00–0.00) |\n"; !strings.Contains(got, want) {
		t.Errorf("printed\n%s\nwant among it\n%s", got, want)
	}
}

func TestNewSample(t *testing.T) {
	step := result.Step{Seconds: 2, Throughput: 1000}
	step.Latency = result.NewHistogram()
	step.Latency.Record(3 * time.Millisecond)
	// For 2,500 calls in 2.5 seconds, the warm-up's included.
	got := newSample(load{Load: lab.Load{Series: numstore, Callers: 8}}, 1, step, 500*time.Millisecond, lab.Usage{CPU: 250 * time.Millisecond, Written: 5000, Syncs: 500})
	if got.CPU < 9.99 || got.CPU > 10.01 || got.P99 < 2.99 || got.P99 > 3.01 || got.Written != 2 || *got.Syncs != 200 {
		t.Errorf("got %v; want 10 CPU seconds per 100,000 calls, a p99 of 3 ms, 2 bytes for each call, 200 syncs/s", got)
	}
	if got := newSample(load{}, 0, step, 0, lab.Usage{Syncs: -1}); got.Syncs != nil {
		t.Errorf("got %v syncs/s of a server that does not count them", *got.Syncs)
	}
}

// TestAllThere: what asked for keys that were not there is not compared.
func TestAllThere(t *testing.T) {
	run := &result.Run{Header: result.Header{Label: "it"}, Steps: []result.Step{{}}}
	run.Steps[0].Marks = map[string]int64{"found": 2}
	if err := allThere(run); err != nil {
		t.Error(err)
	}
	run.Steps[0].Marks["missing"] = 3
	if err := allThere(run); err == nil || !strings.Contains(err.Error(), "it: 3 gets found nothing") {
		t.Errorf("got %v; want how many found nothing", err)
	}
}

// TestMerge adds up rounds.
func TestMerge(t *testing.T) {
	var f findings
	for _, throughput := range []float64{100, 300} {
		for _, clients := range []int{1, 8} {
			step := result.Step{Clients: clients, Seconds: 2, Throughput: throughput, LongestGap: throughput, Intervals: []result.Interval{{Seconds: 1}}}
			step.Calls = map[string]int64{"SetNum": int64(2 * throughput)}
			step.Marks = map[string]int64{"hit": 3}
			step.Latency = result.NewHistogram()
			step.Latency.Record(time.Millisecond)
			f.merge(&result.Run{Header: result.Header{Label: numstore}, Steps: []result.Step{step}})
		}
	}
	f.merge(&result.Run{Header: result.Header{Label: bare}, Steps: []result.Step{{Clients: 1}}})
	all := f.runs[0]
	if len(f.runs) != 2 || len(all.Steps) != 2 {
		t.Fatalf("%d steps; want one for each number of clients", len(all.Steps))
	}
	for i, step := range all.Steps {
		if step.Number != i || step.Seconds != 4 || step.Throughput != 200 || step.LongestGap != 300 || step.Calls["SetNum"] != 800 || step.Marks["hit"] != 6 ||
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
