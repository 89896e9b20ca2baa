package rpcserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// A process starts in three phases. The address is taken before the first of them, so that a second server on the same one
// ends at once; clients that come too early wait for the connection.
//
//  1. It opens what the service needs: Program.Open. That may take long, for one that reads a backup or replays a log. Only
//     the operators' port is served; /healthz says that the server is not serving.
//  2. It serves. Calls are taken, and answered as the service can. Health is NOT_SERVING.
//  3. It is ready, once Service.Ready has returned: health is SERVING, and the ready line is printed.
//
// A service that needs others of its kind for its work, as one that waits for a leader, is in the second phase until it has
// found them: they could not find it before.
//
// When the process is told to stop, it does so in each phase, with status 0. What does not end within the time that closing
// may take is left, as a crash would leave it.

// Service is what a program has opened.
type Service struct {
	// Ready waits until the service can do its work, or until ctx ends, and then returns soon. An error is the end of the
	// process. It is called once, while calls are served already. Nil means that the service is ready at once. If it does not
	// return, Close is called nevertheless, after a while.
	Ready func(ctx context.Context) error

	// Close is called once all calls have ended. Nil means that there is nothing to close.
	Close func() error
}

// open is the first phase. The service is nil when the process was told to stop meanwhile, and has nothing open.
func (p Program) open(ctx context.Context, server *Server) (*Service, error) {
	type outcome struct {
		service Service
		err     error
	}
	opened := make(chan outcome, 1)
	go func() {
		service, err := p.Open(ctx, server)
		opened <- outcome{service, err}
	}()
	select {
	case o := <-opened:
		if ctx.Err() == nil {
			return &o.service, o.err
		}
		opened <- o
	case <-ctx.Done():
	}
	server.log.Info("stopping; it was not open yet")
	select {
	case o := <-opened:
		if o.err != nil {
			server.unlessStopped(o.err)
			return nil, nil // it has nothing open
		}
		return nil, o.service.close(server.closing())
	case <-time.After(server.closing()):
		server.log.Warn("the service was left while it was being opened")
		return nil, nil
	}
}

// serve is the second and the third phase, until the process is told to stop. It leaves the service closed.
func (s Service) serve(ctx context.Context, server *Server, listener net.Listener, ready func()) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(ctx, listener)
		stop() // nobody need be ready any more
	}()
	err := s.awaitReady(ctx, server.closing())
	select {
	case <-server.begun:
	case <-ctx.Done():
	}
	switch {
	case ctx.Err() != nil: // it was told to stop before it was ready, or could not serve
		server.unlessStopped(err)
		err = nil
	case err == nil:
		server.Ready()
		ready()
	default:
		stop()
	}
	if failed := <-served; failed != nil {
		return errors.Join(err, failed) // and calls may still use what would be closed
	}
	return errors.Join(err, s.close(server.closing()))
}

// unlessStopped logs an error that a process has met which was told to stop meanwhile. It is not why it ends, but may be
// why the next start will not succeed.
func (s *Server) unlessStopped(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("failed while it was stopping", "error", err)
	}
}

// awaitReady waits until the service is ready, and for a while longer than ctx lasts.
func (s Service) awaitReady(ctx context.Context, patience time.Duration) error {
	if s.Ready == nil {
		return nil
	}
	ready := make(chan error, 1)
	go func() { ready <- s.Ready(ctx) }()
	select {
	case err := <-ready:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ready:
		return err
	case <-time.After(patience):
		return ctx.Err()
	}
}

// leastClosing is how long a service gets to close what it has opened, however short the time for its calls is.
const leastClosing = 2 * time.Second

// closing is how long a service gets to come to an end.
func (s *Server) closing() time.Duration { return max(s.config.StopTimeout, leastClosing) }

// close closes the service. A disk that hangs may never let it: then the process ends as a crash would end it, which
// services are made for.
func (s Service) close(limit time.Duration) error {
	if s.Close == nil {
		return nil
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(limit):
		return fmt.Errorf("what the service has opened was not closed within %v", limit)
	}
}
