package page

import (
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage"
)

// seen is all that is known at a moment. What follows makes a Status of it, and knows no clock and no network.
type seen struct {
	now      time.Time
	self     uint64
	cluster  string
	topology statuspage.Report[*raftkvpb.TopologyResponse]
	nodes    []*raftkvpb.Node
	stats    map[uint64]statuspage.Report[*raftkvpb.StatResponse]
}

func (s *seen) status() Status {
	topology := s.topology.Last.Value
	status := Status{
		Time: s.now.UTC(), Node: s.self,
		Cluster: Cluster{ID: s.cluster, MapVersion: topology.GetMapVersion(), Placement: name(topology.GetPlacement(), "PLACEMENT_"), Error: statuspage.Text(statuspage.Sentence(s.topology.Err))},
		Nodes:   []Node{}, Shards: []Shard{},
	}
	for _, node := range s.nodes {
		status.Nodes = append(status.Nodes, s.node(node))
	}
	slices.SortFunc(status.Nodes, func(a, b Node) int { return compare(a.Node, b.Node) })
	replicas := s.replicas()
	for _, shard := range topology.GetShards() {
		status.Shards = append(status.Shards, describe(shard, replicas))
	}
	slices.SortFunc(status.Shards, func(a, b Shard) int { return compare(uint64(a.Shard), uint64(b.Shard)) })
	status.Problems = problems(&status)
	return status
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (s *seen) node(node *raftkvpb.Node) Node {
	report := s.stats[node.GetId()]
	n := Node{Node: node.GetId(), Address: statuspage.Text(node.GetAddress()), State: state(report.Err), Error: statuspage.Text(statuspage.Sentence(report.Err))}
	if report.Last.At.IsZero() {
		return n
	}
	stat := report.Last.Value
	n.Told = &Told{
		Age: s.now.Sub(report.Last.At).Seconds(), Answer: report.Last.Took.Seconds(),
		Version: statuspage.Text(stat.GetVersion()), Uptime: max(report.Last.At.Sub(stat.GetStartTime().AsTime()).Seconds(), 0),
		Keys: stat.GetKeys(), Bytes: stat.GetBytes(), Sessions: stat.GetSessions(),
		Damages: damagesOf(stat),

		Disk:  Disk{Free: stat.GetDisk().GetFree(), Full: statuspage.Text(stat.GetDisk().GetFull()), Stalled: stat.GetDisk().GetStalled().AsDuration().Seconds()},
		Calls: calls(stat),
	}
	if n.State == Answers {
		n.Rates, n.Took = between(report.Before, report.Last)
	}
	return n
}

func calls(stat *raftkvpb.StatResponse) Calls {
	return Calls{Gets: stat.GetGets(), Sets: stat.GetSets(), Appends: stat.GetAppends(), Deletes: stat.GetDeletes(), Scans: stat.GetScans()}
}

// state says what an error tells of the node that was asked.
func state(err error) State {
	switch {
	case err == nil:
		return Answers
	case errors.Is(err, statuspage.ErrSilent):
		return Silent
	}
	if code := status.Code(err); code == codes.Unavailable || code == codes.DeadlineExceeded {
		return Silent
	}
	return Unknown
}

// name returns the name of a value of an enumeration, without what all of them begin with; empty for the one that means none.
func name(value interface{ String() string }, prefix string) string {
	name := strings.ToLower(strings.TrimPrefix(value.String(), prefix))
	if name == "unspecified" {
		return ""
	}
	return name
}

func damagesOf(stat *raftkvpb.StatResponse) (damages []Damage) {
	for _, damage := range stat.GetDamages() {
		damages = append(damages, Damage{damage.GetShard(), statuspage.Text(damage.GetReason())})
	}
	return damages
}
