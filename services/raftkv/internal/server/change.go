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

// ChangeMember implements the contract. Nothing is learned of a new node before all that can be checked here fits.
func (a *admin) ChangeMember(ctx context.Context, request *raftkvpb.ChangeMemberRequest) (*raftkvpb.ChangeMemberResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	m := a.members.Cluster()
	if m == nil {
		return nil, errForming
	}
	s := shard.ID(request.GetShard())
	to := func(leader shard.NodeID) *raftkvpb.Redirect { return a.routes.redirect(s, leader) }
	switch self, _ := m.Node(a.members.ID()); {
	case int64(request.GetShard()) >= int64(len(m.Shards)):
		return nil, status.Errorf(codes.InvalidArgument, "there is no shard %d; the cluster has %d, numbered from 0", request.GetShard(), len(m.Shards))
	case !a.members.Leads(s):
		return nil, wire.ChangeStatus(errElsewhere, to)
	case self.Address == "":
		return nil, refused("node %d was not told by which address others reach it; start it with --peers=%d=HOST:PORT first", self.ID, self.ID)
	}
	p := &plan{admin: a, cluster: m, shard: s, members: m.Shards[s]}
	if err := p.read(ctx, request); err != nil {
		return nil, err
	}
	if p.learn != nil {
		if err := a.members.Learn(m.With(*p.learn)); err != nil {
			return nil, wire.ChangeStatus(err, to)
		}
	}
	if err := a.members.ChangeMembers(ctx, s, p.step); err != nil {
		return nil, wire.ChangeStatus(err, to)
	}
	return &raftkvpb.ChangeMemberResponse{Version: p.step.Version + 1}, nil
}

var errElsewhere = &node.NotLeader{}

// refused is the status of a change that cannot be begun.
func refused(format string, a ...any) error {
	return status.Errorf(codes.FailedPrecondition, format, a...)
}

// plan is a change of a shard's members that was asked for, as the step that begins it.
type plan struct {
	*admin
	cluster *shard.Cluster
	shard   shard.ID
	members shard.Members

	step  shard.Step
	learn *shard.Node // what the cluster has to know of a node before
}

// read makes a step of a request, or returns the status that refuses it.
func (p *plan) read(ctx context.Context, request *raftkvpb.ChangeMemberRequest) (err error) {
	p.step.Version = p.members.Version
	switch change := request.GetChange().(type) {
	case *raftkvpb.ChangeMemberRequest_Replace:
		err = p.replace(ctx, shard.NodeID(change.Replace.GetNode()), change.Replace.GetWith())
	case *raftkvpb.ChangeMemberRequest_Add:
		err = p.begin(ctx, change.Add, shard.Member{})
	case *raftkvpb.ChangeMemberRequest_Remove:
		p.step.Kind = shard.Remove
		p.step.Member, err = p.voter(shard.NodeID(change.Remove))
	case *raftkvpb.ChangeMemberRequest_Rebuild:
		err = p.rebuild(shard.NodeID(change.Rebuild))
	case *raftkvpb.ChangeMemberRequest_Cancel:
		p.step.Kind = shard.Cancel
	default:
		err = status.Error(codes.InvalidArgument, "the request names no change; it must be replace, add, remove, rebuild or cancel")
	}
	if err != nil {
		return err
	}
	if err := p.members.Check(p.step); err != nil {
		return refused("shard %d: %v", p.shard, err)
	}
	return nil
}

// voterOf returns the member that votes on a node.
func (p *plan) voterOf(id shard.NodeID) (shard.Member, error) {
	for _, member := range p.members.Members {
		if member.ID.Node() == id {
			return member, nil
		}
	}
	return shard.Member{}, refused("node %d has no replica of shard %d; those that vote are on the nodes %v", id, p.shard, p.members.Nodes())
}

func (p *plan) voter(id shard.NodeID) (shard.MemberID, error) {
	member, err := p.voterOf(id)
	return member.ID, err
}

func (p *plan) replace(ctx context.Context, id shard.NodeID, with *raftkvpb.NewMember) error {
	replaced, err := p.voterOf(id)
	if err != nil {
		return err
	}
	return p.begin(ctx, with, replaced)
}

// rebuild has the node's present store get another member.
func (p *plan) rebuild(id shard.NodeID) error {
	replaced, err := p.voterOf(id)
	if err != nil {
		return err
	}
	row, known := p.cluster.Node(id)
	if !known || row.Store != replaced.Store {
		return refused("the replica of shard %d on node %d was in another folder than the node has now: kv member replace %d --with %d=%s", p.shard, id, id, id, row.Address)
	}
	p.beginWith(row, replaced)
	return nil
}

func (p *plan) beginWith(row shard.Node, replaced shard.Member) {
	p.step.Kind = shard.Begin
	p.step.Learner = &shard.Learner{Member: shard.Member{ID: p.members.Next(row.ID), Store: row.Store}, Replaces: replaced.ID}
}

// begin has a node get a member, in the place of one that is replaced, if there is such a one.
func (p *plan) begin(ctx context.Context, with *raftkvpb.NewMember, replaced shard.Member) error {
	id, address := shard.NodeID(with.GetId()), with.GetAddress()
	if id < 1 || id > shard.MaxNode {
		return status.Errorf(codes.InvalidArgument, "a node cannot have the number %d; it may be 1 to %d", id, uint64(shard.MaxNode))
	}
	row, known := p.cluster.Node(id)
	again := known && id == replaced.ID.Node() && row.Store == replaced.Store // the node itself, with another folder
	if known && !again && (address == "" || address == row.Address) {
		p.beginWith(row, replaced)
		return nil
	}
	if address == "" {
		address = row.Address
	}
	who, err := p.identify(ctx, id, address)
	if err != nil {
		return err
	}
	switch {
	case again:
		err = p.checkAgain(ctx, row, who)
	case known && who.Store != row.Store:
		err = refused("the node %d at %s has the store %v; the cluster knows node %d with the store %v, at %s: kv member replace %d --with %d=%s",
			id, address, who.Store, id, row.Store, row.Address, id, id, address)
	}
	if err != nil {
		return err
	}
	if !known || again {
		old, _ := p.cluster.Row(id)
		old.ID = id
		row = old.Replaced(who.Store, address)
		p.learn = &row
	}
	p.beginWith(row, replaced)
	return nil
}

// identify asks the node at an address who it is, and sees that it is one that the cluster can take in.
func (p *plan) identify(ctx context.Context, id shard.NodeID, address string) (Identity, error) {
	if address == "" {
		return Identity{}, status.Errorf(codes.InvalidArgument, "the cluster does not know node %d; the change must say where it is", id)
	}
	who, err := p.Identify(ctx, address)
	switch {
	case err != nil:
		return who, refused("node %d cannot be reached at %s: %v; start it there, with an empty folder, --node=%d and --peers", id, address, err, id)
	case who.Node != id:
		return who, refused("at %s there is node %d, not %d", address, who.Node, id)
	case p.cluster.Buried(who.Store):
		return who, refused("the store %v of node %d at %s was replaced, or taken out of the cluster, and must not come back; start the node with an empty folder", who.Store, id, address)
	case who.Cluster != nil && who.Cluster.ID != p.cluster.ID:
		return who, refused("node %d at %s is of another cluster, %v; this one is %v: start the node with an empty folder", id, address, who.Cluster.ID, p.cluster.ID)
	}
	return who, nil
}

// checkAgain sees that a node that is to be replaced by itself, with another folder, is not at work with the one that the cluster
// knows, and that the shard does without that one: its store is dead from the moment in which the new one is known.
func (p *plan) checkAgain(ctx context.Context, row shard.Node, who Identity) error {
	id := row.ID
	if who.Store == row.Store {
		return refused("node %d runs with the folder that the cluster knows, whose store is %v; to fill it again from the others: kv member rebuild %d", id, row.Store, id)
	}
	if old, err := p.Identify(ctx, row.Address); err == nil && old.Node == id && old.Store == row.Store {
		return refused("node %d still runs at %s, with the store %v; stop it first, or replace it by a node of another number", id, row.Address, row.Store)
	}
	progress, err := p.admin.members.Progress(ctx, p.shard)
	if err != nil {
		return wire.ChangeStatus(err, func(leader shard.NodeID) *raftkvpb.Redirect { return p.routes.redirect(p.shard, leader) })
	}
	answering := 0
	for _, member := range progress {
		if member.Answers && member.ID.Node() != id && p.members.Votes(member.ID) {
			answering++
		}
	}
	if 2*answering <= len(p.members.Members) {
		return refused("shard %d has %d voters, of which %d answer beside node %d: no majority could decide the change; bring one of the others back first, or if they are lost for ever, see raftkv recover --help",
			p.shard, len(p.members.Members), answering, id)
	}
	return nil
}
