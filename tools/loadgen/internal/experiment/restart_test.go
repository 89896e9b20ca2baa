package experiment

import (
	"reflect"
	"strings"
	"testing"

	"numstore.example/tools/internal/study"
)

// TestShowRestart: both times are drawn by the data, with their spread, and the sentence tells whether they grow.
func TestShowRestart(t *testing.T) {
	recovered := func(data string, read, write float64, failure string) study.Measurement {
		m := study.Measurement{Series: "raftkv", At: map[string]string{dataFactor: data}, Failure: failure}
		if failure == "" {
			m.Figures = map[string]float64{readFigure: read, writeFigure: write}
		}
		return m
	}
	small := []study.Measurement{recovered("128", 0.25, 0.5, ""), recovered("128", 0.2, 0.4, ""), recovered("128", 0.3, 0.6, "")}
	for _, test := range []struct {
		what     string
		measured []study.Measurement
		says     string
		reads    []study.Point // of the first line
		rows     [][]string
	}{
		{"nothing", nil, "Nothing was answered.", nil, nil},
		{"one size", small, "The first correct read: raftkv 0.250 s after its start with 128 MiB of data.",
			[]study.Point{{X: 128, Y: 0.25, Low: 0.2, High: 0.3}}, [][]string{{"128", "0.250 (0.200 to 0.300)", "0.500 (0.400 to 0.600)"}}},
		{"two sizes, and one that failed", append(small, recovered("1024", 0.3, 0.5, ""), recovered("2048", 0, 0, "piece 7 is not what was written")),
			"The first correct read: raftkv 0.250 s after its start with 128 MiB of data, 0.300 s with 1024 MiB (8.00 times the data, 1.20 times the time).",
			[]study.Point{{X: 128, Y: 0.25, Low: 0.2, High: 0.3}, {X: 1024, Y: 0.3, Low: 0.3, High: 0.3}}, [][]string{
				{"128", "0.250 (0.200 to 0.300)", "0.500 (0.400 to 0.600)"}, {"1024", "0.300", "0.500"},
				{"2048", "failed: piece 7 is not what was written", "failed: piece 7 is not what was written"}}},
	} {
		panels := showRestart(&study.Study{Measurements: test.measured})
		if len(panels) != 1 || panels[0].Says != test.says || !reflect.DeepEqual(panels[0].Table.Rows, test.rows) {
			t.Errorf("%s: %+v, want %q and %q", test.what, panels, test.says, test.rows)
			continue
		}
		lines := panels[0].Plot.Lines
		if test.reads == nil && len(lines) == 0 {
			continue
		}
		if len(lines) != 2 || lines[0].Name != readFigure || lines[1].Name != writeFigure || !reflect.DeepEqual(lines[0].Points, test.reads) {
			t.Errorf("%s: lines %+v, want reads at %+v", test.what, lines, test.reads)
		}
	}
}

// TestRestartNeeds: what the largest size needs counts, and a disk that is too small for it is refused.
func TestRestartNeeds(t *testing.T) {
	if got := restartNeeds(&Plan{Sizes: []Size{MiB, 4 * GiB}}); got < 8*GiB {
		t.Errorf("4 GiB of data need %v of the disk; want room for compactions", got)
	}
	s := good(t)
	s.Sizes = []Size{MiB, greatest}
	if _, err := NewPlan("restart", s); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("%v of data: %v, want a refusal", greatest, err)
	}
}

// TestFilling: each tenth is told once.
func TestFilling(t *testing.T) {
	var text strings.Builder
	each := (&Bench{progress: &text}).filling("raftkv", 128*MiB, 25)
	for range 25 {
		each()
	}
	if lines := strings.Split(strings.TrimSpace(text.String()), "\n"); len(lines) != 10 || lines[0] != "raftkv, filling up to 128 MiB: 10 %" || lines[9] != "raftkv, filling up to 128 MiB: 100 %" {
		t.Errorf("it tells %q, want ten tenths", lines)
	}
}
