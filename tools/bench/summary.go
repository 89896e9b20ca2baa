package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"numstore.example/tools/internal/result"
)

// sample is one measurement of one server.
type sample struct {
	Server     string  `json:"server"`
	Round      int     `json:"round"`
	Callers    int     `json:"callers"`
	Throughput float64 `json:"calls_per_second"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	CPU        float64 `json:"cpu_seconds_per_100k_calls"` // of the server; the warm-up counts on both sides
}

// newSample works out the figures of a step, during which the server used some processor time. The time
// covers the warm-up as well, the counted calls do not; so it is shared out by time.
func newSample(server string, round, callers int, step result.Step, cpu time.Duration) sample {
	calls := step.Throughput * (step.Seconds + warmup.Seconds())
	return sample{
		Server: server, Round: round, Callers: callers,
		Throughput: step.Throughput,
		P50:        step.Latency.Milliseconds(50),
		P99:        step.Latency.Milliseconds(99),
		CPU:        cpu.Seconds() / calls * 100_000,
	}
}

func (s sample) String() string {
	return fmt.Sprintf("round %d  %-16s  %3d callers  %7.0f calls/s  p50 %.3f ms  p99 %.3f ms  %.2f CPU s per 100,000 calls",
		s.Round+1, s.Server, s.Callers, s.Throughput, s.P50, s.P99, s.CPU)
}

// record is a line of a results file; exactly one member is there.
type record struct {
	Machine *machine `json:"machine,omitempty"` // once, first
	Sample  *sample  `json:"sample,omitempty"`
	Ratio   *ratio   `json:"ratio,omitempty"` // after the samples
}

type machine struct {
	Time time.Time `json:"time"`
	Go   string    `json:"go"`
	OS   string    `json:"os"`
	Arch string    `json:"arch"`
	CPUs int       `json:"cpus"`
}

// ratio compares a figure of numstore with that of a peer: the same figure, in the same round. It is the
// median over the rounds, with the least and the greatest.
type ratio struct {
	Figure  string  `json:"figure"`
	Peer    string  `json:"peer"`
	Callers int     `json:"callers"`
	Median  float64 `json:"median"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
}

func (r ratio) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", r.Median, r.Min, r.Max) }

// figures are what is compared, so that more is better throughout.
var figures = []struct {
	name  string
	ratio func(ours, theirs sample) float64
}{
	{"throughput", func(ours, theirs sample) float64 { return ours.Throughput / theirs.Throughput }},
	{"p99, theirs to ours", func(ours, theirs sample) float64 { return theirs.P99 / ours.P99 }},
	{"CPU per call, theirs to ours", func(ours, theirs sample) float64 { return theirs.CPU / ours.CPU }},
}

// ratios compares numstore with every other server, at every number of callers.
func ratios(samples []sample) (all []ratio) {
	at := make(map[sample]sample) // from a sample's identity to the sample
	for _, s := range samples {
		at[sample{Server: s.Server, Round: s.Round, Callers: s.Callers}] = s
	}
	for _, callers := range distinct(samples, func(s sample) int { return s.Callers }) {
		for _, peer := range distinct(samples, func(s sample) string { return s.Server }) {
			if peer == numstore {
				continue
			}
			for _, figure := range figures {
				var values []float64
				for _, s := range samples {
					theirs, measured := at[sample{Server: peer, Round: s.Round, Callers: s.Callers}]
					if s.Server == numstore && s.Callers == callers && measured {
						values = append(values, figure.ratio(s, theirs))
					}
				}
				if len(values) > 0 {
					all = append(all, ratio{figure.name, peer, callers, median(values), slices.Min(values), slices.Max(values)})
				}
			}
		}
	}
	return all
}

func distinct[T comparable](samples []sample, of func(sample) T) (values []T) {
	for _, s := range samples {
		if value := of(s); !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// table is the table of the README: medians of the figures, then the ratios.
func table(samples []sample) string {
	var text strings.Builder
	out := tabwriter.NewWriter(&text, 0, 0, 1, ' ', 0)
	row := func(cells ...string) { fmt.Fprintf(out, "| %s\t|\n", strings.Join(cells, "\t| ")) }

	row("callers", "server", "calls/s", "p50 ms", "p99 ms", "CPU s per 100,000 calls")
	row("---", "---", "---", "---", "---", "---")
	for _, callers := range distinct(samples, func(s sample) int { return s.Callers }) {
		for _, server := range serverNames {
			var rows []sample
			for _, s := range samples {
				if s.Callers == callers && s.Server == server {
					rows = append(rows, s)
				}
			}
			if len(rows) == 0 {
				continue
			}
			of := func(format string, figure func(sample) float64) string {
				var values []float64
				for _, s := range rows {
					values = append(values, figure(s))
				}
				return fmt.Sprintf(format, median(values))
			}
			row(fmt.Sprint(callers), server,
				of("%.0f", func(s sample) float64 { return s.Throughput }),
				of("%.3f", func(s sample) float64 { return s.P50 }),
				of("%.3f", func(s sample) float64 { return s.P99 }),
				of("%.2f", func(s sample) float64 { return s.CPU }))
		}
	}
	out.Flush()
	text.WriteByte('\n')

	row("numstore to", "callers", figures[0].name, figures[1].name, figures[2].name)
	row("---", "---", "---", "---", "---")
	all := ratios(samples)
	for i := 0; i+len(figures) <= len(all); i += len(figures) {
		row(all[i].Peer, fmt.Sprint(all[i].Callers), all[i].String(), all[i+1].String(), all[i+2].String())
	}
	out.Flush()
	return text.String()
}

// writeRecords writes a results file.
func writeRecords(name string, samples []sample) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	records := []record{{Machine: &machine{
		Time: time.Now().UTC(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
	}}}
	for i := range samples {
		records = append(records, record{Sample: &samples[i]})
	}
	for _, ratio := range ratios(samples) {
		records = append(records, record{Ratio: &ratio})
	}
	lines := json.NewEncoder(file)
	for _, record := range records {
		if err := lines.Encode(record); err != nil {
			file.Close()
			return err
		}
	}
	return file.Close()
}
