package experiment

import (
	"reflect"
	"testing"

	"numstore.example/tools/internal/study"
)

// called is a measurement of a call on so many nodes.
func called(series, call, nodes string, calls float64, failure string) study.Measurement {
	m := study.Measurement{Series: series, At: map[string]string{nodesFactor: nodes, callFactor: call}, Failure: failure}
	if failure == "" {
		m.Figures = map[string]float64{callsFigure: calls, p50Figure: 1, p99Figure: 2}
	}
	return m
}

// lostAt is a measurement of a leader that was killed in a second of so many answers.
func lostAt(series string, gap float64, at int, answered ...float64) study.Measurement {
	m := study.Measurement{Series: series, At: map[string]string{nodesFactor: "3", lossFactor: "the leader was killed"}, Figures: map[string]float64{gapFigure: gap}}
	for second, calls := range answered {
		s := study.Second{At: float64(second), Answered: calls}
		if second == at {
			s.Event = "killed"
		}
		m.Timeline = append(m.Timeline, s)
	}
	return m
}

// TestShowNodes: calls are not thrown together, and timelines begin where the leader was lost.
func TestShowNodes(t *testing.T) {
	panels := showNodes(&study.Study{Measurements: []study.Measurement{
		called("1 shard", "puts", "3", 200, ""), called("1 shard", "puts", "1", 500, ""), called("16 shards", "puts", "1", 400, ""),
		called("16 shards", "puts", "3", 0, "no leader"), called("1 shard", "gets", "1", 900, ""),
		lostAt("1 shard", 0.9, 2, 100, 110, 40, 0, 95), lostAt("1 shard", 0.7, 1, 100, 50, 90), lostAt("16 shards", 1.5, 0, 7, 8),
	}})
	var titles []string
	for _, panel := range panels {
		titles = append(titles, panel.Title)
	}
	if want := []string{"Throughput by nodes: puts", "Latency by nodes: puts", "Throughput by nodes: gets", "Latency by nodes: gets",
		"When the leader was killed"}; !reflect.DeepEqual(titles, want) {
		t.Fatalf("panels %q, want %q", titles, want)
	}
	if want := "1 shard: 500 calls/s at 1, 200 at 3 nodes."; panels[0].Says != want {
		t.Errorf("it says %q, want %q", panels[0].Says, want)
	}
	if want := [][]string{{"1", "500", "400"}, {"3", "200", "failed: no leader"}}; !reflect.DeepEqual(panels[0].Table.Rows, want) {
		t.Errorf("table %q, want %q", panels[0].Table.Rows, want)
	}
	lost := panels[4]
	if want := "1 shard answered nothing for 0.800 s; 16 shards answered nothing for 1.50 s."; lost.Says != want {
		t.Errorf("it says %q, want %q", lost.Says, want)
	}
	if want := [][]string{{"longest gap s", "0.800 (0.700 to 0.900)", "1.50"}, {"-2", "100", ""}, {"-1", "110", ""}, {"0", "40", "7"}, {"1", "0", "8"},
		{"2", "95", ""}}; !reflect.DeepEqual(lost.Table.Rows, want) {
		t.Errorf("table %q, want %q", lost.Table.Rows, want)
	}
	if line := lost.Plot.Lines[0]; len(lost.Plot.Lines) != 2 || len(line.Points) != 5 || line.Points[0] != (study.Point{X: -2, Y: 100, Low: 100, High: 100}) {
		t.Errorf("lines %+v", lost.Plot.Lines)
	}
	if len(lost.Plot.Events) != 1 || lost.Plot.Events[0] != (study.Event{Text: "the leader was killed"}) {
		t.Errorf("events %+v; want one at 0", lost.Plot.Events)
	}
}

// TestShowNodes_noEvent: a load that ended before its leader was lost is not drawn as if nothing had happened.
func TestShowNodes_noEvent(t *testing.T) {
	m := lostAt("1 shard", 0, -1, 5, 5)
	m.Figures, m.Failure = nil, "there was no leader"
	panels := showNodes(&study.Study{Measurements: []study.Measurement{m}})
	if len(panels) != 1 || len(panels[0].Plot.Lines) != 0 || panels[0].Table.Rows[0][1] != "failed: there was no leader" {
		t.Errorf("%+v", panels)
	}
}
