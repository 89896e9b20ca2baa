package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"numstore.example/tools/internal/result"
)

// incident is what happens to a cluster under load, and is measured by the seconds until it is over.
type incident struct {
	what      string
	most, aim float64 // seconds that it may take, and shall
	loads     []load  // one for each server, ours first
	happen    func(ctx context.Context, b *bench, s *server, load load) (seconds float64, run *result.Run, err error)
}

// event is one incident.
type event struct {
	What    string  `json:"what"`
	Server  string  `json:"server"` // the series
	Round   int     `json:"round"`
	Seconds float64 `json:"seconds"`
}

// incidentCallers is how many callers load a cluster while something happens to it.
const incidentCallers = 64

// clusterIncident is a suite of an incident, on three nodes of raftkv and of etcd.
func clusterIncident(b *bench, i incident) (*suite, error) {
	ours, err := raftkvCluster(b, raftKV, 1)
	if err != nil {
		return nil, err
	}
	theirs, err := etcdCluster(b)
	if err != nil {
		return nil, err
	}
	i.loads = []load{b.clerk("put", incidentCallers), b.etcd("put", incidentCallers)}
	return &suite{servers: []command{ours, theirs}, incident: &i}, nil
}

// holdUntilInterrupted has a load held on a server.
func (b *bench) holdUntilInterrupted(ctx context.Context, load load, s *server) (*generator, error) {
	return b.startGenerator(ctx, load, s, 24*time.Hour)
}

// measureIncident has the incident of a suite happen to each server, starting with another one in each round.
func (b *bench) measureIncident(ctx context.Context, i *incident, servers map[string]*server, round int, f *findings) error {
	for place := range i.loads {
		load := i.loads[(place+round)%len(i.loads)]
		seconds, run, err := i.happen(ctx, b, servers[load.server], load)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", load.series, i.what, err)
		}
		fmt.Fprintf(os.Stderr, "round %d  %-24s  %s: %.3f s\n", round+1, load.series, i.what, seconds)
		f.events = append(f.events, event{i.what, load.series, round, seconds})
		f.merge(run)
	}
	return nil
}

// incidentRatios compares how long it took others to how long it took us, in the same round: more is better.
func (s *suite) incidentRatios(events []event) (all []ratio) {
	if s.incident == nil {
		return nil
	}
	ours := s.incident.loads[0].series
	for _, peer := range s.incident.loads[1:] {
		var values []float64
		for _, e := range events {
			for _, other := range events {
				if e.Server == ours && other.Server == peer.series && e.Round == other.Round && finite(other.Seconds/e.Seconds) {
					values = append(values, other.Seconds/e.Seconds)
				}
			}
		}
		if len(values) > 0 {
			all = append(all, ratio{s.incident.what + ", theirs to ours", ours, peer.series, peer.call, peer.callers, median(values), slices.Min(values), slices.Max(values)})
		}
	}
	return all
}

// incidentRows are the table of an incident.
func (s *suite) incidentRows(events []event) [][]string {
	if s.incident == nil || len(events) == 0 {
		return nil
	}
	head := []string{"seconds", "at most", "aim"}
	row := []string{s.incident.what, fmt.Sprint(s.incident.most), fmt.Sprint(s.incident.aim)}
	for _, load := range s.incident.loads {
		var values []float64
		for _, e := range events {
			if e.Server == load.series {
				values = append(values, e.Seconds)
			}
		}
		if len(values) > 0 {
			head, row = append(head, load.series), append(row, summary(values))
		}
	}
	for _, r := range s.incidentRatios(events) {
		head, row = append(head, r.Peer+" to ours"), append(row, r.String())
	}
	return [][]string{head, row}
}
