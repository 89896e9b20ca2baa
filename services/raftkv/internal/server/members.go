package server

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
	"numstore.example/services/raftkv/internal/shard"
)

// members is what a node tells and does about the members of its shards; *node.Node implements it.
type members interface {
	cluster
	ID() shard.NodeID
	// Learn keeps what is news of the cluster, on disk when it returns.
	Learn(shard.Cluster) error
	// ChangeMembers has a step taken, at the shard's leader.
	ChangeMembers(context.Context, shard.ID, shard.Step) error
	// Progress tells how far the members are, at the shard's leader.
	Progress(context.Context, shard.ID) ([]node.MemberProgress, error)
}

// Identity is who a node says it is.
type Identity struct {
	Node    shard.NodeID
	Store   shard.StoreID
	Cluster *shard.Cluster // nil if it is of none
}

// ListMembers implements the contract.
func (a *admin) ListMembers(ctx context.Context, _ *raftkvpb.ListMembersRequest) (*raftkvpb.ListMembersResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	m := a.members.Cluster()
	if m == nil {
		return nil, errForming
	}
	response := &raftkvpb.ListMembersResponse{ClusterId: m.ID[:], MapVersion: m.Version()}
	for _, n := range m.Nodes {
		response.Nodes = append(response.Nodes, &raftkvpb.ClusterNode{Id: uint64(n.ID), Address: n.Address, Store: n.Store[:], Gone: n.Gone})
	}
	for _, store := range m.Dead {
		response.DeadStores = append(response.DeadStores, store[:])
	}
	for s, of := range m.Shards {
		response.Shards = append(response.Shards, a.shardMembers(ctx, shard.ID(s), of))
	}
	return response, nil
}

// shardMembers lists the members of one shard, with how far they are if this node leads it.
func (a *admin) shardMembers(ctx context.Context, s shard.ID, of shard.Members) *raftkvpb.ShardMembers {
	list := &raftkvpb.ShardMembers{Shard: uint32(s), Version: of.Version, Leader: uint64(a.members.Leader(s))}
	progress := a.progress(ctx, s)
	add := func(member shard.Member, role raftkvpb.MemberRole, replaces shard.MemberID) {
		list.Members = append(list.Members, &raftkvpb.Member{
			Node: uint64(member.ID.Node()), Incarnation: member.ID.Incarnation(), Store: member.Store[:],
			Role: role, Replaces: uint64(replaces.Node()), Progress: progress[member.ID],
		})
	}
	for _, member := range of.Members {
		add(member, raftkvpb.MemberRole_MEMBER_ROLE_VOTER, 0)
	}
	for _, member := range of.Before {
		if !of.Votes(member.ID) {
			add(member, raftkvpb.MemberRole_MEMBER_ROLE_LEAVING, 0)
		}
	}
	if of.Learner != nil {
		add(of.Learner.Member, raftkvpb.MemberRole_MEMBER_ROLE_LEARNER, of.Learner.Replaces)
	}
	return list
}

// progress returns how far the members of a shard are, or nil if another node leads it.
func (a *admin) progress(ctx context.Context, s shard.ID) map[shard.MemberID]*raftkvpb.MemberProgress {
	if !a.members.Leads(s) {
		return nil
	}
	all, err := a.members.Progress(ctx, s)
	if err != nil {
		return nil // it has just lost the leadership: another one knows
	}
	var own uint64
	for _, p := range all {
		if p.ID.Node() == a.members.ID() {
			own = max(own, uint64(p.Match))
		}
	}
	told := make(map[shard.MemberID]*raftkvpb.MemberProgress, len(all))
	for _, p := range all {
		match := uint64(p.Match)
		told[p.ID] = &raftkvpb.MemberProgress{Answers: p.Answers, MatchIndex: match, Behind: max(own, match) - match}
	}
	return told
}

// ForgetNode implements the contract.
func (a *admin) ForgetNode(ctx context.Context, request *raftkvpb.ForgetNodeRequest) (*raftkvpb.ForgetNodeResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	m := a.members.Cluster()
	if m == nil {
		return nil, errForming
	}
	id := shard.NodeID(request.GetNode())
	row, known := m.Row(id)
	switch {
	case m.Version() < request.GetMapVersion():
		return nil, status.Errorf(codes.Unavailable, "this server knows the map of version %d, and not %d yet; try again in a moment", m.Version(), request.GetMapVersion())
	case !known:
		return nil, status.Errorf(codes.FailedPrecondition, "the cluster has no node %d", id)
	case row.Gone:
		return new(raftkvpb.ForgetNodeResponse), nil
	case id == a.members.ID():
		return nil, status.Errorf(codes.FailedPrecondition, "this server is node %d itself; ask another one", id)
	}
	if duties := m.Duties(id); len(duties) > 0 {
		return nil, status.Errorf(codes.FailedPrecondition, "node %d has replicas of %d shards, %d for one; have others take their places first (kv member remove does)", id, len(duties), duties[0])
	}
	if err := a.members.Learn(m.With(row.Left())); err != nil {
		return nil, wire.ChangeStatus(err, nil) // which is no redirect
	}
	a.Logger.Info("a node was taken out of the cluster", "node", id, "store", row.Store)
	return new(raftkvpb.ForgetNodeResponse), nil
}
