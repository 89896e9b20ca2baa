// Package result is the file that a load generator leaves behind: what was asked of a target, second by
// second, and what came back. Reports and benchmarks are other programs over the same file.
//
// # The format
//
// A file is lines of JSON. Each line is an object with one member, whose name says what it is:
//
//	{"header": {...}}      once, first
//	{"interval": {...}}    one for each second of a step, in order
//	{"step": {...}}        one for each step, after its intervals
//
// The members are those of [Header], [Interval] and [Step]; members that a reader does not know are to be
// ignored. Times of day are RFC 3339. Durations are in seconds unless a name says otherwise. Counts are of
// calls. Histograms are of nanoseconds, in the text form that all HdrHistogram libraries read (version 2,
// compressed, base64). Calls and marks go by the names that their service gives them, errors by the names
// of gRPC's status codes, such as DEADLINE_EXCEEDED.
//
// # What is counted where
//
// A step has a warm-up, which is not counted, and then a window. The step's counts are of the calls that
// were due in the window, also of those that ended after it: a slow call must not escape by being slow.
// An interval, and the throughput, count what ended in that second, or in the window, whenever it was due:
// else a target that falls behind would seem to do less, or more, than it does.
//
// The latency of a call runs from the moment it was due. With a number of clients (closed loop) a call is
// due when it is sent. With a rate (open loop) it is due when the schedule says so, and time that it had
// to wait before it could be sent is part of its latency.
package result

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
)

// Format is the value of [Header.Format]. A change that breaks readers changes the number.
const Format = "loadgen-result/1"

// Run is a whole file.
type Run struct {
	Header Header
	Steps  []Step
}

// Header says what was run.
type Header struct {
	Format     string            `json:"format"`     // Format
	Label      string            `json:"label"`      // what people call the series; any text
	Service    string            `json:"service"`    // which contract was driven, such as numstore
	Target     string            `json:"target"`     // host:port
	Started    time.Time         `json:"started"`    // of the first step
	Parameters map[string]string `json:"parameters"` // the settings that describe the load, by the names of their flags
}

// Step is one load, held for a while: so many clients, or such a rate.
type Step struct {
	Number     int       `json:"step"`              // 0, 1, 2, …
	Clients    int       `json:"clients,omitempty"` // closed loop: callers with one call in flight each
	Rate       int       `json:"rate,omitempty"`    // open loop: calls due in a second
	Started    time.Time `json:"started"`           // of the window
	Stopped    time.Time `json:"stopped"`           // when the last call had ended
	Seconds    float64   `json:"seconds"`           // length of the window, or the time that a number of calls took; shorter than asked if the step was cut short
	Throughput float64   `json:"throughput"`        // calls answered in a second of the window

	MaxInFlight int     `json:"max_in_flight"`            // most calls that were under way at one time
	Capped      bool    `json:"capped,omitempty"`         // open loop: the schedule had to wait because no more calls were allowed in flight
	Unsent      int     `json:"unsent,omitempty"`         // open loop: calls that were due in the whole step and never sent
	MaxDelay    float64 `json:"max_delay_ms,omitempty"`   // open loop: longest time from due to sent, in milliseconds
	LongestGap  float64 `json:"longest_gap_ms,omitempty"` // longest time of the window in which no call was answered, in milliseconds
	CutShort    string  `json:"cut_short,omitempty"`      // why the step ended before its time; empty if it did not

	Examples map[string]string `json:"examples,omitempty"` // for each code in Errors the message of one such error
	Counts

	Intervals []Interval `json:"-"` // lines of their own in the file
}

// Interval is what ended in one second of a step's window.
type Interval struct {
	Step    int     `json:"step"`    // the step's Number
	Start   float64 `json:"start"`   // seconds from the start of the window
	Seconds float64 `json:"seconds"` // 1, or less at the end of a window
	Counts
}

// Throughput is the calls answered in a second.
func (i Interval) Throughput() float64 {
	if i.Seconds <= 0 {
		return 0
	}
	return float64(i.Answered()) / i.Seconds
}

// Counts is what came back.
type Counts struct {
	Calls   map[string]int64 `json:"calls,omitempty"`  // answered, by call
	Marks   map[string]int64 `json:"marks,omitempty"`  // answered in a way that is worth counting, such as a cache's "hit"
	Errors  map[string]int64 `json:"errors,omitempty"` // failed, by the name of the status code
	Latency Histogram        `json:"latency"`          // of answered calls
}

// Answered is the number of calls that were answered.
func (c Counts) Answered() int64 { return sum(c.Calls) }

// Failed is the number of calls that ended with an error.
func (c Counts) Failed() int64 { return sum(c.Errors) }

// Share is how much of the answered calls of one name got a mark, from 0 to 1. It is false when there
// were no such calls, or no such marks.
func (c Counts) Share(mark, call string) (float64, bool) {
	if _, marked := c.Marks[mark]; !marked || c.Calls[call] == 0 {
		return 0, false
	}
	return float64(c.Marks[mark]) / float64(c.Calls[call]), true
}

// CodeName returns the name of a status code that the documentation and other languages use, OUT_OF_RANGE
// and not OutOfRange.
func CodeName(c codes.Code) string {
	return code.Code(c).String()
}

func sum(counts map[string]int64) (total int64) {
	for _, count := range counts {
		total += count
	}
	return total
}

// Histogram holds latencies in nanoseconds. All have the same buckets, so that they can be merged: from a
// microsecond to an hour, to three digits.
type Histogram struct{ *hdrhistogram.Histogram }

// The buckets of every Histogram.
const (
	lowest  = int64(time.Microsecond)
	highest = int64(time.Hour)
	digits  = 3
)

// NewHistogram returns an empty Histogram.
func NewHistogram() Histogram {
	return Histogram{hdrhistogram.New(lowest, highest, digits)}
}

// Record adds a latency; what is longer than an hour counts as an hour.
func (h Histogram) Record(latency time.Duration) {
	h.RecordValue(min(max(int64(latency), 0), highest)) // never fails within these limits
}

// Milliseconds returns the latency that so many per cent of the calls did not exceed; 0 if there were none.
func (h Histogram) Milliseconds(percent float64) float64 {
	return float64(h.ValueAtPercentile(percent)) / float64(time.Millisecond)
}
