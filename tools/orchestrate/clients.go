package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"numstore.example/contracts/gossipkv"
	"numstore.example/tools/orchestrate/internal/script"
)

// callTime is how long a call may take: one to a server of this machine takes so long only if that does not work any more.
const callTime = 30 * time.Second

// client is a client: a session, and the servers to which it is connected, the last one first. It asks the first that runs.
type client struct {
	id      script.ID
	session *gossipkv.Session
	servers []*server
}

// joinClient has a client connected to one server, and no other. A new client has a new session.
func (s *system) joinClient(id, serverID script.ID) error {
	if s.servers[id] != nil {
		return fmt.Errorf("%v is a server; servers and clients share their ids", id)
	}
	server, err := s.server(serverID)
	if err != nil {
		return err
	}
	c := s.clients[id]
	if c == nil {
		c = &client{id: id, session: s.sessions.Session(nil)}
		s.clients[id] = c
	}
	c.servers = nil
	c.connect(server)
	return nil
}

// connect makes a connection, which is the first one from now on.
func (c *client) connect(to *server) {
	c.disconnect(to)
	c.servers = slices.Insert(c.servers, 0, to)
}

// disconnect ends a connection, and says whether there was one.
func (c *client) disconnect(from *server) bool {
	i := slices.Index(c.servers, from)
	if i >= 0 {
		c.servers = slices.Delete(c.servers, i, i+1)
	}
	return i >= 0
}

// route returns a client, and the server that it asks.
func (s *system) route(id script.ID) (*client, *server, error) {
	c := s.clients[id]
	switch {
	case s.servers[id] != nil:
		return nil, nil, fmt.Errorf("%v is a server, and no client", id)
	case c == nil:
		return nil, nil, fmt.Errorf("there is no client %v", id)
	case len(c.servers) == 0:
		return nil, nil, fmt.Errorf("the client %v is not connected", id)
	}
	for _, server := range c.servers {
		if server.running != nil {
			return c, server, nil
		}
	}
	return nil, nil, fmt.Errorf("the client %v is connected to no server that runs, but to %v", id, c.servers[0].id)
}

// use has the client's session ask a server.
func (c *client) use(at *server) error { return c.session.Use(at.running.Address()) }

// put sets a key at the session's server. Unlike the other methods it may be called from any goroutine.
func (c *client) put(ctx context.Context, key, value []byte) (gossipkv.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return c.session.Put(ctx, key, value)
}

// took notes that a server has answered a write, so that stabilize knows what is to be everywhere.
func (s *server) took(v gossipkv.Version) {
	o := origin{v.Server, v.Incarnation}
	s.taken[o] = max(s.taken[o], v.Time)
}

// What get prints in place of a value.
const (
	noValue = "ERR_KEY" // there is none
	unmet   = "ERR_DEP" // the server does not have yet what the client has seen
)

// get returns what get prints of a key.
func (s *system) get(ctx context.Context, id script.ID, key []byte) ([]byte, error) {
	c, at, err := s.route(id)
	if err != nil {
		return nil, err
	}
	if err := c.use(at); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	found, err := c.session.Get(ctx, key)
	switch {
	case errors.Is(err, gossipkv.ErrNoValue):
		return []byte(noValue), nil
	case errors.Is(err, gossipkv.ErrDependencyNotMet):
		return []byte(unmet), nil
	case err != nil:
		return nil, saidBy(at, err)
	}
	return found.Value, nil
}

// printStore writes all pairs of a server as lines, in the order of the keys.
func (s *system) printStore(ctx context.Context, id script.ID, out io.Writer) error {
	at, err := s.server(id)
	if err != nil {
		return err
	}
	reader := s.sessions.Session(nil) // the server's own view, whatever clients have seen
	if err := reader.Use(at.running.Address()); err != nil {
		return err
	}
	for pair, err := range reader.Dump(ctx, gossipkv.Range{}) {
		if err == nil {
			err = writeLine(out, pair.Key, pair.Value)
		} else {
			err = saidBy(at, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeLine writes "key:value" and a line feed.
func writeLine(out io.Writer, key, value []byte) error {
	_, err := out.Write(slices.Concat(key, []byte(":"), value, []byte("\n")))
	return err
}
