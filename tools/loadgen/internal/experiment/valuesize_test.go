package experiment

import (
	"reflect"
	"testing"

	"numstore.example/tools/internal/study"
)

// TestShowValueSize: mixes are not thrown together, and a size that failed is told.
func TestShowValueSize(t *testing.T) {
	sized := func(mix, size string, ms float64) study.Measurement {
		return study.Measurement{Series: "raftkv", At: map[string]string{mixFactor: mix, sizeFactor: size},
			Figures: map[string]float64{p50Figure: ms, p95Figure: 2 * ms, p99Figure: 3 * ms, meanFigure: ms, callsFigure: 1000 / ms, bytesFigure: 7}}
	}
	failed := study.Measurement{Series: "raftkv", At: map[string]string{mixFactor: "50/50", sizeFactor: "4194304"}, Failure: "keys were missing"}
	panels := showValueSize(&study.Study{Measurements: []study.Measurement{
		sized("read-only", "4096", 2), sized("read-only", "512", 1), sized("50/50", "512", 10), failed,
	}})
	var titles []string
	for _, panel := range panels {
		titles = append(titles, panel.Title)
	}
	if want := []string{
		"Latency by value size, read-only", "Throughput by value size, read-only", "Bytes of values by value size, read-only",
		"Latency by value size, 50/50", "Throughput by value size, 50/50", "Bytes of values by value size, 50/50",
	}; !reflect.DeepEqual(titles, want) {
		t.Fatalf("panels %q, want %q", titles, want)
	}
	if want := "raftkv: 1.00 p50 ms at 512 B, 2.00 at 4 KiB."; panels[0].Says != want {
		t.Errorf("it says %q, want %q", panels[0].Says, want)
	}
	if want := [][]string{{"512 B", "10.0", "30.0", "20.0", "10.0"}, {"4 MiB", "failed: keys were missing", "failed: keys were missing",
		"failed: keys were missing", "failed: keys were missing"}}; !reflect.DeepEqual(panels[3].Table.Rows, want) {
		t.Errorf("table %q, want %q", panels[3].Table.Rows, want)
	}
	if lines := panels[3].Plot.Lines; len(lines) != 2 || lines[0].Name != p50Figure || lines[1].Name != p99Figure {
		t.Errorf("lines %+v, want those of p50 and p99", lines)
	}
}
