package main

import (
	"context"
	"fmt"

	"numstore.example/tools/orchestrate/internal/script"
)

// ends is what two ids of a connection stand for: two servers that run, or a client and a server.
type ends struct {
	client *client // nil between two servers
	a, b   *server // a is nil if there is a client
}

// ends finds out what is at the ends of a connection, in whichever order. A server that does not run may be the end of a client's connection only
// where it is broken.
func (s *system) ends(x, y script.ID, breaking bool) (e ends, err error) {
	if x == y {
		return e, fmt.Errorf("a connection has two ends, and not %v twice", x)
	}
	if s.clients[x] == nil && s.clients[y] != nil {
		x, y = y, x
	}
	if e.client = s.clients[x]; e.client == nil {
		if e.a, err = s.server(x); err != nil {
			return e, err
		}
	} else if s.clients[y] != nil {
		return e, fmt.Errorf("%v and %v are clients; connections are between servers, or a client and a server", x, y)
	}
	if stopped := s.servers[y]; e.client != nil && breaking && stopped != nil {
		e.b = stopped
		return e, nil
	}
	e.b, err = s.server(y)
	return e, err
}

// breakConnection ends a connection.
func (s *system) breakConnection(ctx context.Context, x, y script.ID) error {
	e, err := s.ends(x, y, true)
	switch {
	case err != nil:
		return err
	case e.client != nil && !e.client.disconnect(e.b), e.client == nil && !s.links[between(e.a, e.b)]:
		return fmt.Errorf("there is no connection between %v and %v", x, y)
	case e.client != nil:
		return nil
	}
	delete(s.links, between(e.a, e.b))
	// Each side is told, so that neither takes anything any more when this returns.
	return each([][2]*server{{e.a, e.b}, {e.b, e.a}}, func(side [2]*server) error { return s.disconnect(ctx, side[0], side[1]) })
}

// createConnection makes a connection, and returns when it is up. If there is one already, nothing happens, but that a client asks
// this server first from now on.
func (s *system) createConnection(ctx context.Context, x, y script.ID) error {
	e, err := s.ends(x, y, false)
	switch {
	case err != nil:
		return err
	case e.client != nil:
		e.client.connect(e.b)
		return nil
	}
	s.links[between(e.a, e.b)] = true
	return s.connect(ctx, e.a, e.b)
}
