package server

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
	"numstore.example/services/raftkv/internal/shard"
)

// Forward says which calls a server has done that it cannot do itself, by passing them on to who leads their shard. It
// refuses the others, with a Redirect. The zero value is ForwardAny.
type Forward string

const (
	ForwardAny     Forward = "any"     // all
	ForwardReplica Forward = "replica" // those for shards that this node has a member of
	ForwardNone    Forward = "none"    // none: it answers only for shards that it leads, reads too
)

// cluster is what a node says of its cluster; *node.Node implements it.
type cluster interface {
	// Cluster returns the map, which never changes its rule of placement and its number of shards. It is nil as long as
	// there is none.
	Cluster() *shard.Cluster
	// Group returns who answers for a shard, wherever that is.
	Group(s shard.ID) node.Group
	Holds(s shard.ID) bool
	Leads(s shard.ID) bool
	Leader(s shard.ID) shard.NodeID
}

// routes finds out who is to be asked for a key, and who has to ask elsewhere.
type routes struct {
	cluster
	forward Forward

	making sync.Mutex
	made   atomic.Pointer[table]
}

// table is what is worked out of the map once: to make a ring takes time.
type table struct {
	find   func(key []byte) (shard.ID, error)
	groups []node.Group // by shard
}

var errForming = wire.Redirected(errors.New("this server waits for the other nodes to form a cluster (--peers)"), "try again", &raftkvpb.Redirect{})

// table returns the table, or why there is none yet.
func (r *routes) table() (*table, error) {
	if t := r.made.Load(); t != nil {
		return t, nil
	}
	r.making.Lock()
	defer r.making.Unlock()
	if t := r.made.Load(); t != nil {
		return t, nil
	}
	m := r.Cluster()
	if m == nil {
		return nil, errForming
	}
	find, err := Place(m)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "the map of the cluster: %v", err)
	}
	t := &table{find: find, groups: make([]node.Group, len(m.Shards))}
	for s := range t.groups {
		t.groups[s] = r.cluster.Group(shard.ID(s))
	}
	r.made.Store(t)
	return t, nil
}

// shards returns how many shards there are, and 0 as long as there is no map.
func (r *routes) shards() int {
	t, err := r.table()
	if err != nil {
		return 0
	}
	return len(t.groups)
}

// find returns the shard of a key.
func (t *table) shard(key []byte) (shard.ID, error) {
	s, err := t.find(key)
	if err != nil {
		return 0, status.Error(codes.InvalidArgument, err.Error())
	}
	return s, nil
}

// Place returns what finds the shard of a key in a cluster. It says of a key that can have none what keys must be.
func Place(m *shard.Cluster) (func(key []byte) (shard.ID, error), error) {
	find, err := placement.New(placement.Rule(m.Placement), len(m.Shards))
	return func(key []byte) (shard.ID, error) {
		s, err := find(key)
		return shard.ID(s), err
	}, err
}

// group returns who is to be asked for a key, or the status of a call for it that is refused.
func (r *routes) group(key []byte) (node.Group, error) {
	t, err := r.table()
	if err != nil {
		return nil, err
	}
	s, err := t.shard(key)
	if err != nil {
		return nil, err
	}
	if err := r.admit(s); err != nil {
		return nil, err
	}
	return t.groups[s], nil
}

// route is who is to be asked for a shard.
type route struct {
	shard shard.ID
	group node.Group
}

// scanned returns who is to be asked for what a scan shows: the pairs of one shard, or, if it names none, of all.
func (r *routes) scanned(only *uint32) (asked []route, err error) {
	t, err := r.table()
	if err != nil {
		return nil, err
	}
	if only != nil && int64(*only) >= int64(len(t.groups)) {
		return nil, status.Errorf(codes.InvalidArgument, "there is no shard %d; the cluster has %d, numbered from 0", *only, len(t.groups))
	}
	for s, group := range t.groups {
		of := shard.ID(s)
		if only != nil && of != shard.ID(*only) {
			continue
		}
		if err := r.admit(of); err != nil {
			return nil, err
		}
		asked = append(asked, route{of, group})
	}
	return asked, nil
}

// batchGroup is group for the writes of a batch, which must be of one shard.
func (r *routes) batchGroup(writes []kv.Write) (node.Group, error) {
	t, err := r.table()
	if err != nil {
		return nil, err
	}
	var first shard.ID
	for i := range writes {
		s, err := t.shard(writes[i].Key)
		if err != nil {
			return nil, status.Errorf(status.Code(err), "write %d of the batch: %s", i, status.Convert(err).Message())
		}
		if i == 0 {
			first = s
		}
		if s != first {
			return nil, status.Errorf(codes.InvalidArgument, "write 0 of the batch is for shard %d (%s), write %d for shard %d (%s), and a batch is for one shard; nothing was changed: "+
				"give keys that belong together the same tag, as in {cart7}/items and {cart7}/sum, or send a batch for each shard",
				first, tagOf(writes[0].Key), i, s, tagOf(writes[i].Key))
		}
	}
	if err := r.admit(first); err != nil {
		return nil, err
	}
	return t.groups[first], nil
}

// tagOf says what of a key decides on its shard, cut short.
func tagOf(key []byte) string {
	const shown = 40
	tag := placement.Tag(key)
	what := "tag"
	if bytes.Equal(tag, key) {
		what = "key"
	}
	return fmt.Sprintf("%s %.*q", what, shown, tag)
}

// admit refuses calls for a shard that this server is not to pass on.
func (r *routes) admit(s shard.ID) error {
	switch {
	case r.forward == ForwardNone && !r.Leads(s):
		return wire.Redirected(fmt.Errorf("this server does not lead shard %d, and passes nothing on (--forward=none)", s), wire.AskLeader, r.redirect(s, 0))
	case r.forward == ForwardReplica && !r.Holds(s):
		return wire.Redirected(fmt.Errorf("this server does not hold shard %d, and passes on nothing for it (--forward=replica)", s), wire.AskLeader, r.redirect(s, 0))
	}
	return nil
}

// redirect says of calls for a shard where its leader is. If who was asked does not know (0), this node may.
func (r *routes) redirect(s shard.ID, leader shard.NodeID) *raftkvpb.Redirect {
	redirect := &raftkvpb.Redirect{Shard: uint32(s)}
	if m := r.Cluster(); m != nil {
		if leader == 0 {
			leader = r.Leader(s)
		}
		at, _ := m.Node(leader)
		redirect.Leader, redirect.MapVersion = at.Address, m.Version()
	}
	return redirect
}

// redirectKey is redirect for a key.
func (r *routes) redirectKey(key []byte, leader shard.NodeID) *raftkvpb.Redirect {
	var s shard.ID
	if t, err := r.table(); err == nil {
		s, _ = t.shard(key) // of a key that was placed before
	}
	return r.redirect(s, leader)
}

// topology is what a node tells of its cluster: the map, and who leads as far as it knows.
func (r *routes) topology() (*raftkvpb.TopologyResponse, error) {
	m := r.Cluster()
	if m == nil {
		return nil, errForming
	}
	topology := &raftkvpb.TopologyResponse{MapVersion: m.Version(), Placement: raftkvpb.Placement(m.Placement), ClusterId: m.ID[:]}
	for _, n := range m.Nodes {
		if !n.Gone {
			topology.Nodes = append(topology.Nodes, &raftkvpb.Node{Id: uint64(n.ID), Address: n.Address})
		}
	}
	for s, members := range m.Shards {
		one := &raftkvpb.Shard{Shard: uint32(s), Leader: uint64(r.Leader(shard.ID(s)))}
		for _, n := range members.Nodes() {
			one.Replicas = append(one.Replicas, uint64(n))
		}
		topology.Shards = append(topology.Shards, one)
	}
	return topology, nil
}
