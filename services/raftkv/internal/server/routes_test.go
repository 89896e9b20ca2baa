package server

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/shard"
)

// clusterOf is what a node says of a cluster that a test has made up.
type clusterOf struct {
	self    shard.NodeID
	leaders []shard.NodeID // by shard
	groups  []node.Group

	mu sync.Mutex
	m  *shard.Cluster
}

func (c *clusterOf) Cluster() *shard.Cluster {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m
}

func (c *clusterOf) set(m *shard.Cluster) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m = m
}

func (c *clusterOf) Group(s shard.ID) node.Group    { return c.groups[s] }
func (c *clusterOf) Leader(s shard.ID) shard.NodeID { return c.leaders[s] }
func (c *clusterOf) Leads(s shard.ID) bool          { return c.leaders[s] == c.self }
func (c *clusterOf) Holds(s shard.ID) bool {
	for _, n := range c.Cluster().Shards[s].Nodes() {
		if n == c.self {
			return true
		}
	}
	return false
}

// mapOf returns the map of three nodes with three shards of two replicas: 1 and 2, 2 and 3, 3 and 1.
func mapOf(t *testing.T, rule placement.Rule) *shard.Cluster {
	t.Helper()
	var nodes []shard.Node
	for id := range shard.NodeID(3) {
		nodes = append(nodes, shard.Node{ID: id + 1, Store: shard.StoreID{byte(id)}, Address: fmt.Sprintf("n%d:6000", id+1)})
	}
	m, err := shard.Form(shard.ClusterID{1}, uint32(rule), nodes, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	m.Shards[2].Version = 5
	return &m
}

// elsewhere is a group whose leader is another node, or not known.
type elsewhere struct {
	node.Group
	leader shard.NodeID
}

func (e *elsewhere) Propose(p *node.Proposal) { p.Done(nil, &node.NotLeader{Leader: e.leader}) }

func (e *elsewhere) Get(context.Context, []byte) (kv.Record, bool, error) {
	return kv.Record{}, false, &node.NotLeader{Leader: e.leader}
}

func (e *elsewhere) GetAll(context.Context, [][]byte, func(int, kv.Record, bool, error) bool) error {
	return &node.NotLeader{Leader: e.leader}
}

func (e *elsewhere) Scan(context.Context, node.Range, bool, func([]byte, kv.Record) (bool, error)) error {
	return &node.NotLeader{Leader: e.leader}
}

func (*elsewhere) Failed() <-chan struct{} { return nil }

// startWith starts a harness whose node says of its cluster what a test says.
func startWith(t *testing.T, cluster *clusterOf, forward Forward) *harness {
	return start(t, func(c *Config) { c.cluster, c.Forward = cluster, forward }, nil)
}

// calls are what is for keys, on every way that there is.
func (h *harness) calls(t *testing.T, key string) map[string]func() error {
	alone, piped := h.alone(t), h.onPipeline(t)
	return map[string]func() error{
		"Get":               func() error { return alone(getOperation(key)) },
		"Put":               func() error { return alone(putOperation(put(key, "v"))) },
		"Append":            func() error { return alone(appendOperation(key, "v", nil)) },
		"a get on a stream": func() error { return piped(getOperation(key)) },
		"a put on a stream": func() error { return piped(putOperation(put(key, "v"))) },
		"Batch": func() error {
			_, err := h.Batch(t.Context(), batchOf(key, key))
			return err
		},
	}
}

func batchOf(keys ...string) *raftkvpb.BatchRequest {
	request := new(raftkvpb.BatchRequest)
	for _, key := range keys {
		request.Writes = append(request.Writes, &raftkvpb.Write{Write: &raftkvpb.Write_Put{Put: put(key, "v")}})
	}
	return request
}

// scanOf returns how a scan of a shard ends, or of all if that is nil.
func (h *harness) scanOf(t *testing.T, s *uint32) error {
	_, err := h.scanned(t, &raftkvpb.ScanRequest{Shard: s})
	return err
}

// TestRedirect: what another node leads is redirected to that, with its address and the version of the map, whether this
// node learns so from its group or forwards nothing.
func TestRedirect(t *testing.T) {
	for _, test := range []struct {
		forward Forward
		told    shard.NodeID // the leader, by who was asked
		known   shard.NodeID // and by this node
		leader  string
	}{
		{ForwardAny, 2, 0, "n2:6000"},
		{ForwardAny, 0, 3, "n3:6000"},
		{ForwardAny, 0, 0, ""},
		{ForwardAny, 7, 0, ""}, // which this node's map does not have
		{ForwardReplica, 0, 3, "n3:6000"},
		{ForwardNone, 0, 2, "n2:6000"},
		{ForwardNone, 0, 0, ""},
	} {
		group := &elsewhere{leader: test.told}
		cluster := &clusterOf{self: 1, m: mapOf(t, placement.Numeric), groups: []node.Group{group, group, group}, leaders: []shard.NodeID{1, test.known, 1}}
		h := startWith(t, cluster, test.forward)
		calls := h.calls(t, "4")
		calls["Scan"] = func() error { return h.scanOf(t, new(uint32(1))) }
		for name, call := range calls {
			err := call()
			redirect, ok := redirectOf(err)
			if status.Code(err) != codes.Unavailable || !ok {
				t.Errorf("%+v: %s: %v; want UNAVAILABLE with a redirect", test, name, err)
			}
			if ok && (redirect.GetShard() != 1 || redirect.GetLeader() != test.leader || redirect.GetMapVersion() != 5) {
				t.Errorf("%+v: %s is redirected to %v; want shard 1, leader %q, map version 5", test, name, redirect, test.leader)
			}
		}
	}
}

// TestForward: what a server passes on, and what it refuses before anybody is asked.
func TestForward(t *testing.T) {
	const led, held, other = "0", "2", "1" // node 1 leads the shard 0, and has a member of shard 2
	for _, test := range []struct {
		forward Forward
		refused string // keys
	}{{"", ""}, {ForwardAny, ""}, {ForwardReplica, other}, {ForwardNone, held + other}} {
		cluster := &clusterOf{self: 1, m: mapOf(t, placement.Numeric), leaders: []shard.NodeID{1, 2, 3}}
		h := start(t, func(c *Config) {
			for range 3 {
				cluster.groups = append(cluster.groups, c.Node.Group(0))
			}
			c.cluster, c.Forward = cluster, test.forward
		}, nil)
		for _, key := range []string{led, held, other} {
			calls, s := h.calls(t, key), uint32(key[0]-'0')
			calls["Scan"] = func() error { return h.scanOf(t, &s) }
			for name, call := range calls {
				err, refused := call(), strings.Contains(test.refused, key)
				if refused != (status.Code(err) == codes.Unavailable) || !refused && err != nil {
					t.Errorf("--forward=%s: %s of key %s: %v; refused: %t", test.forward, name, key, err, refused)
				}
			}
		}
		if err := h.scanOf(t, nil); (status.Code(err) == codes.Unavailable) != (test.refused != "") {
			t.Errorf("--forward=%s: Scan of all: %v", test.forward, err)
		}
	}
}

// TestForming: a node that is of no cluster yet refuses what is for a key, definitely, and goes on when it is of one.
func TestForming(t *testing.T) {
	cluster := &clusterOf{self: 1, leaders: []shard.NodeID{1, 1, 1}}
	h := start(t, func(c *Config) {
		for range 3 {
			cluster.groups = append(cluster.groups, c.Node.Group(0))
		}
		c.cluster = cluster
	}, nil)
	calls := h.calls(t, "4")
	calls["Scan"] = func() error { return h.scanOf(t, nil) }
	calls["Topology"] = func() error {
		_, err := h.Topology(t.Context(), &raftkvpb.TopologyRequest{})
		return err
	}
	stream := h.pipeline(t)
	ask := func() codes.Code {
		stream.send(getOperation("4"))
		response, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return codes.Code(response.GetAnswers()[0].GetError().GetCode())
	}
	for name, call := range calls {
		err := call()
		if _, ok := redirectOf(err); !ok || status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "to form a cluster (--peers); nothing happened") {
			t.Errorf("%s: %v; want UNAVAILABLE with a redirect, and why", name, err)
		}
	}
	if code := ask(); code != codes.Unavailable {
		t.Errorf("on a stream: %v", code)
	}
	cluster.set(mapOf(t, placement.Hash))
	for name, call := range calls {
		if err := call(); err != nil {
			t.Errorf("%s, of a cluster: %v", name, err)
		}
	}
	if code := ask(); code != codes.OK {
		t.Errorf("on a stream, of a cluster: %v", code)
	}
}

// TestShards: a key is asked of its shard's group, on every way.
func TestShards(t *testing.T) {
	const shards = 5
	h := start(t, nil, func(o *node.Options) { o.Found = nodetest.Alone(shards) })
	find, err := placement.New(placement.Hash, shards)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		key := fmt.Sprint("k", i)
		want, _ := find([]byte(key))
		for name, call := range h.calls(t, key) {
			if err := call(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for s := range shards {
			if _, found, err := h.node.Group(shard.ID(s)).Get(t.Context(), []byte(key)); err != nil || found != (s == int(want)) {
				t.Errorf("%s is on shard %d: %t, %v; it is one of shard %d", key, s, found, err, want)
			}
		}
	}
}

// TestBatch_shards: a batch of several shards is refused as a whole, with the two that it is for.
func TestBatch_shards(t *testing.T) {
	h := start(t, func(c *Config) { c.MaxKey = 100 }, func(o *node.Options) { o.Found = nodetest.Alone(3) })
	long := strings.Repeat("k", 90)
	for _, test := range []struct {
		keys []string
		says string
	}{
		{[]string{"a", "{a}1", "{a}2"}, ""},
		{[]string{"a", "b"}, `write 0 of the batch is for shard 0 (key "a"), write 1 for shard 2 (key "b")`},
		{[]string{"{a}1", "a", "x{b}1"}, `write 0 of the batch is for shard 0 (tag "a"), write 2 for shard 2 (tag "b")`},
		{[]string{"a", long}, `(key "` + long[:40] + `"), and a batch is for one shard; nothing was changed: give keys`},
	} {
		before := pairsOf(t, h)
		_, err := h.Batch(t.Context(), batchOf(test.keys...))
		switch {
		case test.says == "" && err != nil:
			t.Errorf("%q: %v", test.keys, err)
		case test.says != "" && (status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%q: %v; want INVALID_ARGUMENT and %q", test.keys, err, test.says)
		case test.says != "" && fmt.Sprint(pairsOf(t, h)) != fmt.Sprint(before):
			t.Errorf("%q: the batch was refused, and has changed something", test.keys)
		}
	}
}

// TestNumeric: a key that the placement has no shard for is refused.
func TestNumeric(t *testing.T) {
	cluster := &clusterOf{self: 1, m: mapOf(t, placement.Numeric), groups: make([]node.Group, 3), leaders: make([]shard.NodeID, 3)}
	for name, call := range startWith(t, cluster, ForwardAny).calls(t, "x") {
		if err := call(); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "must be a decimal integer") {
			t.Errorf("%s: %v; want INVALID_ARGUMENT", name, err)
		}
	}
}

// TestTopology: each node tells the whole map, and the leaders that it knows.
func TestTopology(t *testing.T) {
	cluster := &clusterOf{self: 3, m: mapOf(t, placement.Ring), groups: make([]node.Group, 3), leaders: []shard.NodeID{0, 2, 3}}
	got, err := startWith(t, cluster, ForwardAny).Topology(t.Context(), &raftkvpb.TopologyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var nodes, shards []string
	for _, n := range got.GetNodes() {
		nodes = append(nodes, fmt.Sprint(n.GetId(), " ", n.GetAddress()))
	}
	for _, s := range got.GetShards() {
		shards = append(shards, fmt.Sprint(s.GetShard(), s.GetReplicas(), s.GetLeader()))
	}
	if fmt.Sprint(nodes, shards) != "[1 n1:6000 2 n2:6000 3 n3:6000] [0 [1 2] 0 1 [2 3] 2 2 [3 1] 3]" ||
		got.GetMapVersion() != 5 || !bytes.Equal(got.GetClusterId(), cluster.m.ID[:]) || got.GetPlacement() != raftkvpb.Placement_PLACEMENT_RING {
		t.Errorf("%v", got)
	}
}
