package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"numstore.example/tools/internal/lab"
)

// suites are all suites by their names. A further one is a file of its own, a line here, and, so that mage runs it, one
// in magefile.go.
var suites = map[string]func(*bench) (*suite, error){
	"gossipkv":        gossipkvSuite,
	"numstore":        numstoreSuite,
	"raftkv":          raftkvSuite,
	"raftkv-catchup":  catchupSuite,
	"raftkv-cluster":  clusterSuite,
	"raftkv-failover": failoverSuite,
	"raftkv-shards":   shardsSuite,
}

// suite is servers, what they are asked, and what is compared.
type suite struct {
	servers  []lab.Command
	groups   [][]load // the loads of a group are compared, and so held one soon after the other
	pairs    []pair
	goals    []goal
	incident *incident                                              // happens in each round, behind the loads; may be nil
	trials   []trial                                                // are done in each round, behind the loads
	restart  func(ctx context.Context, b *bench) ([]restart, error) // measures restarts, after all else; may be nil
	more     func(f findings) []string                              // tables beside the usual ones; may be nil
	left     []string                                               // what is left out, and why
}

// add puts loads to those that they are compared with: into the groups that have as many callers of the same call.
func (s *suite) add(loads ...load) {
	for _, l := range loads {
		for i, group := range s.groups {
			if group[0].Call == l.Call && group[0].Callers == l.Callers {
				s.groups[i] = append(group, l)
			}
		}
	}
}

// load is a load of a suite.
type load struct {
	lab.Load
	server string // the name of whom it is held on
}

// made says whether a sample comes from this load.
func (l load) made(s sample) bool {
	return s.Server == l.Series && s.Call == l.Call && s.Callers == l.Callers
}

// goal is a ratio that a server was built to reach.
type goal struct {
	what                 string
	server, peer, figure string
	at                   workload
	least, aim           float64
}

// pair is two series that are compared wherever both have the same call and as many callers.
type pair struct{ ours, theirs string }

// ratio compares a figure of two series: the same figure, in the same round. It is the median over the
// rounds, with the least and the greatest.
type ratio struct {
	Figure  string  `json:"figure"`
	Server  string  `json:"server"`
	Peer    string  `json:"peer"`
	Call    string  `json:"call,omitempty"`
	Callers int     `json:"callers"`
	Median  float64 `json:"median"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
}

func (r ratio) String() string { return spread(r.Median, r.Min, r.Max) }

func spread(median, least, greatest float64) string {
	return fmt.Sprintf("%.2f (%.2f–%.2f)", median, least, greatest)
}

// summary is the median of some values, with the least and the greatest.
func summary(values []float64) string {
	return spread(median(values), slices.Min(values), slices.Max(values))
}

// figures are what is compared, so that more is better throughout.
var figures = []struct {
	name  string
	ratio func(ours, theirs sample) float64
}{
	{throughput, func(ours, theirs sample) float64 { return ours.Throughput / theirs.Throughput }},
	{p50, func(ours, theirs sample) float64 { return theirs.P50 / ours.P50 }},
	{p99, func(ours, theirs sample) float64 { return theirs.P99 / ours.P99 }},
	{cpu, func(ours, theirs sample) float64 { return theirs.CPU / ours.CPU }},
}

// Names of the figures.
const (
	throughput = "throughput"
	p50        = "p50, theirs to ours"
	p99        = "p99, theirs to ours"
	cpu        = "CPU per call, theirs to ours"
)

// ratios compares all pairs, at every call and number of callers, in all figures.
func (s *suite) ratios(samples []sample) (all []ratio) {
	for _, pair := range s.pairs {
		for _, what := range distinct(samples, sample.what) {
			for _, figure := range figures {
				var values []float64
				for _, ours := range samples {
					for _, theirs := range samples {
						if ours.Server == pair.ours && theirs.Server == pair.theirs && ours.Round == theirs.Round && ours.what() == what && theirs.what() == what {
							if value := figure.ratio(ours, theirs); finite(value) {
								values = append(values, value)
							}
						}
					}
				}
				if len(values) > 0 {
					all = append(all, ratio{figure.name, pair.ours, pair.theirs, what.call, what.callers, median(values), slices.Min(values), slices.Max(values)})
				}
			}
		}
	}
	return all
}

// finite is false for a ratio to nothing: the kernel counts a server's time in hundredths of a second, which can be none
// in a short window.
func finite(value float64) bool { return !math.IsNaN(value) && !math.IsInf(value, 0) }

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
