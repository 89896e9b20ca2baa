package node

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// leaderPatience is how long a call waits for a shard to have a leader, which an election takes less than half of.
const leaderPatience = 2 * time.Second

// maxHops is how often a proposal is sent on at once, to whom the last one named, before it waits for things to settle.
const maxHops = 3

// readPause is how long a read waits before it asks the next node.
const readPause = 20 * time.Millisecond

// route is the group of a shard that may have its leader on another node. What this node's member cannot do, if it has one,
// is passed on to the member that leads, and done there or nowhere: it never goes on from node to node. What was
// not executed for want of a leader, and no more than that, is tried again until leaderPatience is over. Request ids are
// in the commands, so they stay what they are.
type route struct {
	node  *Node
	shard storage.ShardID

	mu      sync.Mutex
	leader  storage.NodeID // as others say, 0 if unknown; of use only without a member that knows
	turn    int            // which of the others is asked next when no leader is known
	waiting []*passing     // until there is a leader
	stopped bool
}

var _ Group = (*route)(nil)

// local returns this node's member of the group, or nil if there is none that knows what the group does.
func (r *route) local() *Local {
	local := r.node.local(r.shard)
	if local == nil || local.left.Load() || local.Status().Stalled || local.replica.Members().Version == 0 {
		return nil
	}
	return local
}

// others returns the nodes that have a voter, the preferred leader first, but for this one.
func (r *route) others() []storage.NodeID {
	nodes := r.node.Cluster().Shards[r.shard].Nodes()
	return slices.DeleteFunc(nodes, func(id storage.NodeID) bool { return id == r.node.ID() })
}

// passing is a proposal on its way to a leader.
type passing struct {
	*Proposal
	size  int64
	hops  int
	since time.Time // when it began to wait; zero if it did not
}

// Propose implements Group.
func (r *route) Propose(p *Proposal) {
	size := p.size()
	if !r.node.budget.Take(size) {
		p.Done(nil, ErrBusy)
		return
	}
	r.pass(&passing{Proposal: p, size: size})
}

// pass sends a proposal to whom leads, or lets it wait.
func (r *route) pass(p *passing) {
	if local := r.local(); local != nil && local.leads() {
		local.replica.enter(&Proposal{Commands: p.Commands, Done: func(replies [][]byte, err error) { r.passed(p, r.node.ID(), replies, err) }})
		return
	}
	to := r.whom()
	if to == 0 {
		r.wait(p)
		return
	}
	r.node.options.Transport.Group(to, r.shard).Propose(&Proposal{
		Commands: p.Commands, Done: func(replies [][]byte, err error) { r.passed(p, to, replies, err) },
	})
}

// passed is told what became of a proposal.
func (r *route) passed(p *passing, asked storage.NodeID, replies [][]byte, err error) {
	if err == nil || !errors.Is(err, ErrNotLeader) {
		r.settle(p, replies, err)
		return
	}
	r.refused(asked, leaderOf(err))
	if next := r.whom(); next != 0 && next != asked && p.hops < maxHops {
		p.hops++
		r.pass(p)
		return
	}
	r.wait(p)
}

func (r *route) settle(p *passing, replies [][]byte, err error) {
	r.node.budget.GiveBack(p.size)
	p.Done(replies, err)
}

// wait keeps a proposal, of which nothing has happened, for the next tick.
func (r *route) wait(p *passing) {
	if p.since.IsZero() {
		p.since = time.Now()
	}
	r.mu.Lock()
	stopped := r.stopped
	if !stopped {
		r.waiting = append(r.waiting, p)
	}
	r.mu.Unlock()
	if stopped {
		r.settle(p, nil, r.noLeader())
	}
}

// tick sends what waits to whom leads by now, and gives up what has waited for too long.
func (r *route) tick() {
	r.mu.Lock()
	waiting := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	for _, p := range waiting {
		if time.Since(p.since) >= leaderPatience {
			r.settle(p, nil, r.noLeader())
			continue
		}
		p.hops = 0
		r.pass(p)
	}
}

// stop gives up what waits, now and later.
func (r *route) stop() {
	r.mu.Lock()
	waiting := r.waiting
	r.waiting, r.stopped = nil, true
	r.mu.Unlock()
	for _, p := range waiting {
		r.settle(p, nil, r.noLeader())
	}
}

func (r *route) noLeader() error {
	if local := r.local(); local != nil {
		return &NotLeader{Leader: local.Status().Leader}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return &NotLeader{Leader: r.leader}
}

// whom returns the other node to ask: the leader, or, where this node cannot know, one after the other. It is 0 when the
// shard has no leader, or this node leads.
func (r *route) whom() storage.NodeID {
	if local := r.local(); local != nil {
		if leader := local.Status().Leader; leader != r.node.ID() {
			return leader
		}
		return 0
	}
	others := r.others()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.leader != 0:
		return r.leader
	case len(others) == 0:
		return 0
	}
	return others[r.turn%len(others)]
}

// refused takes note that a node does not lead, and whom it has named instead, if anybody.
func (r *route) refused(asked, leader storage.NodeID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case leader == r.node.ID() || leader == asked:
		leader = 0
	case r.leader != asked && r.leader != 0 && leader == 0:
		return // another call has found out more
	}
	r.leader = leader
	if leader == 0 {
		r.turn++
	}
}

// read does a read here if this node has a member, else, or if that finds no leader, at others, one after the other.
func (r *route) read(ctx context.Context, read func(Group) error) error {
	if local := r.local(); local != nil {
		err := read(local)
		if !errors.Is(err, ErrNotLeader) || r.whom() == 0 {
			return err
		}
	}
	until := time.Now().Add(leaderPatience)
	for {
		to := r.whom()
		err := error(&NotLeader{})
		if to != 0 {
			err = read(r.node.options.Transport.Group(to, r.shard))
		}
		if !elsewhere(err) || ctx.Err() != nil {
			return err
		}
		if to != 0 {
			r.refused(to, leaderOf(err))
		}
		if time.Now().After(until) {
			return err
		}
		select {
		case <-time.After(readPause):
		case <-ctx.Done():
			return ctx.Err()
		case <-r.node.stopping.Done():
			return ErrStopped
		}
	}
}

// elsewhere says whether a read that ended with an error may succeed at another node.
func elsewhere(err error) bool {
	return errors.Is(err, ErrNotLeader) || errors.Is(err, ErrDeposed) || errors.Is(err, ErrStopped)
}

// Get implements Group.
func (r *route) Get(ctx context.Context, key []byte) (record kv.Record, found bool, err error) {
	err = r.read(ctx, func(g Group) (err error) {
		record, found, err = g.Get(ctx, key)
		return err
	})
	return record, found, err
}

// GetAll implements Group.
func (r *route) GetAll(ctx context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error {
	return r.read(ctx, func(g Group) error { return g.GetAll(ctx, keys, tell) })
}

// Scan implements Group. What was told cannot be taken back: then it is not begun again elsewhere.
func (r *route) Scan(ctx context.Context, span Range, values bool, tell func([]byte, kv.Record) (bool, error)) error {
	told := false
	var failed error
	err := r.read(ctx, func(g Group) error {
		err := g.Scan(ctx, span, values, func(key []byte, record kv.Record) (bool, error) {
			told = true
			return tell(key, record)
		})
		if told {
			failed, err = err, nil
		}
		return err
	})
	return cmp.Or(err, failed)
}

// Backup implements Group, as Scan does.
func (r *route) Backup(ctx context.Context, id shard.BackupID, w io.Writer) error {
	out := &noticing{w: w}
	var failed error
	err := r.read(ctx, func(g Group) error {
		err := g.Backup(ctx, id, out)
		if out.wrote {
			failed, err = err, nil
		}
		return err
	})
	return cmp.Or(err, failed)
}

// noticing notices whether something was written.
type noticing struct {
	w     io.Writer
	wrote bool
}

func (n *noticing) Write(b []byte) (int, error) {
	n.wrote = true
	return n.w.Write(b)
}

// Failed implements Group. A member of this node that has failed does not keep others from answering.
func (r *route) Failed() <-chan struct{} {
	if local := r.node.local(r.shard); local != nil {
		return local.Failed()
	}
	return nil
}

// Failure implements Group.
func (r *route) Failure() error {
	if local := r.node.local(r.shard); local != nil {
		return local.Failure()
	}
	return nil
}
