package page

import (
	"context"
	"time"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage"
)

// Config says of what a page is.
type Config struct {
	Node   uint64 // the number of the node whose page it is
	Source Source

	// Cluster returns the id of the cluster; empty while it is not known. Nil means never.
	Cluster func() string
}

// collector asks, and keeps what was answered. It has no goroutine but those of questions that wait for an answer.
type collector struct {
	config   Config
	topology *statuspage.Question[*raftkvpb.TopologyResponse]
	nodes    map[uint64]*statuspage.Question[*raftkvpb.StatResponse]
}

// look asks everybody, waits as long as a view may, and returns what is known then. It is called by one at a time; its context ends when the page is
// closed.
func (c *collector) look(open context.Context) Status {
	ctx, cancel := context.WithTimeout(open, statuspage.Patience)
	defer cancel()
	statuspage.Await(ctx, c.topology.Ask(open, c.config.Source.Topology))
	topology := c.topology.Report()

	nodes := topology.Last.Value.GetNodes()
	if len(nodes) == 0 { // until there is a map, the node knows itself
		nodes = []*raftkvpb.Node{{Id: c.config.Node}}
	}
	asked := make(map[uint64]*statuspage.Question[*raftkvpb.StatResponse], len(nodes))
	var answers []<-chan struct{}
	for _, node := range nodes {
		q := c.nodes[node.GetId()]
		if q == nil {
			q = new(statuspage.Question[*raftkvpb.StatResponse])
		}
		asked[node.GetId()] = q
		answers = append(answers, q.Ask(open, func(ctx context.Context) (*raftkvpb.StatResponse, error) { return c.config.Source.Stat(ctx, node) }))
	}
	c.nodes = asked // who has left the map is forgotten
	statuspage.Await(ctx, answers...)

	seen := seen{now: time.Now(), self: c.config.Node, topology: topology, nodes: nodes, stats: make(map[uint64]statuspage.Report[*raftkvpb.StatResponse])}
	if c.config.Cluster != nil {
		seen.cluster = c.config.Cluster()
	}
	for id, q := range asked {
		seen.stats[id] = q.Report()
	}
	return seen.status()
}
