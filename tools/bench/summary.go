package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/markdown"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/internal/wholefile"
)

// sample is one measurement of one series.
type sample struct {
	Server     string   `json:"server"` // the series
	Call       string   `json:"call,omitempty"`
	Round      int      `json:"round"`
	Callers    int      `json:"callers"`
	Throughput float64  `json:"calls_per_second"`
	P50        float64  `json:"p50_ms"`
	P99        float64  `json:"p99_ms"`
	CPU        float64  `json:"cpu_seconds_per_100k_calls"`     // of the server, as the following; the warm-up counts on both sides
	Written    float64  `json:"bytes_written_per_call"`         // to the disk
	Syncs      *float64 `json:"log_syncs_per_second,omitempty"` // as the server counts them; of raftkv, appends that waited for the disk
}

// newSample works out the figures of a step, during which the server used something. That covers the
// warm-up as well, the counted calls do not; so it is shared out by time.
func newSample(load load, round int, step result.Step, warmup time.Duration, used lab.Usage) sample {
	seconds := step.Seconds + warmup.Seconds()
	calls := max(step.Throughput*seconds, 1) // a window without an answer is a figure too
	s := sample{
		Server: load.Series, Call: load.Call, Round: round, Callers: load.Callers,
		Throughput: step.Throughput,
		P50:        step.Latency.Milliseconds(50),
		P99:        step.Latency.Milliseconds(99),
		CPU:        used.CPU.Seconds() / calls * 100_000,
		Written:    used.Written / calls,
	}
	if used.Syncs >= 0 {
		rate := used.Syncs / seconds
		s.Syncs = &rate
	}
	return s
}

func (s sample) String() string {
	return fmt.Sprintf("round %d  %-24s  %-6s  %3d callers  %7.0f calls/s  p50 %.3f ms  p99 %.3f ms  %.2f CPU s per 100,000 calls",
		s.Round+1, s.Server, s.Call, s.Callers, s.Throughput, s.P50, s.P99, s.CPU)
}

// workload is what samples must share to be compared.
type workload struct {
	call    string
	callers int
}

func (s sample) what() workload { return workload{s.Call, s.Callers} }

// record is a line of a results file; exactly one member is there.
type record struct {
	Machine *machine `json:"machine,omitempty"` // once, first
	Sample  *sample  `json:"sample,omitempty"`
	Restart *restart `json:"restart,omitempty"`
	Event   *event   `json:"event,omitempty"`
	Reading *reading `json:"reading,omitempty"`
	Ratio   *ratio   `json:"ratio,omitempty"` // after the samples
}

type machine struct {
	Time time.Time `json:"time"`
	Go   string    `json:"go"`
	OS   string    `json:"os"`
	Arch string    `json:"arch"`
	CPUs int       `json:"cpus"`
}

// writeRecords writes a results file.
func writeRecords(name string, f findings, ratios []ratio) error {
	records := []record{{Machine: &machine{
		Time: time.Now().UTC(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
	}}}
	for i := range f.samples {
		records = append(records, record{Sample: &f.samples[i]})
	}
	for i := range f.restarts {
		records = append(records, record{Restart: &f.restarts[i]})
	}
	for i := range f.events {
		records = append(records, record{Event: &f.events[i]})
	}
	for i := range f.readings {
		records = append(records, record{Reading: &f.readings[i]})
	}
	for i := range ratios {
		records = append(records, record{Ratio: &ratios[i]})
	}
	return wholefile.Write(name, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		for _, record := range records {
			if err := lines.Encode(record); err != nil {
				return err
			}
		}
		return nil
	})
}

// columns of the figures, beside call, callers and server. One that is empty throughout is left out.
var columns = []struct {
	head, format string
	figure       func(sample) (float64, bool)
}{
	{"calls/s", "%.0f", func(s sample) (float64, bool) { return s.Throughput, true }},
	{"p50 ms", "%.3f", func(s sample) (float64, bool) { return s.P50, true }},
	{"p99 ms", "%.3f", func(s sample) (float64, bool) { return s.P99, true }},
	{"CPU s per 100,000 calls", "%.2f", func(s sample) (float64, bool) { return s.CPU, true }},
	{"bytes written per call", "%.0f", func(s sample) (float64, bool) { return s.Written, s.Written > 0 }},
	{"syncs/s", "%.0f", func(s sample) (float64, bool) {
		if s.Syncs == nil {
			return 0, false
		}
		return *s.Syncs, true
	}},
}

// tables are the tables of tools/bench/README.md: medians of the figures, the ratios, and what the suite has beside.
func (s *suite) tables(f findings, ratios []ratio) string {
	tables := []string{s.figures(f.samples)}
	for _, ours := range s.ours() {
		tables = append(tables, ratioTable(ours, ratios))
	}
	tables = append(tables, markdown.Table(s.reached(ratios)))
	tables = append(tables, markdown.Table(s.incidentRows(f.events)), markdown.Table(s.trialRows(f.readings)))
	if s.more != nil {
		tables = append(tables, s.more(f)...)
	}
	for _, left := range s.left {
		tables = append(tables, "Left out: "+left+".\n")
	}
	tables = slices.DeleteFunc(tables, func(table string) bool { return table == "" })
	return strings.Join(tables, "\n")
}

// reached is the goals, and what was measured. Where there are several peers, each goal is compared with each.
func (s *suite) reached(ratios []ratio) [][]string {
	rows := [][]string{{"what", "at least", "aim", "measured"}}
	for _, g := range s.goals {
		i := slices.IndexFunc(ratios, func(r ratio) bool {
			return r.Server == g.server && r.Peer == g.peer && r.Figure == g.figure && (workload{r.Call, r.Callers}) == g.at
		})
		if i >= 0 {
			rows = append(rows, []string{g.what, fmt.Sprintf("%.3g ×", g.least), fmt.Sprintf("%.3g ×", g.aim), ratios[i].String()})
		}
	}
	return rows
}

// figures is the medians over the rounds, in the order of the suite.
func (s *suite) figures(samples []sample) string {
	rows := [][]string{{"call", "callers", "server"}}
	for _, column := range columns {
		rows[0] = append(rows[0], column.head)
	}
	for _, group := range s.groups {
		for _, load := range group {
			if !slices.ContainsFunc(samples, load.made) {
				continue
			}
			row := []string{load.Call, fmt.Sprint(load.Callers), load.Series}
			for _, column := range columns {
				cell := ""
				if values := valuesOf(samples, load, column.figure); len(values) > 0 {
					cell = fmt.Sprintf(column.format, median(values))
				}
				row = append(row, cell)
			}
			rows = append(rows, row)
		}
	}
	return markdown.Table(rows)
}

func valuesOf(samples []sample, load load, figure func(sample) (float64, bool)) (values []float64) {
	for _, s := range samples {
		if value, there := figure(s); there && load.made(s) {
			values = append(values, value)
		}
	}
	return values
}

// ours are the series that are compared with others.
func (s *suite) ours() (names []string) {
	for _, pair := range s.pairs {
		if !slices.Contains(names, pair.ours) {
			names = append(names, pair.ours)
		}
	}
	return names
}

// ratioTable is how one series compares with all others.
func ratioTable(ours string, ratios []ratio) string {
	head := []string{ours + " to", "call", "callers"}
	for _, figure := range figures {
		head = append(head, figure.name)
	}
	rows := [][]string{head}
	for _, r := range ratios {
		if r.Server != ours {
			continue
		}
		names := []string{r.Peer, r.Call, fmt.Sprint(r.Callers)}
		if last := rows[len(rows)-1]; !slices.Equal(last[:len(names)], names) {
			rows = append(rows, append(names, make([]string, len(figures))...))
		}
		rows[len(rows)-1][slices.Index(head, r.Figure)] = r.String() // some figures may have none
	}
	return markdown.Table(rows)
}
