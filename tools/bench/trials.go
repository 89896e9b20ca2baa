package main

import (
	"context"
	"fmt"
	"os"

	"numstore.example/tools/internal/lab"
)

// trial is something that is done once in each round, behind the loads, and gives one figure.
type trial struct {
	what, unit string // the figure
	limit, aim string // that it is to keep, and to reach, for people
	server     string // whom it is done to; empty if it starts what it needs
	measure    func(ctx context.Context, b *bench, addresses []string) (float64, error)
}

// reading is the figure of a trial in one round.
type reading struct {
	What  string  `json:"what"`
	Unit  string  `json:"unit"`
	Round int     `json:"round"`
	Value float64 `json:"value"`
}

// measureTrials does all trials of a suite once.
func (b *bench) measureTrials(ctx context.Context, trials []trial, servers map[string]*lab.Server, round int, f *findings) error {
	for _, t := range trials {
		var addresses []string
		if server := servers[t.server]; server != nil {
			addresses = server.Addresses()
		}
		value, err := t.measure(ctx, b, addresses)
		if err != nil {
			return fmt.Errorf("%s: %w", t.what, err)
		}
		fmt.Fprintf(os.Stderr, "round %d  %s: %.3f %s\n", round+1, t.what, value, t.unit)
		f.readings = append(f.readings, reading{t.what, t.unit, round, value})
	}
	return nil
}

// trialRows are the table of the trials.
func (s *suite) trialRows(readings []reading) [][]string {
	rows := [][]string{{"what", "limit", "aim", "measured"}}
	for _, t := range s.trials {
		var values []float64
		for _, r := range readings {
			if r.What == t.what {
				values = append(values, r.Value)
			}
		}
		if len(values) > 0 {
			rows = append(rows, []string{t.what + ", " + t.unit, t.limit, t.aim, summary(values)})
		}
	}
	return rows
}
