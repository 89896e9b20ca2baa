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
	cluster string // the id of the cluster that it is of; empty if no server has told
	version uint64
	find    placement.Func // nil as long as there is one shard
	places  []place        // of the shards, by their numbers; at least one
}

// place is where a shard is, as far as the Clerk knows.
type place struct {
	servers  []string // in the spelling of resolve; at least one
	replicas []string // those that hold it; none if that is not known
	current  int      // the one to ask
	led      bool     // whether that is the leader, as far as anybody could tell
}

// unknownMap is the map of a Clerk that knows some servers, and nothing else.
func unknownMap(servers []string) *shardMap {
	return &shardMap{places: []place{{servers: servers}}}
}

// newMap returns the map that a server has told of. A shard is asked of its leader, if that is known, then of its other
// replicas, and of those that the Clerk's caller has named, for a server may pass calls on. If no node has an address,
// these are all there are, and the one that was asked comes first.
func newMap(topology *raftkvpb.TopologyResponse, named []string, asked string) (*shardMap, error) {
	m := &shardMap{
		known: true, cluster: string(topology.GetClusterId()), version: topology.GetMapVersion(),
		places: make([]place, max(1, len(topology.GetShards()))),
	}
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
	p.led = led || len(addresses) == 0 // then nobody can tell more
	for _, node := range shard.GetReplicas() {
		if server, ok := addresses[node]; ok && !slices.Contains(p.servers, server) {
			p.servers = append(p.servers, server)
		}
	}
	p.replicas = slices.Clone(p.servers)
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

// replica returns the n-th server that holds a shard, counted around and without those that are not usable. If there is
// none, it is the one to ask.
func (m *shardMap) replica(shard int, n uint64, usable func(server string) bool) string {
	replicas := m.places[m.index(shard)].replicas
	for i := range uint64(len(replicas)) {
		if server := replicas[(n+i)%uint64(len(replicas))]; usable(server) {
			return server
		}
	}
	return m.server(shard)
}

func (m *shardMap) index(shard int) int {
	if shard < len(m.places) {
		return shard
	}
	return 0
}

// astray reports whether there is a shard of which it is not known who leads it.
func (m *shardMap) astray() bool {
	return slices.ContainsFunc(m.places, func(p place) bool { return !p.led })
}

// servers returns all servers that may be asked, those that are asked now before others.
func (m *shardMap) servers() (all []string) {
	seen := make(map[string]bool)
	add := func(server string) {
		if !seen[server] {
			seen[server] = true
			all = append(all, server)
		}
	}
	for _, p := range m.places {
		add(p.servers[p.current])
	}
	for _, p := range m.places {
		for _, server := range p.servers {
			add(server)
		}
	}
	return all
}

// left returns the map after a server could not answer for a shard, and has named the leader, if that is not empty.
// The shard is asked of the leader from now on, if that is usable, else of the next server in turn that is; other shards
// stay where they are. So it does if another call has left the server before.
func (m *shardMap) left(shard int, server, leader string, usable func(server string) bool) *shardMap {
	if m.server(shard) != server {
		return m
	}
	p := m.places[m.index(shard)]
	if leader, _, err := resolve(leader); err == nil && usable(leader) {
		p.lead(leader)
	} else {
		p.turn(usable)
	}
	next := *m
	next.places = slices.Clone(m.places)
	next.places[m.index(shard)] = p
	return &next
}

// lead has a place's leader asked.
func (p *place) lead(leader string) {
	p.led = true
	if p.current = slices.Index(p.servers, leader); p.current < 0 {
		p.current = len(p.servers)
		p.servers = append(slices.Clip(p.servers), leader)
	}
}

// turn has the next usable server asked, or just the next if none is.
func (p *place) turn(usable func(server string) bool) {
	p.led = false
	for i := range p.servers {
		if next := (p.current + 1 + i) % len(p.servers); usable(p.servers[next]) {
			p.current = next
			return
		}
	}
	p.current = (p.current + 1) % len(p.servers)
}

// instead returns which map to use: this one, which a server has just told of and nobody else has yet, or the one there is. An
// older one of the same cluster is not taken. The versions of two clusters have nothing to do with each other: of another
// cluster, which has the addresses now, any map is.
func (m *shardMap) instead(old *shardMap, usable func(server string) bool) *shardMap {
	switch {
	case !old.known || m.cluster != "" && old.cluster != "" && m.cluster != old.cluster:
		return m
	case m.version < old.version:
		return old
	}
	return m.following(old, usable)
}

// following returns the map, which nobody else has yet, as the one to use in place of another of its cluster, which is not newer. A shard
// whose leader it does not know, or who is not usable, is asked where it was.
func (m *shardMap) following(old *shardMap, usable func(server string) bool) *shardMap {
	for shard := range min(len(m.places), len(old.places)) {
		p := &m.places[shard]
		if p.led && usable(p.servers[p.current]) {
			continue
		}
		p.led = false
		if current := slices.Index(p.servers, old.server(shard)); current >= 0 {
			p.current = current
		}
	}
	if m.cluster == "" {
		next := *m
		next.cluster = old.cluster
		return &next
	}
	return m
}
