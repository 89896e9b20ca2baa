package gossipkv

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	// ErrNoValue is the error of a Get of a key that has no value, of which the session has seen nothing that says otherwise.
	ErrNoValue = errors.New("it has no value")

	// ErrDependencyNotMet is what errors.Is finds in an UnmetError.
	ErrDependencyNotMet = errors.New("dependency not met")
)

// UnmetError is the error of a Get or of a key in a Dump when the server does not have yet what the session has seen of that key.
// Ask again later, or another server.
type UnmetError struct {
	Key    []byte
	Server string  // the one that was asked
	Seen   Version // what the session has seen
}

func (e *UnmetError) Error() string {
	return fmt.Sprintf("%v: the server %s does not have yet what the session has seen of the key %s, version %v; ask again later, or another server",
		ErrDependencyNotMet, e.Server, quote(e.Key), e.Seen)
}

// Is has errors.Is find ErrDependencyNotMet.
func (e *UnmetError) Is(target error) bool { return target == ErrDependencyNotMet }

// MayHaveHappened says of the error of a Put or Delete whether the write may have happened all the same. False is certain.
func MayHaveHappened(err error) bool {
	var several failures
	if errors.As(err, &several) {
		return slices.ContainsFunc(several, MayHaveHappened)
	}
	switch status.Code(err) {
	case codes.OK, codes.InvalidArgument, codes.FailedPrecondition, codes.ResourceExhausted, codes.PermissionDenied, codes.Unauthenticated,
		codes.NotFound, codes.Unimplemented:
		return false
	}
	return err != errNoServer
}

// longestQuoted is how many bytes of a key a message shows.
const longestQuoted = 64

func quote(key []byte) string {
	if len(key) > longestQuoted {
		return fmt.Sprintf("%q… (%d bytes)", key[:longestQuoted], len(key))
	}
	return fmt.Sprintf("%q", key)
}

// failed returns the error of a call at a server as callers see it: a status, and the end of the context if that was it.
func failed(ctx context.Context, server string, err error) error {
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("the server %s: %w (%w)", server, err, ended)
	}
	return fmt.Errorf("the server %s: %w", server, err)
}
