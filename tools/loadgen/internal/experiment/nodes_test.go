package experiment

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/internal/study"
)

// TestSecondsOf: the second in which the leader was killed has the event, and the part of a second in the end is left out.
func TestSecondsOf(t *testing.T) {
	interval := func(start, seconds float64, answered, failed int64) result.Interval {
		return result.Interval{Start: start, Seconds: seconds, Counts: result.Counts{
			Calls: map[string]int64{"Put": answered}, Errors: map[string]int64{"UNAVAILABLE": failed}}}
	}
	loss := lab.Loss{Killed: 1500 * time.Millisecond, Run: &result.Run{Steps: []result.Step{{Intervals: []result.Interval{
		interval(0, 1, 100, 0), interval(1, 1, 40, 2), interval(2, 1, 90, 0), interval(3, 0.4, 30, 0),
	}}}}}
	want := []study.Second{{At: 0, Answered: 100}, {At: 1, Answered: 40, Failed: 2, Event: "the leader is killed"}, {At: 2, Answered: 90}}
	if got := secondsOf(loss); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestClusters: gets at any node differ from those at the leader, and who loses the leader knows others.
func TestClusters(t *testing.T) {
	addresses := []string{"leader:1", "other:1"}
	for _, c := range clusters {
		command := func(load func(Target, Workload) lab.Load) string {
			return strings.Join(load(c.Target, Workload{Clients: 1, Gets: 100, Keys: 1}).Command(addresses), " ")
		}
		first, anywhere := command(c.calls[getsFirst]), command(c.calls[getsAny])
		if strings.Contains(first, "other:1") || !strings.Contains(anywhere, "other:1") && !strings.Contains(anywhere, "--any") {
			t.Errorf("%s: gets at the leader by %s, and anywhere by %s", c.Series, first, anywhere)
		}
		if lost := command(c.Load); strings.HasPrefix(lost, "etcdload") && !strings.Contains(lost, "other:1") { // raftkv's Clerk asks the leader for the others
			t.Errorf("%s: nobody is left when the leader is lost: %s", c.Series, lost)
		}
	}
}
