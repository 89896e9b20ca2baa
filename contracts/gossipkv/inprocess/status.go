package inprocess

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/gossipkvpb"
)

// Status implements the contract, but for what it tells of links: no bytes, and no times.
func (s service) Status(ctx context.Context, _ *gossipkvpb.StatusRequest) (response *gossipkvpb.StatusResponse, err error) {
	err = s.do(ctx, "Status", func() error {
		s.cluster.mu.Lock()
		defer s.cluster.mu.Unlock()
		response = s.status()
		return nil
	})
	return response, err
}

// status returns what Status tells. The Cluster's mu is held.
func (s *Server) status() *gossipkvpb.StatusResponse {
	response := &gossipkvpb.StatusResponse{
		Server: s.number, Incarnation: s.store.self.incarnation, StartTime: timestamppb.New(s.start), Version: "inprocess",
		Time: s.store.time(), Vector: s.store.vector(), Links: s.cluster.linksOf(s), Members: s.cluster.members(),
		Puts: s.calls.puts.Load(), Gets: s.calls.gets.Load(), Deletes: s.calls.deletes.Load(), Dumps: s.calls.dumps.Load(), Unmet: s.calls.unmet.Load(),
		Limits:    &gossipkvpb.Limits{MaxKey: maxKey, MaxValue: maxValue},
		Forgotten: s.cluster.forgotten[s.number],
	}
	for key, e := range s.store.entries {
		if e.deleted {
			response.Tombstones++
			continue
		}
		response.Keys++
		response.Bytes += uint64(len(key) + len(e.value))
	}
	return response
}

// linksOf returns the links of a server. mu is held.
func (c *Cluster) linksOf(s *Server) (links []*gossipkvpb.Link) {
	for p := range c.links {
		if p.a != s.number && p.b != s.number {
			continue
		}
		other := p.a + p.b - s.number
		link := &gossipkvpb.Link{Server: other, Up: c.up(p), BehindExact: true}
		if server := c.servers[other]; server != nil {
			link.Address = server.address
			link.BehindEntries, link.BehindBytes = s.store.behind(server.store)
		}
		if !link.Up {
			link.Reason = "nothing gets through"
		}
		links = append(links, link)
	}
	slices.SortFunc(links, func(a, b *gossipkvpb.Link) int { return cmp.Compare(a.GetServer(), b.GetServer()) })
	return links
}

// behind returns what another store lacks of this one.
func (s *store) behind(other *store) (entries, bytes uint64) {
	for key, e := range s.entries {
		if !other.covers(e.version) {
			entries++
			bytes += uint64(len(key) + len(e.value))
		}
	}
	return entries, bytes
}

// members returns all servers. mu is held.
func (c *Cluster) members() (members []*gossipkvpb.Member) {
	for _, number := range slices.Sorted(maps.Keys(c.servers)) {
		s := c.servers[number]
		state := gossipkvpb.MemberState_MEMBER_STATE_MEMBER
		if c.forgotten[number] {
			state = gossipkvpb.MemberState_MEMBER_STATE_FORGOTTEN
		}
		members = append(members, &gossipkvpb.Member{Server: number, Incarnation: s.store.self.incarnation, State: state, Vector: s.store.vector()})
	}
	return members
}
