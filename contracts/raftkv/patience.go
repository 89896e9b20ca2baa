package raftkv

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A server that hangs, or whose network swallows what is sent, keeps its connections, and would be waited for until a call's
// deadline. So an attempt has a patience of its own, as long as there is another server that can be asked: then the call
// goes there, with its request id. That is longer than a server waits by itself before it says that it cannot answer, such
// as the 2 seconds for a leader. It doubles each time that a call loses it, so that servers which are only slow are given
// the time that they need.
const (
	firstPatience = 3 * time.Second
	lastPatience  = time.Minute
	// shortest is the patience of a call whose deadline is near; else it is half of the time that is left.
	shortest = 500 * time.Millisecond
	// lookInterval is how often it is looked for calls that have lost it.
	lookInterval = 250 * time.Millisecond
	// slowest is how many bytes in a second a connection is expected to carry at least.
	slowest = 1 << 20
)

// patience is that of one call, over all its attempts. The zero value is that of a new call.
type patience time.Duration

// next returns how long the next attempt waits, of a call with this context.
func (p *patience) next(ctx context.Context) time.Duration {
	*p = max(*p, patience(firstPatience))
	wait := time.Duration(*p)
	if end, ok := ctx.Deadline(); ok {
		wait = min(wait, max(time.Until(end)/2, shortest))
	}
	return wait
}

// lose is called when it was of no use.
func (p *patience) lose() { *p = min(2**p, patience(lastPatience)) }

// silence is the error of an attempt that a server has not answered in time. It may have happened.
type silence struct {
	server string
	after  time.Duration
}

func (s *silence) Error() string { return s.GRPCStatus().String() }

// GRPCStatus returns the error as others that come from a server.
func (s *silence) GRPCStatus() *status.Status {
	return status.Newf(codes.Unavailable, "the server %s has not answered for %v", s.server, s.after.Round(time.Millisecond))
}

func isSilence(err error) bool {
	_, is := errors.AsType[*silence](err)
	return is
}
