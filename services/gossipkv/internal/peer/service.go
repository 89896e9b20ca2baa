package peer

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/services/gossipkv/internal/peerpb"
	"numstore.example/services/internal/links"
)

// service is what this server serves to the others.
type service struct {
	peerpb.UnimplementedPeerServer
	*Peers
}

// Gossip implements the protocol.
func (s *service) Gossip(stream grpc.BidiStreamingServer[peerpb.GossipMessage, peerpb.GossipMessage]) error {
	if err := s.authorize(stream.Context()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	session, err := s.met(ctx, cancel, stream)
	if err == nil {
		if err = session.run(s.Peers, cancel).why; err == errStopping {
			err = nil // that a link ends so is no failure
		}
	} else if concerns(err) {
		s.notices.Once(s.log, "", "no link to a server that has called, as one refuses the other", "reason", err, "peer", links.Caller(ctx))
	}
	return links.OrGone(stream.Context(), statusOf(err))
}

// met begins the stream. On this side, nothing that is received can be given up before the call has ended.
func (s *service) met(ctx context.Context, cancel context.CancelCauseFunc, stream stream) (*session, error) {
	defer links.Limit(links.ConnectTimeout, cancel)()
	type outcome struct {
		session *session
		err     error
	}
	met := make(chan outcome, 1)
	go func() {
		session, err := s.meet(ctx, stream, nil, false)
		met <- outcome{session, err}
	}()
	select {
	case o := <-met:
		return o.session, o.err
	case <-ctx.Done():
		s.running.Go(func() {
			if o := <-met; o.err == nil {
				o.session.run(s.Peers, cancel) // which is over at once
			}
		})
		return nil, fmt.Errorf("the link was not made: %w", context.Cause(ctx))
	}
}

// authorize returns the status for who may not speak as a server.
func (s *service) authorize(ctx context.Context) error {
	if s.config.Authorize != nil {
		if err := s.config.Authorize(ctx); err != nil {
			s.notices.Once(s.log, "", "refused a caller who may not speak as a server", "reason", status.Convert(err).Message(), "peer", links.Caller(ctx))
			return err
		}
	}
	if s.started() == nil {
		return status.Error(codes.Unavailable, "this server has not opened its store yet")
	}
	return nil
}
