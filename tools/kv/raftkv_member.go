package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"numstore.example/contracts/raftkvpb"
)

type memberCommand struct {
	List    memberListCommand    `cmd:"" help:"Show nodes, and the replicas of each shard with how far they are."`
	Add     memberAddCommand     `cmd:"" help:"Take a new node into the cluster, and have replicas move to it until it has its share."`
	Remove  memberRemoveCommand  `cmd:"" help:"Have the replicas of a node move to the others, and take it out of the cluster."`
	Replace memberReplaceCommand `cmd:"" help:"Have a new node take over all replicas of one that is lost or shall go, or a node with a new folder those that it had."`
	Rebuild memberRebuildCommand `cmd:"" help:"Have a node get its damaged replicas, or any one, from the others anew."`
	Cancel  memberCancelCommand  `cmd:"" help:"Take changes back that are under way: a replica that does not vote yet goes."`
}

// Help is what kv member --help says below the flags.
func (c *memberCommand) Help() string {
	return `A new node is started first: with an empty folder, its number, and --peers that name some nodes of the cluster, and itself. It waits, and says in its log which of these commands takes it in.

One shard changes after the other. The new replica gets the shard's state and log, which it serves meanwhile; when it has caught up, it begins to vote in the same moment in which the old one begins to leave. A change that would leave a shard without a majority of voters that answer is refused.

Interrupt it at any time: what has begun goes on by itself, and the same command goes on with the rest. The calls are administrative (--admin-token-file).`
}

// operate has a function make administrative calls, by who has what at present, until it is done or a signal ends it.
func (a *app) operate(do func(context.Context, *operator, *roster, *lines) error) error {
	if err := a.plain("kv member"); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := newOperator(a)
	defer o.close()
	p := &lines{out: a.out, screen: a.onScreen}
	defer p.clear()
	r, err := o.look(ctx)
	if err != nil {
		return err
	}
	return do(ctx, o, r, p)
}

// newcomer is NUMBER=HOST:PORT.
type newcomer struct {
	id      uint64
	address string
}

func parseNewcomer(text string) (newcomer, error) {
	number, address, found := strings.Cut(text, "=")
	id, err := strconv.ParseUint(number, 10, 64)
	if !found || err != nil || id < 1 || id > math.MaxUint32 {
		return newcomer{}, fmt.Errorf("%q is no node; one is NUMBER=HOST:PORT, such as 4=kv4.example:6000", text)
	}
	if host, _, err := net.SplitHostPort(address); err != nil || host == "" {
		return newcomer{}, fmt.Errorf("%q has no address that others reach; one is HOST:PORT, such as kv4.example:6000", text)
	}
	return newcomer{id, address}, nil
}

type memberAddCommand struct {
	Node         string `arg:"" placeholder:"ID=HOST:PORT" help:"The number of the new node, and where it runs."`
	MoreReplicas bool   `help:"Give it a replica of every shard beside those that there are, and take none from others: as when a cluster of one node or two becomes one of three."`
}

// Run moves replicas to the new node.
func (c *memberAddCommand) Run(a *app) error {
	with, err := parseNewcomer(c.Node)
	if err != nil {
		return err
	}
	return a.operate(func(ctx context.Context, o *operator, r *roster, p *lines) error {
		aims := c.aims(r, with)
		if len(aims) == 0 && r.node(with.id) != nil {
			p.say("node %d has its share", with.id)
			return nil
		}
		if len(aims) == 0 {
			return failure{fmt.Errorf("no replica would move to node %d, as no node has two more than it would have; "+
				"kv member add %s --more-replicas gives each shard one more, kv member replace OLD --with %s those of another node", with.id, c.Node, c.Node)}
		}
		return o.reachAll(ctx, aims, p)
	})
}

// aims are what is to be done, first what is under way already.
func (c *memberAddCommand) aims(r *roster, with newcomer) (aims []aim) {
	for _, s := range r.GetShards() {
		if l := member(s, with.id, learner); l != nil {
			aims = append(aims, aim{shard: s.GetShard(), goes: l.GetReplaces(), comes: with.id, address: with.address})
		}
	}
	h := r.holders()
	if c.MoreReplicas {
		for s, holding := range h {
			if !slices.Contains(holding, with.id) {
				aims = append(aims, aim{shard: uint32(s), comes: with.id, address: with.address})
			}
		}
		return aims
	}
	var nodes []uint64
	for _, n := range r.GetNodes() {
		if !n.GetGone() {
			nodes = append(nodes, n.GetId())
		}
	}
	for _, m := range h.gains(with.id, nodes) {
		aims = append(aims, aim{shard: m.shard, goes: m.from, comes: with.id, address: with.address})
	}
	return aims
}

// reachAll changes one shard after the other.
func (o *operator) reachAll(ctx context.Context, aims []aim, p *lines) error {
	for _, w := range aims {
		if err := o.reach(ctx, w, p); err != nil {
			return err
		}
	}
	return nil
}

type memberRemoveCommand struct {
	Node          uint64 `arg:"" help:"The number of the node that goes."`
	FewerReplicas bool   `help:"Where no other node could take a replica over, let it go: the shard has one replica less from then on."`
}

// Run moves all replicas of the node to others, and forgets it.
func (c *memberRemoveCommand) Run(a *app) error {
	return a.operate(func(ctx context.Context, o *operator, r *roster, p *lines) error {
		if r.node(c.Node) == nil {
			return absentNode(r, c.Node, p)
		}
		aims := underWay(r, c.Node)
		for _, m := range r.holders().losses(c.Node, r.answering()) {
			if m.to == 0 && !c.FewerReplicas {
				return failure{fmt.Errorf("shard %d is on all other nodes that answer already, so none could take over the replica of node %d; "+
					"add a node first, or let shards have fewer replicas (--fewer-replicas)", m.shard, c.Node)}
			}
			aims = append(aims, aim{shard: m.shard, goes: m.from, comes: m.to})
		}
		if err := o.reachAll(ctx, aims, p); err != nil {
			return err
		}
		return o.forget(ctx, c.Node, p)
	})
}

// underWay are the changes by which a node's replicas go that have begun already.
func underWay(r *roster, goes uint64) (aims []aim) {
	for _, s := range r.GetShards() {
		if l := first(s, learner); l != nil && l.GetReplaces() == goes {
			aims = append(aims, aim{shard: s.GetShard(), goes: goes, comes: l.GetNode(), rebuild: l.GetNode() == goes})
		}
	}
	return aims
}

// absentNode is the end for a node that is none: one that was taken out is where it should be.
func absentNode(r *roster, id uint64, p *lines) error {
	var known []uint64
	for _, n := range r.GetNodes() {
		if n.GetGone() && n.GetId() == id {
			p.say("node %d is out of the cluster", id)
			return nil
		}
		if !n.GetGone() {
			known = append(known, n.GetId())
		}
	}
	return failure{fmt.Errorf("the cluster has no node %d; its nodes are %v", id, known)}
}

type memberReplaceCommand struct {
	Node uint64 `arg:"" help:"The number of the node whose replicas are taken over."`
	With string `required:"" placeholder:"ID=HOST:PORT" help:"The node that takes them over, and where it runs. With the same number, it is the node itself with a new folder; the old one must not run then, and is of no use from that moment on."`
}

// Run has the new node take over shard after shard, and forgets the old one.
func (c *memberReplaceCommand) Run(a *app) error {
	with, err := parseNewcomer(c.With)
	if err != nil {
		return fmt.Errorf("--with: %w", err)
	}
	return a.operate(func(ctx context.Context, o *operator, r *roster, p *lines) error {
		if r.node(c.Node) == nil {
			return absentNode(r, c.Node, p)
		}
		if err := o.reachAll(ctx, c.aims(r, with), p); err != nil {
			return err
		}
		if with.id == c.Node {
			return nil
		}
		return o.forget(ctx, c.Node, p)
	})
}

func (c *memberReplaceCommand) aims(r *roster, with newcomer) (aims []aim) {
	begun := with.id != c.Node // whether the cluster knows the new folder
	for _, s := range r.GetShards() {
		old, fresh := member(s, c.Node, voter, leaving), first(s, learner)
		begun = begun || old != nil && r.buried(old)
		if old != nil && (with.id != c.Node || r.buried(old)) || fresh != nil && fresh.GetReplaces() == c.Node {
			aims = append(aims, aim{shard: s.GetShard(), goes: c.Node, comes: with.id, address: with.address})
		}
	}
	if begun {
		return aims
	}
	for _, s := range r.GetShards() {
		if member(s, c.Node, voter) != nil {
			aims = append(aims, aim{shard: s.GetShard(), goes: c.Node, comes: with.id, address: with.address, unknown: len(aims) == 0})
		}
	}
	return aims
}

type memberRebuildCommand struct {
	Node  uint64  `arg:"" help:"The number of the node."`
	Shard *uint32 `placeholder:"S" help:"Its replica of this shard, whether it is damaged or not; without this, those that it says are damaged."`
}

// Run has the node get its replicas anew.
func (c *memberRebuildCommand) Run(a *app) error {
	return a.operate(func(ctx context.Context, o *operator, r *roster, p *lines) error {
		n := r.node(c.Node)
		if n == nil {
			return failure{fmt.Errorf("the cluster has no node %d (kv member list)", c.Node)}
		}
		shards, err := c.shards(ctx, o, n)
		if err != nil {
			return err
		}
		aims := c.aims(r, shards)
		switch {
		case len(aims) == 0 && c.Shard != nil:
			return failure{fmt.Errorf("node %d has no replica of shard %d (kv member list)", c.Node, *c.Shard)}
		case len(aims) == 0:
			return failure{fmt.Errorf("node %d says of none of its replicas that it is damaged; --shard names one that is to be rebuilt all the same", c.Node)}
		}
		return o.reachAll(ctx, aims, p)
	})
}

// shards are those whose replicas are to be rebuilt.
func (c *memberRebuildCommand) shards(ctx context.Context, o *operator, n *raftkvpb.ClusterNode) ([]uint32, error) {
	if c.Shard != nil {
		return []uint32{*c.Shard}, nil
	}
	return o.damages(ctx, n)
}

// aims are those of these shards, and what is under way already.
func (c *memberRebuildCommand) aims(r *roster, shards []uint32) (aims []aim) {
	for _, s := range r.GetShards() {
		m, l := member(s, c.Node, voter), member(s, c.Node, learner)
		begun := l != nil && l.GetReplaces() == c.Node && c.Shard == nil
		if m != nil && (begun || slices.Contains(shards, s.GetShard())) {
			aims = append(aims, aim{shard: s.GetShard(), goes: c.Node, comes: c.Node, rebuild: true, former: m.GetIncarnation()})
		}
	}
	return aims
}

type memberCancelCommand struct {
	Shard *uint32 `placeholder:"S" help:"Only the change of this shard."`
}

// Run takes changes back.
func (c *memberCancelCommand) Run(a *app) error {
	return a.operate(func(ctx context.Context, o *operator, r *roster, p *lines) error {
		none := true
		for _, s := range r.GetShards() {
			if l := first(s, learner); l != nil && (c.Shard == nil || *c.Shard == s.GetShard()) {
				none = false
				if err := o.cancel(ctx, r, s); err != nil {
					return err
				}
				p.say("shard %d: node %d does not get a replica", s.GetShard(), l.GetNode())
			}
		}
		if none {
			return failure{errors.New("no change is under way that could be taken back (kv member list)")}
		}
		return nil
	})
}

func (o *operator) cancel(ctx context.Context, r *roster, s *raftkvpb.ShardMembers) error {
	leader := r.node(s.GetLeader())
	if leader == nil {
		return unreachable{fmt.Errorf("shard %d has no leader that is known; try again in a moment", s.GetShard())}
	}
	ctx, cancel := context.WithTimeout(ctx, o.within(callTimeout))
	defer cancel()
	client, err := o.client(ctx, o.addressOf(leader))
	if err == nil {
		_, err = client.ChangeMember(ctx, &raftkvpb.ChangeMemberRequest{Shard: s.GetShard(), Change: &raftkvpb.ChangeMemberRequest_Cancel{Cancel: &raftkvpb.CancelChange{}}})
	}
	return err
}
