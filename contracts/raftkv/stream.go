package raftkv

import (
	"context"
	"io"
	"runtime"
	"sync"
	"time"

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
	began    time.Time
	flight   flight
	answered bool     // whether there was an answer; of the reader
	silent   *silence // why it was given up, if that is because nothing came; set before cancel
}

// carry writes calls and reads answers until the stream breaks, and returns why it did. It ends the
// stream by cancel, and returns when nobody uses the calls any longer.
func (s *stream) carry(ctx context.Context, cancel context.CancelFunc) error {
	var others sync.WaitGroup
	others.Go(func() { s.write(ctx, cancel) })
	others.Go(func() { s.watch(ctx, cancel) })
	err := s.read()
	cancel()
	others.Wait()
	if s.silent != nil {
		return s.silent
	}
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
		s.flight.add(calls, time.Since(s.began))
		for _, c := range calls {
			request.Operations = append(request.Operations, &c.operation)
		}
		if s.rpc.Send(&request) != nil {
			cancel()
			return
		}
		s.flight.written(time.Since(s.began))
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
		calls, full = s.flight.remove(response.GetAnswers(), calls[:0], time.Since(s.began))
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
