package drive

import (
	"time"

	"google.golang.org/grpc/codes"

	"numstore.example/tools/internal/result"
)

// tally counts calls, by their places in the lists of a target, and by status code.
type tally struct {
	calls, marks []int64
	codes        [codes.Unauthenticated + 1]int64
	latency      result.Histogram
}

func newTally(of Calls) *tally {
	return &tally{
		calls:   make([]int64, len(of.Names)),
		marks:   make([]int64, len(of.Marks)),
		latency: result.NewHistogram(),
	}
}

func (t *tally) add(s sample) {
	t.codes[s.code]++
	if codes.Code(s.code) == codes.OK {
		t.calls[s.call]++
		t.marks[s.mark]++
		t.latency.Record(s.done - s.due)
	}
}

func (t *tally) reset() {
	clear(t.calls)
	clear(t.marks)
	clear(t.codes[:])
	t.latency.Reset()
}

// named returns the counts by name. The names of a target are all there, with 0 if need be.
func (t *tally) named(from Calls) result.Counts {
	counts := result.Counts{Calls: make(map[string]int64), Marks: make(map[string]int64), Errors: make(map[string]int64), Latency: t.latency}
	for place, name := range from.Names {
		counts.Calls[name] = t.calls[place]
	}
	for place, name := range from.Marks {
		if name != "" {
			counts.Marks[name] = t.marks[place]
		}
	}
	for code, count := range t.codes {
		if code := codes.Code(code); code != codes.OK && count > 0 {
			counts.Errors[result.CodeName(code)] = count
		}
	}
	return counts
}

// counts sorts samples into the step as a whole and its intervals. Package result says which sample
// counts where. It is not for concurrent use.
type counts struct {
	calls    Calls
	from, to time.Duration         // the window, from the start of the step
	seen     func(result.Interval) // is told of each interval, in order

	whole    *tally  // of the calls due in the window
	answered int64   // of the calls that ended in the window
	answers  answers // of these
	maxDelay time.Duration
	next     int      // the first interval that is not emitted
	open     []*tally // the intervals from next on, as far as there are samples
	spare    []*tally // for further ones
}

func newCounts(calls Calls, from, to time.Duration, seen func(result.Interval)) *counts {
	return &counts{calls: calls, from: from, to: to, seen: seen, whole: newTally(calls)}
}

func (c *counts) add(s sample) {
	if c.from <= s.due && s.due < c.to {
		c.whole.add(s)
		c.maxDelay = max(c.maxDelay, s.sent-s.due)
	}
	if c.from <= s.done && s.done < c.to {
		if codes.Code(s.code) == codes.OK {
			c.answered++
			c.answers.add(s.done - c.from)
		}
		c.interval(int((s.done - c.from) / time.Second)).add(s)
	}
}

// interval returns an interval that is not emitted. A sample that comes too late for its own, because its
// worker was held up just after it had measured, goes to the next.
func (c *counts) interval(number int) *tally {
	place := max(number-c.next, 0)
	for len(c.open) <= place {
		c.open = append(c.open, c.fresh())
	}
	return c.open[place]
}

func (c *counts) fresh() *tally {
	if len(c.spare) == 0 {
		return newTally(c.calls)
	}
	last := len(c.spare) - 1
	t := c.spare[last]
	c.spare = c.spare[:last]
	t.reset()
	return t
}

// cut ends the window early.
func (c *counts) cut(at time.Duration) {
	c.to = min(c.to, max(at, c.from))
}

// emit hands on the intervals before this one, as far as the window goes.
func (c *counts) emit(before int) {
	for c.next < before {
		start := c.from + time.Duration(c.next)*time.Second
		if start >= c.to {
			return
		}
		t := c.interval(c.next)
		c.seen(result.Interval{
			Start:   (start - c.from).Seconds(),
			Seconds: min(time.Second, c.to-start).Seconds(),
			Counts:  t.named(c.calls),
		})
		c.open, c.spare = c.open[1:], append(c.spare, t)
		c.next++
	}
}

// emitAll hands on all intervals.
func (c *counts) emitAll() {
	c.emit(int((c.to-c.from)/time.Second) + 1)
}

// figures returns what the whole step counted.
func (c *counts) figures() result.Step {
	figures := result.Step{
		Seconds:    (c.to - c.from).Seconds(),
		LongestGap: c.answers.longestGap(c.to-c.from).Seconds() * 1000,
		MaxDelay:   c.maxDelay.Seconds() * 1000,
		Counts:     c.whole.named(c.calls),
	}
	if figures.Seconds > 0 {
		figures.Throughput = float64(c.answered) / figures.Seconds
	}
	return figures
}
