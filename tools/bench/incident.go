package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/result"
)

// incident is what happens to a cluster under load, and is measured by the seconds until it is over.
type incident struct {
	what      string
	most, aim float64 // seconds that it may take, and shall
	loads     []load  // one for each server, ours first
	happen    func(ctx context.Context, b *bench, s *lab.Server, load load) (seconds float64, run *result.Run, err error)
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
	ours, err := lab.RaftkvCluster(b.rig(), nodes, 1)
	if err != nil {
		return nil, err
	}
	theirs, err := lab.EtcdCluster(b.rig(), nodes)
	if err != nil {
		return nil, err
	}
	i.loads = []load{b.clerk("put", incidentCallers), b.etcd("put", incidentCallers)}
	return &suite{servers: []lab.Command{ours, theirs}, incident: &i}, nil
}

// measureIncident has the incident of a suite happen to each server, starting with another one in each round.
func (b *bench) measureIncident(ctx context.Context, i *incident, servers map[string]*lab.Server, round int, f *findings) error {
	for place := range i.loads {
		load := i.loads[(place+round)%len(i.loads)]
		seconds, run, err := i.happen(ctx, b, servers[load.server], load)
		if err == nil {
			err = allThere(run)
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", load.Series, i.what, err)
		}
		fmt.Fprintf(os.Stderr, "round %d  %-24s  %s: %.3f s\n", round+1, load.Series, i.what, seconds)
		f.events = append(f.events, event{i.what, load.Series, round, seconds})
		f.merge(run)
	}
	return nil
}

// incidentRatios compares how long it took others to how long it took us, in the same round: more is better.
func (s *suite) incidentRatios(events []event) (all []ratio) {
	if s.incident == nil {
		return nil
	}
	ours := s.incident.loads[0].Series
	for _, peer := range s.incident.loads[1:] {
		var values []float64
		for _, e := range events {
			for _, other := range events {
				if e.Server == ours && other.Server == peer.Series && e.Round == other.Round && finite(other.Seconds/e.Seconds) {
					values = append(values, other.Seconds/e.Seconds)
				}
			}
		}
		if len(values) > 0 {
			all = append(all, ratio{s.incident.what + ", theirs to ours", ours, peer.Series, peer.Call, peer.Callers, median(values), slices.Min(values), slices.Max(values)})
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
			if e.Server == load.Series {
				values = append(values, e.Seconds)
			}
		}
		if len(values) > 0 {
			head, row = append(head, load.Series), append(row, summary(values))
		}
	}
	for _, r := range s.incidentRatios(events) {
		head, row = append(head, r.Peer+" to ours"), append(row, r.String())
	}
	return [][]string{head, row}
}
