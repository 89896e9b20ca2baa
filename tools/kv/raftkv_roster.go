package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkvpb"
)

// roster is who the members of a cluster are, as all of its servers that answer know it together.
type roster struct {
	*raftkvpb.ListMembersResponse
	answer map[uint64]bool // the nodes that have answered
}

// together puts together what servers tell. Nodes are told by who knows the newest map, a shard's members by who knows their newest
// version, its leader among those.
func together(told []*raftkvpb.ListMembersResponse) *raftkvpb.ListMembersResponse {
	newest := slices.MaxFunc(told, func(a, b *raftkvpb.ListMembersResponse) int { return int(a.GetMapVersion() - b.GetMapVersion()) })
	all := &raftkvpb.ListMembersResponse{
		ClusterId: newest.GetClusterId(), MapVersion: newest.GetMapVersion(), Nodes: newest.GetNodes(), DeadStores: newest.GetDeadStores(),
		Shards: slices.Clone(newest.GetShards()),
	}
	for _, one := range told {
		for i, s := range one.GetShards() {
			if i < len(all.Shards) && better(s, all.Shards[i]) {
				all.Shards[i] = s
			}
		}
	}
	return all
}

func better(a, b *raftkvpb.ShardMembers) bool {
	if a.GetVersion() != b.GetVersion() {
		return a.GetVersion() > b.GetVersion()
	}
	led := func(s *raftkvpb.ShardMembers) bool { return s.GetMembers()[0].GetProgress() != nil }
	return len(a.GetMembers()) > 0 && len(b.GetMembers()) > 0 && led(a) && !led(b)
}

// node returns a node that is not gone.
func (r *roster) node(id uint64) *raftkvpb.ClusterNode {
	for _, n := range r.GetNodes() {
		if n.GetId() == id && !n.GetGone() {
			return n
		}
	}
	return nil
}

// buried says whether a member's folder must not come back.
func (r *roster) buried(m *raftkvpb.Member) bool {
	return slices.ContainsFunc(r.GetDeadStores(), func(store []byte) bool { return string(store) == string(m.GetStore()) })
}

// member returns the member of a node in one of these roles, or nil.
func member(s *raftkvpb.ShardMembers, node uint64, roles ...raftkvpb.MemberRole) *raftkvpb.Member {
	for _, m := range s.GetMembers() {
		if m.GetNode() == node && slices.Contains(roles, m.GetRole()) {
			return m
		}
	}
	return nil
}

const (
	voter   = raftkvpb.MemberRole_MEMBER_ROLE_VOTER
	learner = raftkvpb.MemberRole_MEMBER_ROLE_LEARNER
	leaving = raftkvpb.MemberRole_MEMBER_ROLE_LEAVING
)

// first returns a member with a role, or nil.
func first(s *raftkvpb.ShardMembers, role raftkvpb.MemberRole) *raftkvpb.Member {
	for _, m := range s.GetMembers() {
		if m.GetRole() == role {
			return m
		}
	}
	return nil
}

// holders returns which nodes vote for each shard, when the changes that are under way have come to their end.
func (r *roster) holders() holders {
	h := make(holders, len(r.GetShards()))
	for i, s := range r.GetShards() {
		for _, m := range s.GetMembers() {
			if m.GetRole() == voter {
				h[i] = append(h[i], m.GetNode())
			}
		}
		if l := first(s, learner); l != nil {
			if at := slices.Index(h[i], l.GetReplaces()); at >= 0 {
				h[i][at] = l.GetNode()
			} else {
				h[i] = append(h[i], l.GetNode())
			}
		}
	}
	return h
}

// answering returns the nodes of the cluster that have answered.
func (r *roster) answering() (nodes []uint64) {
	for _, n := range r.GetNodes() {
		if !n.GetGone() && r.answer[n.GetId()] {
			nodes = append(nodes, n.GetId())
		}
	}
	return nodes
}

// operator makes the administrative calls of kv member, over a connection to each server that it keeps.
type operator struct {
	*app
	mu    sync.Mutex
	conns map[string]*grpc.ClientConn
}

func newOperator(a *app) *operator {
	return &operator{app: a, conns: make(map[string]*grpc.ClientConn)}
}

func (o *operator) close() {
	for _, conn := range o.conns {
		conn.Close()
	}
}

// client returns the administrative calls of a server.
func (o *operator) client(ctx context.Context, address string) (raftkvpb.RaftKVAdminClient, error) {
	conn, err := o.conn(ctx, address)
	return raftkvpb.NewRaftKVAdminClient(conn), err
}

func (o *operator) conn(ctx context.Context, address string) (*grpc.ClientConn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if conn := o.conns[address]; conn != nil {
		return conn, nil
	}
	o.mu.Unlock()
	conn, err := o.admin(ctx, address)
	o.mu.Lock()
	if err == nil {
		o.conns[address] = conn
	}
	return conn, err
}

// damages returns of which shards a node says that its replica is damaged.
func (o *operator) damages(ctx context.Context, n *raftkvpb.ClusterNode) (shards []uint32, err error) {
	ctx, cancel := context.WithTimeout(ctx, o.within(callTimeout))
	defer cancel()
	conn, err := o.conn(ctx, o.addressOf(n))
	if err != nil {
		return nil, err
	}
	stat, err := raftkvpb.NewRaftKVClient(conn).Stat(ctx, &raftkvpb.StatRequest{})
	return damaged(stat), err
}

func damaged(stat *raftkvpb.StatResponse) (shards []uint32) {
	for _, damage := range stat.GetDamages() {
		shards = append(shards, damage.GetShard())
	}
	return shards
}

// look asks all servers that are named, and all that those know of. It fails when none answers, or one refuses.
func (o *operator) look(ctx context.Context) (*roster, error) {
	ctx, cancel := context.WithTimeout(ctx, o.within(callTimeout))
	defer cancel()
	asked := make(map[string]bool)
	answered := make(map[string]bool)
	var told []*raftkvpb.ListMembersResponse
	var failed error
	for servers := o.Servers; len(servers) > 0; {
		lists, errs := o.list(ctx, servers)
		var next []string
		for i, server := range servers {
			asked[server] = true
			if errs[i] != nil {
				failed = errs[i]
				continue
			}
			told, answered[server] = append(told, lists[i]), true
			for _, n := range lists[i].GetNodes() {
				if address := n.GetAddress(); !n.GetGone() && address != "" && !asked[address] && !slices.Contains(next, address) && !slices.Contains(servers, address) {
					next = append(next, address)
				}
			}
		}
		servers = next
	}
	if len(told) == 0 {
		return nil, failed
	}
	r := &roster{together(told), make(map[uint64]bool)}
	for _, n := range r.GetNodes() {
		r.answer[n.GetId()] = answered[n.GetAddress()] || n.GetAddress() == ""
	}
	for _, list := range told {
		if string(list.GetClusterId()) != string(r.GetClusterId()) {
			return nil, failure{errors.New("--servers names servers of several clusters")}
		}
	}
	return r, nil
}

// list asks servers at the same time. One that does not answer soon is left out.
func (o *operator) list(ctx context.Context, servers []string) ([]*raftkvpb.ListMembersResponse, []error) {
	lists, errs := make([]*raftkvpb.ListMembersResponse, len(servers)), make([]error, len(servers))
	var asking sync.WaitGroup
	for i, server := range servers {
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, lookTimeout)
			defer cancel()
			client, err := o.client(ctx, server)
			if err == nil {
				lists[i], err = client.ListMembers(ctx, &raftkvpb.ListMembersRequest{})
			}
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", server, err)
			}
		})
	}
	asking.Wait()
	return lists, errs
}

// lookTimeout is how long a server may take to tell who the members are.
const lookTimeout = 2 * time.Second
