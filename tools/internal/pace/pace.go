// Package pace says when the calls of an open loop are due. It is pure: it takes the time and keeps none.
package pace

import (
	"math"
	"time"
)

// Schedule is calls at equal distances from the start, Rate of them in a second, until the Length is over.
// A Rate is at least 1.
type Schedule struct {
	Rate   int
	Length time.Duration
}

// Calls is the number of calls of the whole schedule. The first is due at once.
func (s Schedule) Calls() int {
	return int(math.Ceil(float64(s.Rate) * s.Length.Seconds()))
}

// Due is when a call is due, from the start; the first is number 0.
func (s Schedule) Due(number int) time.Duration {
	// Whole seconds by themselves: their product with a second would overflow after some minutes of a
	// high rate.
	seconds, rest := number/s.Rate, number%s.Rate
	return time.Duration(seconds)*time.Second + time.Duration(rest)*time.Second/time.Duration(s.Rate)
}

// Next is how long to wait, so much time after the start and with so many calls sent, until the next call
// is due: 0 if it is due now, or has been. It is false when there is no next call.
func (s Schedule) Next(elapsed time.Duration, sent int) (wait time.Duration, more bool) {
	if sent >= s.Calls() {
		return 0, false
	}
	return max(0, s.Due(sent)-elapsed), true
}
