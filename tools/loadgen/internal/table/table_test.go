package table

import (
	"strings"
	"testing"
	"time"

	"numstore.example/tools/internal/result"
)

// step returns a step whose answered calls took 1 ms, 2 ms and so on.
func step(calls int64, change func(*result.Step)) result.Step {
	latency := result.NewHistogram()
	for i := range calls {
		latency.Record(time.Duration(i+1) * time.Millisecond)
	}
	s := result.Step{Seconds: 5, Throughput: float64(calls) / 5, Counts: result.Counts{Calls: map[string]int64{"Get": calls}, Latency: latency}}
	change(&s)
	return s
}

var closed = &result.Run{Header: result.Header{Label: "häuser"}, Steps: []result.Step{
	step(1000, func(s *result.Step) { s.Clients = 1 }),
	step(50000, func(s *result.Step) {
		s.Clients, s.CutShort = 16, "interrupted"
		s.Calls = map[string]int64{"SetNum": 10, "Fact": 40}
		s.Marks = map[string]int64{"hit": 13}
	}),
}}

var open = &result.Run{Header: result.Header{Label: "b"}, Steps: []result.Step{
	step(0, func(s *result.Step) {
		s.Rate, s.Unsent, s.Capped, s.MaxInFlight = 20000, 7, true, 10000
		s.Errors = map[string]int64{"UNAVAILABLE": 3, "DEADLINE_EXCEEDED": 2}
		s.Examples = map[string]string{"UNAVAILABLE": "gone", "DEADLINE_EXCEEDED": "slow"}
	}),
	step(1, func(s *result.Step) { s.Rate, s.Capped, s.MaxDelay, s.MaxInFlight = 1, true, 12.34, 5 }),
}}

func TestTable(t *testing.T) {
	for _, test := range []struct {
		runs []*result.Run
		want string
	}{
		{[]*result.Run{closed}, `
  load        calls/s     p50 ms     p90 ms     p99 ms   p99.9 ms     max ms  errors  cache hits
  1 client        200    500.171    900.202    990.380    999.293   1000.342       0
  16 clients    10000  25014.829  45030.048  49526.342  49962.549  50029.658       0      32.5 %
  16 clients: cut short after 5.0 s (interrupted)
`},
		{[]*result.Run{open}, `
  load           calls/s  p50 ms  p90 ms  p99 ms  p99.9 ms  max ms  errors
  20000 calls/s        0       -       -       -         -       -       5
  1 call/s             0   1.000   1.000   1.000     1.000   1.000       0
  20000 calls/s: the schedule was not kept: 7 calls were never sent; most in flight were 10000
  20000 calls/s: 2 x DEADLINE_EXCEEDED, such as: slow
  20000 calls/s: 3 x UNAVAILABLE, such as: gone
  1 call/s: the schedule had to wait, by up to 12.3 ms, because 5 calls were in flight
`},
		{[]*result.Run{{Header: result.Header{Label: "häuser"}, Steps: closed.Steps[:1]}, {Header: result.Header{Label: "b"}, Steps: open.Steps[1:]}}, `
  series  load      calls/s   p50 ms   p90 ms   p99 ms  p99.9 ms    max ms  errors
  häuser  1 client      200  500.171  900.202  990.380   999.293  1000.342       0
  b       1 call/s        0    1.000    1.000    1.000     1.000     1.000       0
  b, 1 call/s: the schedule had to wait, by up to 12.3 ms, because 5 calls were in flight
`},
	} {
		var got strings.Builder
		New(test.runs...).Write(&got)
		if want := strings.TrimPrefix(test.want, "\n"); got.String() != want {
			t.Errorf("printed\n%s\nwant\n%s", got.String(), want)
		}
	}
}
