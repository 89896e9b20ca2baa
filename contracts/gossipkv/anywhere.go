package gossipkv

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Option is a wish that a call comes with.
type Option struct {
	anywhere bool
}

// Anywhere has a call that the session's server cannot do go on to the other servers that Dial got, each once, in their order: when
// a server cannot be reached, is too busy, broken, or was forgotten, and for a Get also when it does not have yet what the session has seen. If the
// context has a deadline, each server has an equal part of what is left of the time. The session stays with its server.
//
// A write that goes on to another server may happen twice, with two versions of the same value: see Put for what that means.
func Anywhere() Option { return Option{anywhere: true} }

// anywhere reports whether one of the options is Anywhere.
func anywhere(options []Option) bool {
	return slices.ContainsFunc(options, func(o Option) bool { return o.anywhere })
}

// tryAll does a call at the first server that can: a given one, then those of Dial. Its error is those of all that were tried.
func (c *Client) tryAll(ctx context.Context, first string, send func(context.Context, *link) error) error {
	servers := []string{first}
	for _, server := range c.servers {
		if !slices.Contains(servers, server) {
			servers = append(servers, server)
		}
	}
	var tried failures
	for i, server := range servers {
		part, cancel := share(ctx, len(servers)-i)
		err := c.try(part, server, send)
		cancel()
		if err == nil || !another(err) {
			return err
		}
		tried = append(tried, err)
		if ctx.Err() != nil {
			break
		}
	}
	if len(tried) == 1 {
		return tried[0]
	}
	return tried
}

// share returns a context for one of so many attempts that are left.
func share(ctx context.Context, attempts int) (context.Context, context.CancelFunc) {
	deadline, ends := ctx.Deadline()
	if !ends {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(attempts))
}

// another reports whether another server may do what one could not.
func another(err error) bool {
	if errors.Is(err, ErrDependencyNotMet) {
		return true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.FailedPrecondition, codes.DataLoss:
		return true
	}
	return false
}

// failures are the errors of several servers.
type failures []error

func (f failures) Error() string {
	var texts []string
	for _, err := range f {
		texts = append(texts, err.Error())
	}
	return "no server could do it: " + strings.Join(texts, "; ")
}

func (f failures) Unwrap() []error { return f }
