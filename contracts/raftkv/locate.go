package raftkv

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// locate returns the shard of a key. The first call of a Clerk waits until a server has told of the map.
func (c *Clerk) locate(ctx context.Context, key []byte) (shard int, err error) {
	m, err := c.awaitMap(ctx)
	if err != nil {
		return 0, err
	}
	return m.shard(key)
}

// awaitMap returns the map of the moment, as soon as there is one.
func (c *Clerk) awaitMap(ctx context.Context) (*shardMap, error) {
	if m := c.now.Load(); m.known {
		return m, nil
	}
	var call lone
	if err := c.retry(ctx, func() error { return c.learnFirst(ctx, &call) }); err != nil {
		return nil, err
	}
	return c.now.Load(), nil
}

// learnFirst makes one attempt to get a map, if there is none. One caller at a time does so; others wait for it.
func (c *Clerk) learnFirst(ctx context.Context, call *lone) error {
	select {
	case c.learning <- struct{}{}:
		defer func() { <-c.learning }()
	case <-ctx.Done():
		return &endError{ctx: ctx.Err()}
	case <-c.closing.Done():
		return errClosed
	}
	if c.now.Load().known {
		return nil
	}
	return c.alone(ctx, call, func(a *attempt, l *link) error { return c.learn(a, l) })
}

// learn asks a server for the map, and takes it unless there is a newer one of the same cluster. A server without the call, as a test's may
// be, has one shard.
func (c *Clerk) learn(ctx context.Context, l *link) error {
	topology, err := l.client.Topology(ctx, &raftkvpb.TopologyRequest{})
	if err != nil && status.Code(err) != codes.Unimplemented {
		return err
	}
	m, err := newMap(topology, c.named, l.server)
	if err != nil {
		return err
	}
	c.change(func(old *shardMap) *shardMap { return m.instead(old, c.links.usable) })
	return nil
}

// moved takes note of why a server did not answer a call for a shard.
func (c *Clerk) moved(shard int, server string, err error) {
	if status.Code(err) != codes.Unavailable {
		return
	}
	r := redirect(err)
	c.change(func(m *shardMap) *shardMap { return m.left(shard, server, r.GetLeader(), c.links.usable) })
	if m := c.now.Load(); m.known && r.GetMapVersion() > m.version {
		select {
		case c.newer <- server:
		default: // another one is about to be asked for it
		}
	}
}

// change replaces the map by what f makes of it.
func (c *Clerk) change(f func(*shardMap) *shardMap) {
	for {
		old := c.now.Load()
		if next := f(old); next == old || c.now.CompareAndSwap(old, next) {
			return
		}
	}
}
