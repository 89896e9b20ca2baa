package page

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"numstore.example/contracts/raftkvpb"
)

const (
	// freshness is how often anything is asked at most.
	freshness = time.Second
	// deadline is how long a node may take to answer before it is called silent.
	deadline = time.Second
	// patience is how long a view waits for answers. What comes later is in the next one.
	patience = 250 * time.Millisecond
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
	config Config
	ctx    context.Context
	stop   context.CancelFunc

	mu       sync.Mutex // of what follows; held while a view is made, so that all who want one share it
	made     time.Time
	view     []byte
	topology *question[*raftkvpb.TopologyResponse]
	nodes    map[uint64]*question[*raftkvpb.StatResponse]
}

func newCollector(config Config) *collector {
	c := &collector{config: config, topology: new(question[*raftkvpb.TopologyResponse]), nodes: make(map[uint64]*question[*raftkvpb.StatResponse])}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c
}

// status returns a Status in JSON that is a second old at most.
func (c *collector) status() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.view == nil || time.Since(c.made) >= freshness {
		view, err := json.Marshal(c.look())
		if err != nil {
			panic(err) // the types can be encoded
		}
		c.made, c.view = time.Now(), append(view, '\n')
	}
	return c.view
}

// look asks everybody, waits as long as a view may, and returns what is known then.
func (c *collector) look() Status {
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	await(ctx, c.topology.ask(c.ctx, c.config.Source.Topology))
	topology := c.topology.report()

	nodes := topology.last.value.GetNodes()
	if len(nodes) == 0 { // until there is a map, the node knows itself
		nodes = []*raftkvpb.Node{{Id: c.config.Node}}
	}
	asked := make(map[uint64]*question[*raftkvpb.StatResponse], len(nodes))
	var answers []<-chan struct{}
	for _, node := range nodes {
		q := c.nodes[node.GetId()]
		if q == nil {
			q = new(question[*raftkvpb.StatResponse])
		}
		asked[node.GetId()] = q
		answers = append(answers, q.ask(c.ctx, func(ctx context.Context) (*raftkvpb.StatResponse, error) { return c.config.Source.Stat(ctx, node) }))
	}
	c.nodes = asked // who has left the map is forgotten
	await(ctx, answers...)

	seen := seen{now: time.Now(), self: c.config.Node, topology: topology, nodes: nodes, stats: make(map[uint64]report[*raftkvpb.StatResponse])}
	if c.config.Cluster != nil {
		seen.cluster = c.config.Cluster()
	}
	for id, q := range asked {
		seen.stats[id] = q.report()
	}
	return seen.status()
}

// await waits until all channels are closed, or the context has ended.
func await(ctx context.Context, channels ...<-chan struct{}) {
	for _, channel := range channels {
		select {
		case <-channel:
		case <-ctx.Done():
			return
		}
	}
}
