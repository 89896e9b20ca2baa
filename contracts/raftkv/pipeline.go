package raftkv

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// pipeline carries calls to the server of a route over one stream, and over another one when that breaks.
// Callers put their calls into the queue; one goroutine writes, one reads, and nobody else is needed.
type pipeline struct {
	route   *route
	stopped chan struct{} // closed when all goroutines have ended
	wake    chan struct{} // has an element when there may be work for the writer

	mu      sync.Mutex
	queue   []*call
	gone    int // calls that were abandoned since the queue was last swept
	closed  bool
	trouble error // why there is no stream, for callers who do not want to wait any longer
}

// startPipeline returns a pipeline that works until ctx ends.
func startPipeline(ctx context.Context, route *route) *pipeline {
	p := &pipeline{route: route, stopped: make(chan struct{}), wake: make(chan struct{}, 1)}
	go p.run(ctx)
	return p
}

// do makes one attempt at a call. When it fails, maybe says whether the call may have happened.
func (p *pipeline) do(ctx context.Context, c *call) (maybe bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, &endError{ctx: err}
	}
	c.begin()
	if !p.submit(c) {
		return false, errClosed
	}
	select {
	case <-c.done:
		return c.outcome()
	case <-ctx.Done():
	}
	select {
	case <-c.done: // in the last moment
		return c.outcome()
	default:
	}
	maybe = c.abandon()
	p.sweep()
	return maybe, &endError{ctx: ctx.Err(), last: p.lastTrouble()}
}

// submit queues a call. It returns false when the pipeline is closed.
func (p *pipeline) submit(c *call) bool {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	p.queue = append(p.queue, c)
	first := len(p.queue) == 1
	p.mu.Unlock()
	if first { // the writer looks at the queue before it waits, so that one nudge is enough
		p.nudge()
	}
	return true
}

func (p *pipeline) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// sweep is called when a call was abandoned. Once there are as many of them as others in the queue, it
// drops them, so that they do not pile up while there is no server.
func (p *pipeline) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone++; 2*p.gone > len(p.queue) {
		p.queue = slices.DeleteFunc(p.queue, func(c *call) bool { return c.state.Load() == abandoned })
		p.gone = 0
	}
}

// What goes into one message: so many operations, and so many bytes unless one alone has more.
const (
	maxOperations = 512
	maxMessage    = 1 << 20
)

// take moves calls for one message, at most room, from the queue into an empty slice, and marks them as sent. It
// returns none only when there are none to send, or no room.
func (p *pipeline) take(into []*call, room int) []*call {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken, size := 0, 0
	for _, c := range p.queue {
		if len(into) >= min(room, maxOperations) || len(into) > 0 && size+c.size() > maxMessage {
			break
		}
		taken++
		if c.send() { // those that were abandoned are dropped, and take no room
			size += c.size()
			into = append(into, c)
		}
	}
	p.queue = slices.Delete(p.queue, 0, taken)
	return into
}

// run keeps a stream as long as there are calls, until ctx ends.
func (p *pipeline) run(ctx context.Context) {
	defer close(p.stopped)
	var pauses pauses
	for p.awaitCall(ctx) {
		unanswered, progress, err := p.serve(ctx)
		if progress {
			pauses.last = 0
		}
		if ctx.Err() != nil {
			p.returnToQueue(unanswered)
			break
		}
		switch status.Code(err) {
		case codes.Unavailable, codes.ResourceExhausted, codes.Canceled:
			p.returnToQueue(unanswered)
			p.setTrouble(err)
			pauses.wait(ctx, ctx)
			continue
		}
		doubt := progress || !neverLetIn(err)
		err = ofStream(err)
		for _, c := range unanswered {
			c.doubt = c.doubt || doubt
			c.fail(err)
		}
		if !progress { // another stream would end as this one did
			p.failQueue(err)
		}
	}
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.failQueue(errClosed)
}

// neverLetIn reports whether a stream that ended with this error, and had no answer, was refused as a whole, so that
// nothing on it has happened: see the table in the contract.
func neverLetIn(err error) bool {
	switch status.Code(err) {
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return true
	}
	return false
}

// ofStream returns the status with which a stream ended as an error of its calls. Some codes would tell what became
// of a write, which only an answer does.
func ofStream(err error) error {
	if code := status.Code(err); settles(code) || code == codes.NotFound {
		return status.Errorf(codes.Internal, "the stream ended with %v", err)
	}
	return err
}

// awaitCall waits until there is a call in the queue. It returns false when ctx has ended.
func (p *pipeline) awaitCall(ctx context.Context) bool {
	for ctx.Err() == nil {
		p.mu.Lock()
		waiting := len(p.queue)
		p.mu.Unlock()
		if waiting > 0 {
			return true
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
		}
	}
	return false
}

// serve opens a stream and carries calls until it breaks. It returns the calls that were sent and have no
// answer, whether there was an answer at all, and why the stream broke.
func (p *pipeline) serve(ctx context.Context) (unanswered []*call, progress bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server, conn, err := p.route.connect()
	if err != nil {
		return nil, false, err
	}
	rpc, err := raftkvpb.NewRaftKVClient(conn).Pipeline(ctx)
	if err == nil {
		s := &stream{pipeline: p, server: server, rpc: rpc}
		err = s.carry(ctx, cancel)
		unanswered, progress = s.flight.all(), s.answered
	}
	if status.Code(err) == codes.Unavailable {
		p.route.leave(server, redirect(err).GetLeader())
	}
	return unanswered, progress, err
}

// returnToQueue has calls sent again that may have happened.
func (p *pipeline) returnToQueue(calls []*call) {
	for _, c := range calls {
		c.doubt = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = slices.Concat(calls, p.queue)
}

// failQueue ends all calls that are queued.
func (p *pipeline) failQueue(err error) {
	p.mu.Lock()
	calls := p.queue
	p.queue = nil
	p.mu.Unlock()
	for _, c := range calls {
		c.fail(err)
	}
}

func (p *pipeline) setTrouble(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble = err
}

func (p *pipeline) lastTrouble() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trouble
}
