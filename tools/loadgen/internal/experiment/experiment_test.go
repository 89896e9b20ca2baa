package experiment

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"numstore.example/tools/internal/study"
)

// measured is a measurement of the experiment on clients.
func measured(series, clients string, calls float64, failure string) study.Measurement {
	m := study.Measurement{Series: series, At: map[string]string{clientsFactor: clients}, Failure: failure}
	if failure == "" {
		m.Figures = map[string]float64{callsFigure: calls, p50Figure: 0, p99Figure: 2}
	}
	return m
}

// TestShowClients: repeats become a median with its spread, and what failed is told in words and not drawn.
func TestShowClients(t *testing.T) {
	s := &study.Study{Measurements: []study.Measurement{
		measured("raftkv", "2", 300, ""), measured("raftkv", "2", 100, ""), measured("raftkv", "2", 250, ""),
		measured("raftkv", "1", 90, ""), measured("raftkv", "1", 110, ""),
		measured("etcd", "1", 50, ""), measured("etcd", "2", 0, "the server died"),
	}}
	panels := showClients(s)
	if len(panels) != 2 {
		t.Fatalf("%d panels, want 2", len(panels))
	}
	calls := panels[0]
	lines := []study.Line{
		{Series: "raftkv", Points: []study.Point{{X: 1, Y: 100, Low: 90, High: 110}, {X: 2, Y: 250, Low: 100, High: 300}}},
		{Series: "etcd", Points: []study.Point{{X: 1, Y: 50, Low: 50, High: 50}}},
	}
	if !reflect.DeepEqual(calls.Plot.Lines, lines) {
		t.Errorf("lines %+v, want %+v", calls.Plot.Lines, lines)
	}
	table := study.Table{Head: []string{"clients", "raftkv, calls/s", "etcd, calls/s"}, Rows: [][]string{
		{"1", "100 (90.0 to 110)", "50.0"}, {"2", "250 (100 to 300)", "failed: the server died"}}}
	if !reflect.DeepEqual(calls.Table, table) {
		t.Errorf("table %q, want %q", calls.Table, table)
	}
	if want := "raftkv answered most with 2 clients, 250 calls/s; etcd answered most with 1 client, 50.0 calls/s."; calls.Says != want {
		t.Errorf("it says %q, want %q", calls.Says, want)
	}
	for _, line := range panels[1].Plot.Lines {
		if drawn := len(line.Points) > 0; drawn != (line.Name == p99Figure) {
			t.Errorf("%s %s is drawn: %v; 0 has no place on a logarithmic axis", line.Series, line.Name, drawn)
		}
	}
}

// TestShowClients_nothing: a run that was cut before its first measurement has panels, too.
func TestShowClients_nothing(t *testing.T) {
	if panels := showClients(&study.Study{}); len(panels) != 2 || panels[0].Says != "Nothing was answered." {
		t.Errorf("%+v", panels)
	}
}

func TestRisesNoMore(t *testing.T) {
	for _, test := range []struct {
		throughput []float64
		want       bool
	}{
		{nil, false},
		{[]float64{100, 100}, false},      // one step
		{[]float64{100, 104, 108}, true},  // two
		{[]float64{100, 104, 120}, false}, // the first was noise
		{[]float64{100, 200, 204}, false},
		{[]float64{100, 200, 204, 150}, true},
	} {
		if got := risesNoMore(test.throughput); got != test.want {
			t.Errorf("%v: %v, want %v", test.throughput, got, test.want)
		}
	}
}

func TestSettings_misuse(t *testing.T) {
	good := Settings{Repeats: 1, Duration: time.Second, Scratch: t.TempDir()}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for flag, change := range map[string]func(*Settings){
		"--keys is -1;":     func(s *Settings) { s.Keys = -1 },
		"--requests is -1;": func(s *Settings) { s.Requests = -1 },
		"--repeats is 0":    func(s *Settings) { s.Repeats = 0 },
		"--repeats is 101":  func(s *Settings) { s.Repeats = 101 },
		"--duration is 0s":  func(s *Settings) { s.Duration = 0 },
		"--warmup is -1ns;": func(s *Settings) { s.Warmup = -1 },
	} {
		bad := good
		change(&bad)
		if err := bad.check(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%v, want an error with %q", err, flag)
		}
	}
}

// TestCheckDisk: a disk that is too small is refused.
func TestCheckDisk(t *testing.T) {
	s := Settings{Scratch: t.TempDir()}
	if _, known, err := freeBytes(s.Scratch); err != nil {
		t.Fatal(err)
	} else if !known {
		t.Skip("nobody can tell here how much room a disk has")
	}
	if err := s.checkDisk(0); err != nil {
		t.Error(err)
	}
	if err := s.checkDisk(Size(math.MaxInt64 - 1<<20)); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("%v, want a refusal", err)
	}
	s.Scratch += "/none"
	if err := s.checkDisk(0); err == nil || !strings.Contains(err.Error(), s.Scratch) {
		t.Errorf("%v, want an error that names the folder", err)
	}
}

func TestNumber(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.00012: "0.000120", 0.5: "0.500", 2: "2.00", 12.34: "12.3", 100: "100", 123456: "123456"} {
		if got := number(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}
