package raftkv

import (
	"context"
	"io"
	"runtime"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// maxInFlight is how many operations the server takes on one stream before it has answered some.
const maxInFlight = 4096

// stream is the calls of a pipeline on one gRPC stream.
type stream struct {
	pipeline *pipeline
	rpc      raftkvpb.RaftKV_PipelineClient
	flight   flight
	answered bool // whether there was an answer; of the reader
}

// carry writes calls and reads answers until the stream breaks, and returns why it did. It ends the
// stream by cancel, and returns when nobody uses the calls any longer.
func (s *stream) carry(ctx context.Context, cancel context.CancelFunc) error {
	var writer sync.WaitGroup
	writer.Go(func() { s.write(ctx, cancel) })
	err := s.read()
	cancel()
	writer.Wait()
	if err == io.EOF {
		return status.Errorf(codes.Unavailable, "the server %s has ended the stream", s.pipeline.server)
	}
	return err
}

// write sends what is queued, as one message after the other, until ctx ends. The reader learns why the
// stream is broken; the writer only gives up.
func (s *stream) write(ctx context.Context, cancel context.CancelFunc) {
	var calls []*call
	var request raftkvpb.PipelineRequest
	for {
		if calls = s.gather(ctx, calls); len(calls) == 0 {
			return
		}
		request.Operations = request.Operations[:0]
		s.flight.add(calls)
		for _, c := range calls {
			request.Operations = append(request.Operations, &c.operation)
		}
		if s.rpc.Send(&request) != nil {
			cancel()
			return
		}
	}
}

// gather returns the calls of the next message as soon as there is one, or none when ctx has ended. It
// gets those of the last message, whose memory it uses again.
//
// Callers whose answers came in one message are all about to make their next call, but the first of them
// to do so wakes the writer, which would run at once and send that call alone. So the writer lets them go
// first: messages then have fifteen times as many calls, and there are half as many again in a second.
// Where the last message had one call and is answered, there is one caller, and nobody to let go first.
func (s *stream) gather(ctx context.Context, last []*call) []*call {
	for ctx.Err() == nil {
		if len(last) > 1 || s.flight.size() > 0 {
			runtime.Gosched()
		}
		if calls := s.pipeline.take(last[:0], maxInFlight-s.flight.size()); len(calls) > 0 {
			return calls
		}
		select {
		case <-s.pipeline.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

// read hands out answers until the stream breaks.
func (s *stream) read() error {
	var calls []*call
	for {
		response, err := s.rpc.Recv()
		if err != nil {
			return err
		}
		var full bool
		calls, full = s.flight.remove(response.GetAnswers(), calls[:0])
		s.answered = true
		for i, c := range calls {
			if c == nil {
				continue // an answer that nothing waits for
			}
			c.answer = response.GetAnswers()[i]
			c.finish()
		}
		if full {
			s.pipeline.nudge() // calls may be waiting for room
		}
	}
}

// flight is the calls of one stream that have no answer yet. A call's tag is its place.
type flight struct {
	mu    sync.Mutex
	calls []*call // nil where a tag is free
	free  []uint64
}

// add gives tags to calls.
func (f *flight) add(calls []*call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range calls {
		if last := len(f.free) - 1; last >= 0 {
			c.operation.Tag = f.free[last]
			f.free = f.free[:last]
			f.calls[c.operation.Tag] = c
			continue
		}
		c.operation.Tag = uint64(len(f.calls))
		f.calls = append(f.calls, c)
	}
}

// remove appends to a slice the call of each answer, nil for an answer to none. It reports whether there
// was no room for others before.
func (f *flight) remove(answers []*raftkvpb.Answer, into []*call) (calls []*call, full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	full = len(f.calls)-len(f.free) >= maxInFlight
	for _, a := range answers {
		var c *call
		if tag := a.GetTag(); tag < uint64(len(f.calls)) && f.calls[tag] != nil {
			c, f.calls[tag] = f.calls[tag], nil
			f.free = append(f.free, tag)
		}
		into = append(into, c)
	}
	return into, full
}

// size returns the number of calls in flight.
func (f *flight) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls) - len(f.free)
}

// all returns the calls that have no answer.
func (f *flight) all() (calls []*call) {
	for _, c := range f.calls {
		if c != nil {
			calls = append(calls, c)
		}
	}
	return calls
}
