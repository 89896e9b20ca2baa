// Package report holds the figures of a run and prints them, for people and for programs.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"google.golang.org/grpc/status"

	"numstore.example/tools/internal/result"
)

// Tally is what one worker, or all of them together, saw. It is not for concurrent use.
type Tally struct {
	SetNums int                 // answered
	Facts   int                 // answered, missing keys included
	Hits    int                 // Facts that came from the server's cache
	Missing int                 // Facts that were answered with an error string: of values 1 to 15 only a missing key is
	Errors  map[string]*Failure // failed calls by the name of their status code

	times *hdrhistogram.Histogram // of answered calls, in nanoseconds
}

// Failure is the calls that failed with one status code.
type Failure struct {
	Count   int    `json:"count"`
	Example string `json:"example"` // the message of one of them
}

// NewTally returns an empty Tally. It holds times from a microsecond to a minute, to three digits; what
// is longer counts as a minute.
func NewTally() *Tally {
	return &Tally{
		Errors: make(map[string]*Failure),
		times:  hdrhistogram.New(int64(time.Microsecond), int64(time.Minute), 3),
	}
}

// Took adds the time of an answered call.
func (t *Tally) Took(d time.Duration) {
	t.times.RecordValue(min(int64(d), int64(time.Minute))) // never fails within the limits of NewTally
}

// CountFact counts an answered Fact.
func (t *Tally) CountFact(hit, missing bool) {
	t.Facts++
	if hit {
		t.Hits++
	}
	if missing {
		t.Missing++
	}
}

// CountFailure counts a call that ended with a gRPC status other than OK.
func (t *Tally) CountFailure(err error) {
	failed := status.Convert(err)
	t.fail(result.CodeName(failed.Code()), 1, failed.Message())
}

func (t *Tally) fail(code string, count int, example string) {
	if t.Errors[code] == nil {
		t.Errors[code] = &Failure{Example: example}
	}
	t.Errors[code].Count += count
}

// Add adds what another Tally holds.
func (t *Tally) Add(other *Tally) {
	t.SetNums += other.SetNums
	t.Facts += other.Facts
	t.Hits += other.Hits
	t.Missing += other.Missing
	for code, failure := range other.Errors {
		t.fail(code, failure.Count, failure.Example)
	}
	t.times.Merge(other.times)
}

// Run is the figures of a run. Its JSON form is what `loadgen --json` prints.
type Run struct {
	Target  string  `json:"target"`
	Workers int     `json:"workers"`
	Seconds float64 `json:"seconds"`

	Requests int                 `json:"requests"` // answered and failed
	SetNums  int                 `json:"set_nums"`
	Facts    int                 `json:"facts"`
	Missing  int                 `json:"missing_keys"`
	Hits     int                 `json:"cache_hits"`
	Errors   map[string]*Failure `json:"errors"` // by the name of the status code

	HitsPerFact    float64 `json:"cache_hits_per_answered_fact"` // 0 to 1
	HitsPerRequest float64 `json:"cache_hits_per_request"`       // 0 to 1

	P50 float64 `json:"response_time_p50_ms"`
	P99 float64 `json:"response_time_p99_ms"`
	Max float64 `json:"response_time_max_ms"`

	Throughput float64 `json:"requests_per_second"` // answered
}

// New works out the figures of a run that took a while.
func New(target string, workers int, took time.Duration, tally *Tally) Run {
	answered, failed := tally.SetNums+tally.Facts, 0
	for _, failure := range tally.Errors {
		failed += failure.Count
	}
	milliseconds := func(percent float64) float64 {
		return float64(tally.times.ValueAtPercentile(percent)) / float64(time.Millisecond)
	}
	run := Run{
		Target: target, Workers: workers, Seconds: took.Seconds(),
		Requests: answered + failed,
		SetNums:  tally.SetNums, Facts: tally.Facts, Missing: tally.Missing, Hits: tally.Hits, Errors: tally.Errors,
		P50: milliseconds(50), P99: milliseconds(99), Max: milliseconds(100),
		Throughput: float64(answered) / took.Seconds(),
	}
	run.HitsPerFact = ratio(run.Hits, run.Facts)
	run.HitsPerRequest = ratio(run.Hits, run.Requests)
	return run
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// Failed returns the number of calls that were not answered.
func (r Run) Failed() int { return r.Requests - r.SetNums - r.Facts }

// WriteJSON prints the figures for programs, as one object on one line.
func (r Run) WriteJSON(w io.Writer) error {
	return json.NewEncoder(w).Encode(r)
}

// WriteText prints the figures for people. The labels are those of compat/client.py.
func (r Run) WriteText(w io.Writer) {
	line := func(label, format string, figures ...any) {
		fmt.Fprintf(w, "  %-24s  %s\n", label, fmt.Sprintf(format, figures...))
	}
	line("requests", "%d", r.Requests)
	line("SetNum", "%d answered", r.SetNums)
	line("Fact", "%d answered", r.Facts)
	line("missing keys", "%d of %d Facts", r.Missing, r.Facts)
	line("errors", "%d", r.Failed())
	line("cache hit rate", "%.1f %% (%d hits of %d answered Facts)", 100*r.HitsPerFact, r.Hits, r.Facts)
	line("cache hit rate, overall", "%.1f %% (%d hits of %d requests)", 100*r.HitsPerRequest, r.Hits, r.Requests)
	line("response time p50", "%.3f ms", r.P50)
	line("response time p99", "%.3f ms", r.P99)
	line("response time max", "%.3f ms", r.Max)
	line("throughput", "%.0f requests/s", r.Throughput)
}

// WriteErrors prints a line for each kind of failure, in the order of the codes' names.
func (r Run) WriteErrors(w io.Writer) {
	for _, code := range slices.Sorted(maps.Keys(r.Errors)) {
		failure := r.Errors[code]
		fmt.Fprintf(w, "loadgen: %d x %s, such as: %s\n", failure.Count, code, failure.Example)
	}
}
