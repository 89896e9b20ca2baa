package experiment

import (
	"reflect"
	"testing"

	"numstore.example/tools/internal/study"
)

// found is what a run shows of a promise.
func found(series string, p promise, claim string, checked, broken float64, example string) study.Measurement {
	return study.Measurement{Series: series, At: map[string]string{promiseFactor: p.name},
		Figures: map[string]float64{checkedFigure: checked, brokenFigure: broken},
		Words:   map[string]string{claimWord: claim, exampleWord: example}}
}

// said is what is known of a promise that was not checked.
func said(series string, p promise, says string) study.Measurement {
	return study.Measurement{Series: series, At: map[string]string{promiseFactor: p.name}, Words: map[string]string{saysWord: says}}
}

// paid is a price.
func paid(series string, calls float64, failure string) study.Measurement {
	m := study.Measurement{Series: series, At: map[string]string{clientsFactor: "16"}, Failure: failure}
	if failure == "" {
		m.Figures = map[string]float64{callsFigure: calls, p50Figure: 1000 / calls, p99Figure: 5000 / calls, cpuFigure: 3, writtenFigure: 0, wireFigure: 700}
	}
	return m
}

// TestShowPromises: repeats are counted together, and what was seen is told in words, whether it was promised or not.
func TestShowPromises(t *testing.T) {
	broken := found("gossipkv", killed, promised, 100, 2, "a was gone")
	broken.Failure = "2 keys were lost"
	early := found("gossipkv", inSession, promised, 500, 0, "")
	early.Figures[inSession.also] = 7
	panels := showPromises(&study.Study{Measurements: []study.Measurement{
		paid("numstore", 1000, ""), paid("numstore", 3000, ""), paid("raftkv", 500, ""), paid("gossipkv", 0, "it died"),
		found("numstore", oneCopy, promised, 1000, 0, ""), found("numstore", oneCopy, promised, 234, 0, ""),
		found("numstore", killed, notPromised, 100, 100, "a is gone"),
		found("raftkv", killed, notPromised, 100, 0, ""),
		found("gossipkv", oneCopy, notPromised, 2000, 17, "an old one"), found("gossipkv", oneCopy, notPromised, 2000, 0, ""), broken, early,
		said("raftkv", powerless, "may lose 5 s"), found("raftkv", converge, promised, 0, 0, ""),
		{Series: "raftkv", At: map[string]string{promiseFactor: oneCopy.name}, Failure: "the checker ran out of time"},
	}})
	if len(panels) != 7 {
		t.Fatalf("%d panels", len(panels))
	}
	table := study.Table{
		Head: []string{"", "linearizable", "session guarantees", "servers become equal", "goes on without one server", "survives kill -9 of all servers", "survives loss of power"},
		Rows: [][]string{
			{"numstore", "kept (1,234 reads checked)", "", "", "", "not promised: 100 keys lost (100 keys read back)", ""},
			{"raftkv", "failed: the checker ran out of time", "", "promised, nothing was checked", "", "not promised, none seen (100 keys read back)", "may lose 5 s"},
			{"gossipkv", "not promised: 17 stale reads seen (4,000 reads checked)", "kept (500 occasions checked; 7 gets came too early for their server)", "", "", "BROKEN, seen 2 times (100 keys read back)", ""},
		}}
	if !reflect.DeepEqual(panels[0].Table, table) {
		t.Errorf("table %q, want %q", panels[0].Table, table)
	}
	lines := []study.Line{
		{Series: oneCopy.name, Points: []study.Point{{X: 0}, {X: 2, Y: 0.425, Low: 0.425, High: 0.425}}},
		{Series: killed.name, Points: []study.Point{{X: 0, Y: 100, Low: 100, High: 100}, {X: 1}, {X: 2, Y: 2, Low: 2, High: 2}}},
	}
	if !reflect.DeepEqual(panels[1].Plot.Lines, lines) {
		t.Errorf("lines %+v, want %+v", panels[1].Plot.Lines, lines)
	}
	if want := "Seen broken, for example: numstore, survives kill -9 of all servers: a is gone; gossipkv, linearizable: an old one; " +
		"gossipkv, survives kill -9 of all servers: a was gone."; panels[0].Says != want {
		t.Errorf("it says %q, want %q", panels[0].Says, want)
	}
	if want := "linearizable: in up to 0.425 % of what was checked; survives kill -9 of all servers: in up to 100 % of what was checked."; panels[1].Says != want {
		t.Errorf("it says %q, want %q", panels[1].Says, want)
	}
	if want := [][]string{{"numstore", "2000 (1000 to 3000)"}, {"raftkv", "500"}, {"gossipkv", "failed: it died"}}; !reflect.DeepEqual(panels[2].Table.Rows, want) {
		t.Errorf("throughput %q, want %q", panels[2].Table.Rows, want)
	}
	if want := "calls/s: from 500 (raftkv) to 2000 (numstore)."; panels[2].Says != want {
		t.Errorf("it says %q, want %q", panels[2].Says, want)
	}
	if latency := panels[3].Plot; len(latency.Lines) != 2 || len(latency.Lines[1].Points) != 2 || latency.Lines[1].Name != p99Figure {
		t.Errorf("latency %+v", latency)
	}
}

// TestShowPromises_nothing: a run that was cut before its first measurement has panels, too.
func TestShowPromises_nothing(t *testing.T) {
	for _, panel := range showPromises(&study.Study{}) {
		if len(panel.Table.Rows) > 0 || len(panel.Plot.Categories) > 0 || panel.Says == "" {
			t.Errorf("%+v shows something of nothing", panel)
		}
	}
}

func TestThousands(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567"} {
		if got := thousands(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}
