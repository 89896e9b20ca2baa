package raftkv

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// piped makes one attempt at a call for a shard, on the pipeline of the server to ask.
func (c *Clerk) piped(ctx context.Context, shard int, call *call) (maybe bool, err error) {
	l, err := c.link(c.whom(shard, &call.any), shard)
	if err != nil {
		return false, err
	}
	call.wait = 0
	if c.now.Load().several(shard) {
		call.wait = call.patience.next(ctx)
	}
	if maybe, err = l.pipeline.do(ctx, call); err != nil {
		if isSilence(err) {
			call.patience.lose()
			l.silent.Store(true)
		}
		c.moved(shard, l.server, err)
	}
	return maybe, err
}

// lone is a call that does not go over the pipeline.
type lone struct {
	shard    int
	bytes    int  // that it carries, if they are many
	any      bool // see whom
	patience patience
}

// alone makes one attempt at a call, for which send makes it with the attempt as its context.
func (c *Clerk) alone(ctx context.Context, call *lone, send func(*attempt, *link) error) error {
	l, err := c.link(c.whom(call.shard, &call.any), call.shard)
	if err != nil {
		return err
	}
	wait := time.Duration(0)
	if c.now.Load().several(call.shard) {
		wait = call.patience.next(ctx) + time.Duration(call.bytes/slowest)*time.Second
	}
	a := newAttempt(ctx, wait)
	defer a.cancel()
	a.await(true)
	err = send(a, l)
	switch {
	case err != nil && l.ctx.Err() != nil:
		err = context.Cause(l.ctx)
	case err != nil && a.expired.Load() && ctx.Err() == nil:
		call.patience.lose()
		l.silent.Store(true)
		err = &silence{l.server, wait}
	}
	c.moved(call.shard, l.server, err)
	return err
}

// link returns the way to a server to ask for a shard.
func (c *Clerk) link(server string, shard int) (*link, error) {
	if !c.used.Load() {
		c.used.Store(true)
	}
	l, err := c.links.to(server)
	if err != nil && err != errClosed { // a redirect has a name that gRPC does not take
		err = status.Error(codes.Unavailable, err.Error())
		c.moved(shard, server, err)
	}
	return l, err
}

// attempt is one at a call that does not go over the pipeline. It is the context of that, and ends when the server lets it
// wait for too long.
type attempt struct {
	context.Context
	cancel  context.CancelFunc
	since   atomic.Int64 // when it began to wait for the server, by nanoseconds; 0 while it does not
	expired atomic.Bool
}

// newAttempt returns an attempt with a patience, 0 for one without end, which does not wait yet. Cancel is to be called when
// it is over.
func newAttempt(ctx context.Context, patience time.Duration) *attempt {
	a := new(attempt)
	a.Context, a.cancel = context.WithCancel(ctx)
	if patience > 0 {
		go a.watch(patience)
	}
	return a
}

// await says that it is the server's turn now, or not any more.
func (a *attempt) await(waiting bool) {
	if waiting {
		a.since.Store(time.Now().UnixNano())
	} else {
		a.since.Store(0)
	}
}

// watch ends the attempt when its patience is lost. It returns soon after cancel was called.
func (a *attempt) watch(patience time.Duration) {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			if since := a.since.Load(); since > 0 && now.UnixNano()-since >= int64(patience) {
				a.expired.Store(true)
				a.cancel()
				return
			}
		case <-a.Done():
			return
		}
	}
}
