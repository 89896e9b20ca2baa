package main

import (
	"fmt"
	"strconv"
	"time"

	"numstore.example/tools/internal/drive"
)

// length is how long each step is: a time, or a number of calls. Nil is what nobody has asked for, until check.
type length struct {
	Duration *time.Duration `placeholder:"TIME" help:"Length of each step (default 5s, unless there are --requests)."`
	Requests *int           `placeholder:"N" help:"Closed loop: in place of --duration, each step ends when each of its clients has made so many calls that count; throughput is over the time they took."`
	Warmup   *time.Duration `placeholder:"TIME" help:"Time before each step that is not counted; none with --history (default 1s, and with --requests none)."`
}

// mostRequests is what --requests takes: the calls of all clients can be counted.
const mostRequests = 1_000_000_000

// check says what is wrong with the first setting that cannot be used, and fills in what was left open. With Requests, Duration stays nil.
func (l *length) check(open, recorded bool) error {
	switch {
	case l.Requests != nil && open:
		return fmt.Errorf("--requests and --rate exclude each other: the one is for a closed loop, the other is an open one")
	case l.Requests != nil && l.Duration != nil:
		return fmt.Errorf("--requests and --duration exclude each other: each says when a step ends")
	case l.Requests != nil && (*l.Requests < 1 || *l.Requests > mostRequests):
		return fmt.Errorf("--requests is %d; it must be 1 to %d", *l.Requests, mostRequests)
	case l.Duration != nil && *l.Duration <= 0:
		return fmt.Errorf("--duration is %v; it must be above 0", *l.Duration)
	case l.Warmup != nil && *l.Warmup < 0:
		return fmt.Errorf("--warmup is %v; it must not be negative", *l.Warmup)
	}
	switch {
	case recorded:
		l.Warmup = new(time.Duration(0)) // its calls would fill the history and count for nothing
	case l.Warmup == nil && l.Requests != nil:
		l.Warmup = new(time.Duration(0))
	case l.Warmup == nil:
		l.Warmup = new(time.Second)
	}
	if l.Requests == nil && l.Duration == nil {
		l.Duration = new(5 * time.Second)
	}
	return nil
}

// of gives a load the length.
func (l *length) of(load *drive.Load) {
	load.Warmup = *l.Warmup
	if l.Requests != nil {
		load.Calls = *l.Requests
	} else {
		load.Duration = *l.Duration
	}
}

// parameters describe it in a result file, by the names of the flags.
func (l *length) parameters() map[string]string {
	parameters := map[string]string{"warmup": l.Warmup.String()}
	if l.Requests != nil {
		parameters["requests"] = strconv.Itoa(*l.Requests)
	} else {
		parameters["duration"] = l.Duration.String()
	}
	return parameters
}
