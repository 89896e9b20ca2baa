package statuspage

import (
	"encoding/json"
	"testing"
	"time"
)

// TestProblems: the worst come first, each kind in the order in which it was found, and none is an empty list to programs.
func TestProblems(t *testing.T) {
	var found Problems
	for _, want := range []string{
		`[]`,
		`[{"level":"warning","text":"1 of 2"}]`,
		`[{"level":"bad","text":"b"},{"level":"warning","text":"1 of 2"}]`,
		`[{"level":"bad","text":"b"},{"level":"bad","text":"c"},{"level":"warning","text":"1 of 2"}]`,
	} {
		if got, err := json.Marshal(found.Sorted()); err != nil || string(got) != want {
			t.Errorf("the problems are %s, %v; want %s", got, err, want)
		}
		switch len(found.Sorted()) {
		case 0:
			found.Report(Warning, "%d of %d", 1, 2)
		case 1:
			found.Report(Bad, "b")
		case 2:
			found.Report(Bad, "c")
		}
	}
}

// TestApart: rates are made of two answers that are not too far apart.
func TestApart(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		before  time.Time
		seconds float64
	}{
		"two": {now.Add(-2 * time.Second), 2}, "far": {now.Add(-LongestInterval - 1), 0}, "just": {now.Add(-LongestInterval), 10}, "one": {time.Time{}, 0}, "the same": {now, 0},
	} {
		seconds, known := Apart(Answer[int]{At: test.before}, Answer[int]{At: now})
		if seconds != test.seconds || known != (test.seconds > 0) {
			t.Errorf("%s: %v, %t; want %v", name, seconds, known, test.seconds)
		}
	}
}
