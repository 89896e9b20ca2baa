package raftkv

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/contracts/reason"
)

// The pauses between attempts grow from the first to the last, doubling.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// errClosed is what calls get that Close has cut short.
var errClosed = status.Error(codes.Canceled, "the Clerk was closed")

// retry makes attempts to read until one has an answer, or ctx ends.
func (c *Clerk) retry(ctx context.Context, send func() error) error {
	var pauses pauses
	for {
		err := send()
		if err == nil {
			return nil
		}
		if pauses.again(err) {
			if err = pauses.wait(ctx, c.closing); err == nil {
				continue
			}
		}
		return pauses.ended(ctx, err)
	}
}

// redirect returns the detail of an error that names another server, or nil.
func redirect(err error) *raftkvpb.Redirect {
	for _, detail := range status.Convert(err).Details() {
		if r, ok := detail.(*raftkvpb.Redirect); ok {
			return r
		}
	}
	return nil
}

// perhaps reports whether a write that got this error, and was sent once, may have happened.
func perhaps(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable:
		return redirect(err) == nil
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange, codes.Aborted, codes.NotFound,
		codes.ResourceExhausted, codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return false // see the table in the contract
	}
	return true
}

// pauses decides which errors are worth another attempt, and when.
type pauses struct {
	last  time.Duration // the pause before; 0 for none
	cause error         // of the pause before
}

// again reports whether another attempt may help.
func (p *pauses) again(err error) bool {
	code := status.Code(err)
	if code != codes.Unavailable && code != codes.ResourceExhausted || tooLarge(err) {
		return false
	}
	p.cause = err
	return true
}

// tooLarge reports whether a server did not take a message for its length, which patience does not change. A busy
// server has the same code, and gRPC nothing else than its text to tell one from the other.
func tooLarge(err error) bool {
	s := status.Convert(err)
	return s.Code() == codes.ResourceExhausted && strings.Contains(s.Message(), "message larger than max")
}

// next returns how long to wait now: longer each time, and by chance between half of that and all of it,
// so that many who failed together do not come back together.
func (p *pauses) next() time.Duration {
	p.last = min(max(2*p.last, firstPause), lastPause)
	return p.last/2 + rand.N(p.last/2)
}

// wait pauses. When ctx ends before, or the Clerk is closed, it returns the error of the call.
func (p *pauses) wait(ctx, closing context.Context) error {
	timer := time.NewTimer(p.next())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &endError{ctx: ctx.Err()}
	case <-closing.Done():
		return errClosed
	}
}

// endError says that a call's context has ended. It is a gRPC status, and the context's error.
type endError struct {
	ctx  error  // context.DeadlineExceeded or context.Canceled
	last error  // what went wrong before that; nil if nothing did
	note string // what is known of a write; empty for a read
}

func (e *endError) Error() string {
	s := e.GRPCStatus()
	return fmt.Sprintf("%v: %s", s.Code(), s.Message())
}

// Unwrap returns the context's error.
func (e *endError) Unwrap() error { return e.ctx }

// GRPCStatus returns the error as others that come from the server.
func (e *endError) GRPCStatus() *status.Status {
	text := "the deadline passed before there was an answer"
	if errors.Is(e.ctx, context.Canceled) {
		text = "the call was cancelled before there was an answer"
	}
	if e.note != "" {
		text += "; " + e.note
	}
	if e.last != nil {
		text += "; the last attempt failed: " + reason.Of(e.last)
	}
	return status.New(status.FromContextError(e.ctx).Code(), text)
}

// ended returns err, or an endError if it comes from ctx. A server may be the first to notice that the
// deadline has passed.
func (p *pauses) ended(ctx context.Context, err error) error {
	end, ok := errors.AsType[*endError](err)
	_, hasDeadline := ctx.Deadline()
	switch code := status.Code(err); {
	case ok:
	case code == codes.DeadlineExceeded && hasDeadline:
		end = &endError{ctx: context.DeadlineExceeded}
	case code == codes.Canceled && ctx.Err() != nil:
		end = &endError{ctx: ctx.Err()}
	default:
		return err
	}
	if end.last == nil {
		end.last = p.cause
	}
	return end
}

// outcome is ended for a write, and adds what is known of it.
func (p *pauses) outcome(ctx context.Context, err error, doubt bool) error {
	note := "the write did not happen"
	if doubt {
		note = "the write may have happened"
	}
	err = p.ended(ctx, err)
	if end, ok := errors.AsType[*endError](err); ok {
		end.note = note
		return end
	}
	return status.Errorf(status.Code(err), "%s; %s", reason.Of(err), note)
}
