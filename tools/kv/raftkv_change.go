package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// aim is what shall become of the members of one shard: one goes, one comes, or both.
type aim struct {
	shard   uint32
	goes    uint64 // the node whose replica goes; 0: none
	comes   uint64 // the node that gets one; 0: none
	address string // of the latter, if the cluster may not know it
	rebuild bool   // the same node, with the same folder
	former  uint32 // with rebuild: the incarnation that goes
	unknown bool   // whether the node has the new folder already: the leader is to find out
}

// progress is how far an aim is.
type progress int

const (
	open  progress = iota // to be begun
	going                 // under way
	done
)

// progress says how far a shard is on the way to an aim, or that something else is under way in it.
func (w aim) progress(r *roster, s *raftkvpb.ShardMembers) (progress, error) {
	if l := first(s, learner); l != nil {
		if l.GetNode() != w.comes || l.GetReplaces() != w.goes {
			return 0, failure{fmt.Errorf("shard %d: another change is under way, by which node %d gets a replica; await its end (kv member list), or take it back: kv member cancel --shard=%d",
				w.shard, l.GetNode(), w.shard)}
		}
		return going, nil
	}
	if first(s, leaving) != nil {
		return going, nil
	}
	old, fresh := member(s, w.goes, voter), member(s, w.comes, voter)
	switch {
	case w.unknown:
		return open, nil
	case w.rebuild && fresh.GetIncarnation() > w.former:
		return done, nil
	case w.goes == w.comes && !w.rebuild && fresh != nil && !r.buried(fresh):
		return done, nil
	case w.goes != w.comes && old == nil && (w.comes == 0 || fresh != nil):
		return done, nil
	}
	return open, nil
}

// request is what begins it.
func (w aim) request() *raftkvpb.ChangeMemberRequest {
	request := &raftkvpb.ChangeMemberRequest{Shard: w.shard}
	with := &raftkvpb.NewMember{Id: w.comes, Address: w.address}
	switch {
	case w.rebuild:
		request.Change = &raftkvpb.ChangeMemberRequest_Rebuild{Rebuild: w.goes}
	case w.comes == 0:
		request.Change = &raftkvpb.ChangeMemberRequest_Remove{Remove: w.goes}
	case w.goes == 0:
		request.Change = &raftkvpb.ChangeMemberRequest_Add{Add: with}
	default:
		request.Change = &raftkvpb.ChangeMemberRequest_Replace{Replace: &raftkvpb.ReplaceMember{Node: w.goes, With: with}}
	}
	return request
}

// String says it to people.
func (w aim) String() string {
	switch {
	case w.rebuild:
		return fmt.Sprintf("shard %d: node %d gets its replica anew", w.shard, w.goes)
	case w.comes == 0:
		return fmt.Sprintf("shard %d: the replica of node %d goes", w.shard, w.goes)
	case w.goes == 0:
		return fmt.Sprintf("shard %d: node %d gets a replica", w.shard, w.comes)
	case w.goes == w.comes:
		return fmt.Sprintf("shard %d: node %d gets its replica anew, in its new folder", w.shard, w.goes)
	}
	return fmt.Sprintf("shard %d: node %d takes the place of node %d", w.shard, w.comes, w.goes)
}

const (
	// lookPause is how long it takes until a change that is under way is looked at again.
	lookPause = 200 * time.Millisecond
	// memberTimeout is how long it may be that nobody can do what is asked, unless --timeout says otherwise.
	memberTimeout = 30 * time.Second
	// refusalPatience is for how long a refusal is tried again: changes before this one, leaders and the news of nodes take a moment.
	refusalPatience = 2 * time.Second
)

// reach has a shard get where it is to be, and waits until it is there.
func (o *operator) reach(ctx context.Context, w aim, p *lines) error {
	var refused, silent time.Time // since when
	p.say("%v", w)
	for {
		r, err := o.look(ctx)
		var at progress
		if err == nil {
			if int(w.shard) >= len(r.GetShards()) {
				return failure{fmt.Errorf("there is no shard %d; the cluster has %d, numbered from 0", w.shard, len(r.GetShards()))}
			}
			at, err = w.progress(r, r.GetShards()[w.shard])
		}
		if err == nil && at == open {
			if err = o.begin(ctx, w, r); err == nil {
				w.unknown, refused, silent = false, time.Time{}, time.Time{}
			}
		} else if err == nil {
			refused, silent = time.Time{}, time.Time{}
		}
		switch {
		case ctx.Err() != nil:
			return failure{fmt.Errorf("%w: %v; what has begun goes on by itself, and the same command goes on with the rest (kv member cancel takes back what is under way)", errInterrupted, w)}
		case err == nil && at == done:
			p.say("shard %d: done", w.shard)
			return nil
		case err == nil:
			p.show(w.lag(r))
		case gone(err):
			if expired(&silent, o.within(memberTimeout)) {
				return fmt.Errorf("%v: %w", w, err)
			}
		case expired(&refused, refusalPatience):
			return fmt.Errorf("%v: %w", w, err)
		}
		pause(ctx, lookPause)
	}
}

var errInterrupted = errors.New("interrupted")

// expired says whether something has lasted longer than a limit; zero means that it begins now.
func expired(since *time.Time, limit time.Duration) bool {
	if since.IsZero() {
		*since = time.Now()
	}
	return time.Since(*since) > limit
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// begin asks the shard's leader for the change.
func (o *operator) begin(ctx context.Context, w aim, r *roster) error {
	leader := r.node(r.GetShards()[w.shard].GetLeader())
	if leader == nil {
		return status.Errorf(codes.Unavailable, "shard %d has no leader that is known", w.shard)
	}
	ctx, cancel := context.WithTimeout(ctx, o.within(callTimeout))
	defer cancel()
	client, err := o.client(ctx, o.addressOf(leader))
	if err != nil {
		return err
	}
	_, err = client.ChangeMember(ctx, w.request())
	return err
}

// addressOf returns where a node is asked; one that does not know its address is a server alone.
func (o *operator) addressOf(n *raftkvpb.ClusterNode) string {
	if n.GetAddress() == "" {
		return o.Servers[0]
	}
	return n.GetAddress()
}

// lag says how far the new member is, as the leader knows.
func (w aim) lag(r *roster) string {
	l := first(r.GetShards()[w.shard], learner)
	switch told := l.GetProgress(); {
	case l == nil:
		return fmt.Sprintf("shard %d: the last step", w.shard)
	case told == nil:
		return fmt.Sprintf("shard %d: nobody tells yet how far node %d is", w.shard, w.comes)
	case !told.GetAnswers():
		return fmt.Sprintf("shard %d: node %d does not answer the leader", w.shard, w.comes)
	case told.GetMatchIndex() == 0:
		return fmt.Sprintf("shard %d: node %d gets the state", w.shard, w.comes)
	default:
		return fmt.Sprintf("shard %d: node %d is %d entries behind", w.shard, w.comes, told.GetBehind())
	}
}

// forget takes a node out of the cluster of which no shard has anything any more.
func (o *operator) forget(ctx context.Context, node uint64, p *lines) error {
	var since time.Time
	for {
		r, err := o.look(ctx)
		if err == nil {
			if r.node(node) == nil {
				p.say("node %d is out of the cluster", node)
				return nil
			}
			others := slices.DeleteFunc(r.answering(), func(id uint64) bool { return id == node })
			if len(others) == 0 {
				return failure{fmt.Errorf("no other server than node %d answers, which cannot take itself out", node)}
			}
			var client raftkvpb.RaftKVAdminClient
			if client, err = o.client(ctx, o.addressOf(r.node(others[0]))); err == nil {
				_, err = client.ForgetNode(ctx, &raftkvpb.ForgetNodeRequest{Node: node, MapVersion: r.GetMapVersion()})
			}
		}
		if ctx.Err() != nil {
			return failure{fmt.Errorf("%w: node %d has no replicas any more, and is still known; the same command goes on", errInterrupted, node)}
		}
		if err != nil && expired(&since, o.within(memberTimeout)) {
			return err
		}
		pause(ctx, lookPause)
	}
}
