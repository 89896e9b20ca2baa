package gossipkv

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
)

// Value is what Get found.
type Value struct {
	Value   []byte
	Version Version
}

// Put sets a key to a value, at one server, and returns the version of the write, which is greater than all that the session had seen
// when it was sent. So the session's own writes win over what it had read and written before, at whichever servers.
//
// After an error the write may have happened, or still happen (see MayHaveHappened), and the session has learnt nothing of it. So the session
// may read the value later, or not. If it writes the key again before it has read that value, nobody knows which of the two
// writes is greater: either may win in the end.
func (s *Session) Put(ctx context.Context, key, value []byte, options ...Option) (version Version, err error) {
	err = s.call(ctx, options, func(ctx context.Context, l *link) error {
		response, err := l.client.Put(ctx, &gossipkvpb.PutRequest{Key: key, Value: value, SessionTime: s.seen.Time()})
		version, err = s.written(ctx, l, key, response.GetVersion(), err)
		return err
	})
	return version, err
}

// Delete removes a key, at one server, and returns the version of the deletion. That the key does not exist is no error. All that is said of
// Put holds.
func (s *Session) Delete(ctx context.Context, key []byte, options ...Option) (version Version, err error) {
	err = s.call(ctx, options, func(ctx context.Context, l *link) error {
		response, err := l.client.Delete(ctx, &gossipkvpb.DeleteRequest{Key: key, SessionTime: s.seen.Time()})
		version, err = s.written(ctx, l, key, response.GetVersion(), err)
		return err
	})
	return version, err
}

// written takes up the version of a write.
func (s *Session) written(ctx context.Context, l *link, key []byte, answered *gossipkvpb.Version, err error) (Version, error) {
	version := VersionOf(answered)
	if err == nil && !version.isOne() {
		err = status.Error(codes.Internal, "its answer to a write has no version; it is no server of this contract")
	}
	if err != nil {
		return Version{}, failed(ctx, l.server, err)
	}
	s.seen.Note(key, version)
	return version, nil
}

// Get returns the value of a key: what the session has seen of it, or something newer. Its error is ErrNoValue when the key has none;
// ErrDependencyNotMet, an UnmetError, when the server does not have yet what the session has seen; or a status.
func (s *Session) Get(ctx context.Context, key []byte, options ...Option) (value Value, err error) {
	err = s.call(ctx, options, func(ctx context.Context, l *link) error {
		seen := s.seen.Version(key)
		response, err := l.client.Get(ctx, &gossipkvpb.GetRequest{Key: key, Seen: seen.Message()})
		if err != nil {
			return failed(ctx, l.server, err)
		}
		value = Value{Value: response.GetValue(), Version: VersionOf(response.GetVersion())}
		s.seen.Note(key, value.Version)
		switch response.GetOutcome() {
		case gossipkvpb.Outcome_OUTCOME_VALUE:
			return nil
		case gossipkvpb.Outcome_OUTCOME_NO_VALUE:
			return fmt.Errorf("the key %s: %w", quote(key), ErrNoValue)
		case gossipkvpb.Outcome_OUTCOME_DEPENDENCY_NOT_MET:
			return &UnmetError{Key: key, Server: l.server, Seen: seen}
		}
		return failed(ctx, l.server, status.Errorf(codes.Internal, "its answer has the outcome %v, which this client does not know", response.GetOutcome()))
	})
	if err != nil {
		return Value{}, err
	}
	return value, nil
}

// Status returns what the session's server knows of itself and of the others.
func (s *Session) Status(ctx context.Context) (response *gossipkvpb.StatusResponse, err error) {
	err = s.call(ctx, nil, func(ctx context.Context, l *link) error {
		response, err = l.client.Status(ctx, new(gossipkvpb.StatusRequest))
		if err != nil {
			return failed(ctx, l.server, err)
		}
		return nil
	})
	return response, err
}

var errNoServer = errors.New("the session has no server to ask; name one with Use")

// call does a call at the session's server, or, with Anywhere, at the first that can.
func (s *Session) call(ctx context.Context, options []Option, send func(context.Context, *link) error) error {
	server := s.Server()
	if server == "" {
		return errNoServer
	}
	if anywhere(options) {
		return s.client.tryAll(ctx, server, send)
	}
	return s.client.try(ctx, server, send)
}

// try does a call at one server.
func (c *Client) try(ctx context.Context, server string, send func(context.Context, *link) error) error {
	l, done, err := c.links.take(server)
	if err != nil {
		return err
	}
	defer done()
	return send(ctx, l)
}
