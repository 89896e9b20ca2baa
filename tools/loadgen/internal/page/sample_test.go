package page

import (
	"math"
	"strings"
	"testing"
	"time"

	"numstore.example/tools/internal/study"
)

// sampleStudy has a panel of each kind, with words that are hostile, or too long for their place.
func sampleStudy() (*study.Study, []study.Panel) {
	s := &study.Study{
		Header: study.Header{
			Format: study.Format, Experiment: "nodes", Title: "What do further nodes cost, and " + hostile + "?", Started: time.Date(2026, 11, 27, 18, 35, 0, 0, time.UTC),
			Command: []string{"loadgen", "experiment", "nodes", "--full", "--peers=etcd and " + longWord}, Settings: map[string]string{"repeats": "3", "duration": "10s", "mix": hostile},
			Machine:  study.Machine{Processor: "AMD EPYC 7B13", CPUs: 2, Memory: 8 << 30, System: "Linux 6.1.0-18-cloud-amd64", Disk: "ext4", Sync: "0.8 ms, p99 2.1 ms", Busy: "0.12", Generator: "go1.26, 2 processors"},
			Versions: map[string]string{"loadgen": "v1.2.3", "etcd": "3.6.5", "redis": "8.2"},
		},
		End: &study.End{Stopped: time.Date(2026, 11, 27, 18, 39, 7, 0, time.UTC)},
	}
	for i, series := range sampleSeries {
		s.Measurements = append(s.Measurements, study.Measurement{Series: series, At: map[string]string{"clients": "8"}, Repeat: i})
	}
	dead := study.Measurement{Series: "etcd, 5 nodes", At: map[string]string{"clients": "256", "mix": "read-only"}, Failure: "the server ended: exit status 1: " + longWord}
	s.Measurements = append(s.Measurements, dead, dead)
	return s, []study.Panel{throughputPanel(), latencyPanel(), sizePanel(), barPanel(), longBarPanel(), timelinePanel(), {Title: "Without any point", Says: "Nothing was answered."}}
}

const (
	hostile  = `a<b>"&'$1</title><script>alert(1)</script>`
	longWord = "/a/very/long/word/that/has/no/place/to/break/it/such/as/a/folder/of/a/machine/of/which/nobody/can/say/why/it/is/called/so"
)

var sampleSeries = []string{"raftkv, 1 node", "raftkv, 3 nodes", "raftkv, 5 nodes", "etcd, 3 nodes", "etcd, 5 nodes", "Redis, every write synced"}

func sampleLine(series int, name string, xs []float64, y func(x float64) float64) study.Line {
	line := study.Line{Series: sampleSeries[series], Name: name}
	for i, x := range xs {
		value := y(x)
		line.Points = append(line.Points, study.Point{X: x, Y: value, Low: value * (0.93 - 0.02*float64(i%3)), High: value * 1.08})
	}
	return line
}

var sampleClients = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}

func throughputPanel() study.Panel {
	p := study.Panel{Title: "Throughput by clients", Says: "raftkv, 1 node answered most with 128 clients, 21 400 calls/s; etcd, 3 nodes with 64 clients, 9 100 calls/s.",
		Plot: study.Plot{X: study.Axis{Label: "clients", Logarithmic: true}, Y: study.Axis{Label: "calls/s"}}}
	for i := range sampleSeries {
		p.Plot.Lines = append(p.Plot.Lines, sampleLine(i, "", sampleClients, func(x float64) float64 { return 22000 * x / (x + 12 + 9*float64(i)) }))
	}
	return p
}

func latencyPanel() study.Panel {
	p := study.Panel{Title: "Latency by clients, of " + hostile, Says: "Half of the calls took at most p50, and all but one of a hundred at most p99.",
		Plot: study.Plot{X: study.Axis{Label: "clients", Logarithmic: true}, Y: study.Axis{Label: "ms, of the calls that were answered in the window", Logarithmic: true}}}
	for i := range sampleSeries[:3] {
		p.Plot.Lines = append(p.Plot.Lines,
			sampleLine(i, "p50 ms", sampleClients, func(x float64) float64 { return 0.2 + x/20*float64(i+1) }),
			sampleLine(i, "p99 ms", sampleClients, func(x float64) float64 { return 0.8 + x/6*float64(i+1) }))
	}
	p.Table = study.Table{Head: []string{"clients", "raftkv, 1 node, p50 ms", "raftkv, 1 node, p99 ms"}, Rows: [][]string{{"1", "0.25 (0.23 to 0.27)"}, {hostile, "failed: " + longWord, "3", "a cell too many"}}}
	return p
}

func sizePanel() study.Panel {
	p := study.Panel{Title: "Latency by value size, read-only", Says: "raftkv, 3 nodes: 0.42 p50 ms at 512 bytes, 38.1 at 4 194 304.",
		Plot: study.Plot{X: study.Axis{Label: "value bytes", Logarithmic: true}, Y: study.Axis{Label: "ms", Logarithmic: true}}}
	for i, name := range []string{"p50 ms", "p95 ms", "p99 ms", "mean ms"} {
		p.Plot.Lines = append(p.Plot.Lines, sampleLine(1, name, []float64{512, 4 << 10, 512 << 10, 1 << 20, 4 << 20}, func(x float64) float64 { return (0.4 + x/1e5) * float64(i+2) }))
	}
	return p
}

func barPanel() study.Panel {
	p := study.Panel{Title: "Bytes written for one put", Says: "A put of 1 KiB writes 2.2 KiB with one node.",
		Plot: study.Plot{Kind: study.Bars, X: study.Axis{Label: "mix"}, Y: study.Axis{Label: "bytes"}, Categories: []string{"read-only", "half puts", "puts, 3 of 4"}}}
	for i := range 4 {
		for _, name := range []string{"log", "tables"}[:1+i%2] {
			p.Plot.Lines = append(p.Plot.Lines, sampleLine(i, name, []float64{0, 1, 2}, func(x float64) float64 { return 900 * (x + 1) / float64(i+1) }))
		}
	}
	return p
}

func longBarPanel() study.Panel {
	p := study.Panel{Title: "Stale reads", Says: "No promise of raftkv was broken.",
		Plot: study.Plot{Kind: study.Bars, X: study.Axis{Label: "promise"}, Y: study.Axis{Label: "stale of 1 000 reads", Logarithmic: true},
			Categories: []string{"linearizable, synced", "linearizable", "answered-by-followers " + longWord, "sessions that move between servers", hostile, "eventually", "bounded staleness of five seconds", "no promise"}}}
	for i := range p.Plot.Categories {
		p.Plot.Lines = append(p.Plot.Lines, sampleLine(i%len(sampleSeries), "", []float64{float64(i)}, func(x float64) float64 { return math.Pow(3, x+0.3) }))
	}
	return p
}

func timelinePanel() study.Panel {
	p := study.Panel{Title: "A restart in time", Says: "The first correct read came 3.1 s after the start.",
		Plot: study.Plot{X: study.Axis{Label: "seconds"}, Y: study.Axis{Label: "calls/s"},
			Events: []study.Event{{X: 10, Text: "kill -9 of the leader"}, {X: 13, Text: "started again"}, {X: 14, Text: "ready"}, {X: 16.25, Text: "first correct read, of " + hostile}, {X: 59, Text: "the end of it " + longWord}}}}
	for i := range 2 {
		line := study.Line{Series: sampleSeries[i], Name: ""}
		for second := range 60 {
			y := 9000 + 600*math.Sin(float64(second*(i+2)))
			if second >= 10 && second < 16 {
				y = 0
			}
			line.Points = append(line.Points, study.Point{X: float64(second) + 0.5, Y: y, Low: y, High: y})
		}
		p.Plot.Lines = append(p.Plot.Lines, line)
	}
	return p
}

func writeStudy(t *testing.T, s *study.Study, panels []study.Panel) string {
	t.Helper()
	var text strings.Builder
	if err := WriteStudy(&text, s, panels); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
