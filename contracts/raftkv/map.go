package raftkv

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkvpb"
)

// shardMap says which shard has a key, and which server to ask for a shard. It is a value: nothing in it ever changes,
// and what happens to the cluster makes another one of it.
type shardMap struct {
	// known is whether this comes from the cluster. Before that there is one shard, for calls that are for no key.
	known   bool
	version uint64
	find    placement.Func // nil as long as there is one shard
	places  []place        // of the shards, by their numbers; at least one
}

// place is where a shard is, as far as the Clerk knows.
type place struct {
	servers []string // in the spelling of resolve; at least one
	current int      // the one to ask
}

// unknownMap is the map of a Clerk that knows some servers, and nothing else.
func unknownMap(servers []string) *shardMap {
	return &shardMap{places: []place{{servers: servers}}}
}

// newMap returns the map that a server has told of. A shard is asked of its leader, if that is known, then of its other
// replicas, and of those that the Clerk's caller has named, for a server may pass calls on. If no node has an address,
// these are all there are, and the one that was asked comes first.
func newMap(topology *raftkvpb.TopologyResponse, named []string, asked string) (*shardMap, error) {
	m := &shardMap{known: true, version: topology.GetMapVersion(), places: make([]place, max(1, len(topology.GetShards())))}
	if n := len(topology.GetShards()); n > 1 {
		find, err := placement.New(placement.Rule(topology.GetPlacement()), n)
		if err != nil {
			return nil, status.Errorf(codes.Unimplemented, "the server %s: %v", asked, err)
		}
		m.find = find
	}
	addresses := make(map[uint64]string)
	for _, node := range topology.GetNodes() {
		if server, _, err := resolve(node.GetAddress()); err == nil {
			addresses[node.GetId()] = server
		}
	}
	for _, shard := range topology.GetShards() {
		if int(shard.GetShard()) >= len(m.places) || m.places[shard.GetShard()].servers != nil {
			return nil, status.Errorf(codes.Internal, "the server %s has a map of %d shards in which number %d is one too many", asked, len(m.places), shard.GetShard())
		}
		m.places[shard.GetShard()] = newPlace(shard, addresses, named, asked)
	}
	if len(topology.GetShards()) == 0 {
		m.places[0] = newPlace(nil, nil, named, asked)
	}
	return m, nil
}

func newPlace(shard *raftkvpb.Shard, addresses map[uint64]string, named []string, asked string) (p place) {
	leader, led := addresses[shard.GetLeader()]
	if led {
		p.servers = []string{leader}
	}
	for _, node := range shard.GetReplicas() {
		if server, ok := addresses[node]; ok && !slices.Contains(p.servers, server) {
			p.servers = append(p.servers, server)
		}
	}
	for _, server := range named {
		if !slices.Contains(p.servers, server) {
			p.servers = append(p.servers, server)
		}
	}
	if !led {
		p.current = max(0, slices.Index(p.servers, asked))
	}
	return p
}

// shard returns the shard of a key, or why the cluster has no place for it.
func (m *shardMap) shard(key []byte) (int, error) {
	if m.find == nil {
		return 0, nil
	}
	shard, err := m.find(key)
	if err != nil {
		return 0, status.Error(codes.InvalidArgument, err.Error())
	}
	return int(shard), nil
}

// server returns the server to ask for a shard. One that an older map had, and this one has not, is asked of where
// the first is.
func (m *shardMap) server(shard int) string {
	p := m.places[m.index(shard)]
	return p.servers[p.current]
}

// several reports whether more than one server can be asked for a shard.
func (m *shardMap) several(shard int) bool { return len(m.places[m.index(shard)].servers) > 1 }

func (m *shardMap) index(shard int) int {
	if shard < len(m.places) {
		return shard
	}
	return 0
}

// left returns the map after a server could not answer for a shard, and has named the leader, if that is not empty.
// The shard is asked of the leader from now on, else of the next server in turn; other shards stay where they are. So it
// does if another call has left the server before.
func (m *shardMap) left(shard int, server, leader string) *shardMap {
	if m.server(shard) != server {
		return m
	}
	p := m.places[m.index(shard)]
	leader, _, err := resolve(leader)
	if err != nil { // it is not known, or its name is none
		p.current = (p.current + 1) % len(p.servers)
	} else if p.current = slices.Index(p.servers, leader); p.current < 0 {
		p.current = len(p.servers)
		p.servers = append(slices.Clip(p.servers), leader)
	}
	next := *m
	next.places = slices.Clone(m.places)
	next.places[m.index(shard)] = p
	return &next
}
