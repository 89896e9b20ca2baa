package raftkv

import (
	"context"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/contracts/reason"
)

// pipeline carries calls to one server over one stream, and over another one when that breaks. It makes one attempt at
// a call: one that a stream had no answer to fails, and its caller decides what then.
//
// Callers put their calls into the queue; one goroutine writes, one reads, and nobody else is needed.
type pipeline struct {
	server  string
	client  raftkvpb.RaftKVClient
	stopped chan struct{} // closed when all goroutines have ended
	wake    chan struct{} // has an element when there may be work for the writer

	mu     sync.Mutex
	queue  []*call
	gone   int   // calls that were abandoned since the queue was last swept
	closed error // why no more calls are taken; nil as long as they are
}

// startPipeline returns a pipeline to a server that works until ctx ends; then calls get its cause. It opens a stream when
// there is a call.
func startPipeline(ctx context.Context, server string, client raftkvpb.RaftKVClient) *pipeline {
	p := &pipeline{server: server, client: client, stopped: make(chan struct{}), wake: make(chan struct{}, 1)}
	go p.run(ctx)
	return p
}

// do makes one attempt at a call. When it fails, maybe says whether the call may have happened.
func (p *pipeline) do(ctx context.Context, c *call) (maybe bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, &endError{ctx: err}
	}
	c.begin()
	if err := p.submit(c); err != nil {
		return false, err
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
	return maybe, &endError{ctx: ctx.Err()}
}

// submit queues a call, or says why no more are taken.
func (p *pipeline) submit(c *call) error {
	p.mu.Lock()
	if err := p.closed; err != nil {
		p.mu.Unlock()
		return err
	}
	p.queue = append(p.queue, c)
	first := len(p.queue) == 1
	p.mu.Unlock()
	if first { // the writer looks at the queue before it waits, so that one nudge is enough
		p.nudge()
	}
	return nil
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
	for p.awaitCall(ctx) {
		unanswered, progress, err := p.serve(ctx)
		doubt := progress || !neverLetIn(err)
		if err = ofStream(err); ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		var waiting []*call
		if !progress { // another stream would end as this one did
			waiting = p.takeAll()
		}
		for _, c := range unanswered {
			c.doubt = doubt
			c.fail(err)
		}
		for _, c := range waiting {
			c.fail(err)
		}
	}
	p.mu.Lock()
	p.closed = context.Cause(ctx)
	p.mu.Unlock()
	for _, c := range p.takeAll() {
		c.fail(context.Cause(ctx))
	}
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
// of a write, or of its caller, which only an answer does.
func ofStream(err error) error {
	switch code := status.Code(err); {
	case settles(code) || code == codes.NotFound:
		return status.Errorf(codes.Internal, "the stream ended with %v", err)
	case code == codes.Canceled: // not by the Clerk
		return status.Errorf(codes.Unavailable, "the stream was cancelled: %s", reason.Of(err))
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
// answer, whether there were answers to the end, and why the stream broke.
func (p *pipeline) serve(ctx context.Context) (unanswered []*call, progress bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rpc, err := p.client.Pipeline(ctx)
	if err != nil {
		return nil, false, err
	}
	s := &stream{pipeline: p, rpc: rpc, began: time.Now()}
	err = s.carry(ctx, cancel)
	return s.flight.all(), s.answered && s.silent == nil, err
}

// takeAll empties the queue and returns what was in it.
func (p *pipeline) takeAll() []*call {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.queue
	p.queue, p.gone = nil, 0
	return calls
}
