package pace

import (
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	const ms, s, hour = time.Millisecond, time.Second, time.Hour
	for _, test := range []struct {
		schedule Schedule
		elapsed  time.Duration
		sent     int
		wait     time.Duration
		more     bool
	}{
		{Schedule{1, 3 * s}, 0, 0, 0, true}, // the first is due at once
		{Schedule{1, 3 * s}, 0, 1, s, true}, // the second after a second
		{Schedule{1, 3 * s}, 400 * ms, 1, 600 * ms, true},
		{Schedule{1, 3 * s}, s, 1, 0, true},      // just now
		{Schedule{1, 3 * s}, 9 * s, 1, 0, true},  // long ago: the schedule does not slow down
		{Schedule{1, 3 * s}, 2 * s, 3, 0, false}, // all sent
		{Schedule{1, 3 * s}, 9 * s, 2, 0, true},  // late, and still to be sent
		{Schedule{1000, s}, 0, 999, 999 * ms, true},
		{Schedule{1000, s}, 0, 1000, 0, false},
		{Schedule{3, s}, 0, 1, 333333333, true}, // a third is rounded, and the error does not add up
		{Schedule{3, s}, 0, 2, 666666666, true},
		{Schedule{3, 2 * s}, 0, 3, s, true},
		{Schedule{1000, 1500 * time.Microsecond}, 0, 1, ms, true},
		{Schedule{1000, 1500 * time.Microsecond}, 0, 2, 0, false},
		{Schedule{10_000_000, 24 * hour}, 0, 10_000_000 * 3600 * 23, 23 * hour, true}, // no overflow
		{Schedule{5, 0}, 0, 0, 0, false},
	} {
		wait, more := test.schedule.Next(test.elapsed, test.sent)
		if wait != test.wait || more != test.more {
			t.Errorf("%+v after %v and %d calls: %v, %v; want %v, %v", test.schedule, test.elapsed, test.sent, wait, more, test.wait, test.more)
		}
	}
}

// TestSchedule_rate: as many calls as the rate says are due in every second.
func TestSchedule_rate(t *testing.T) {
	for _, rate := range []int{1, 3, 7, 999, 12345} {
		schedule := Schedule{Rate: rate, Length: 4 * time.Second}
		if calls := schedule.Calls(); calls != 4*rate {
			t.Errorf("rate %d: %d calls in 4 s", rate, calls)
		}
		in := make(map[time.Duration]int)
		for number := range schedule.Calls() {
			in[schedule.Due(number).Truncate(time.Second)]++
		}
		for second, calls := range in {
			if calls != rate {
				t.Errorf("rate %d: %d calls in the second after %v", rate, calls, second)
			}
		}
	}
}
