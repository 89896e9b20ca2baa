package gossipkv

import (
	"errors"
	"sync"

	"google.golang.org/grpc"

	"numstore.example/contracts/address"
)

// Client is connections with servers, which any number of sessions share. Its methods may be called from any number of goroutines.
type Client struct {
	servers []string // those that Dial got
	links   *links
}

// Dial returns a Client of some servers of one system. Each is "host:port", or "unix:/path" for a socket; an error names the
// first that is neither. There may be none, for sessions that are told with Use. It does not wait for a connection.
//
// The options must have transport credentials; they overrule the Client's own, which notice a dead server within half a minute.
// Messages may have any length in any case.
func Dial(servers []string, options ...grpc.DialOption) (*Client, error) {
	c := &Client{links: newLinks(options)}
	for _, text := range servers {
		server, err := spell(text)
		if err == nil {
			_, err = c.links.to(server)
		}
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.servers = append(c.servers, server)
	}
	return c, nil
}

// Close fails the calls in flight, and those that come later, with CANCELLED, and frees the connections.
func (c *Client) Close() error { return c.links.close() }

// Session returns a session that has seen what is given, which it makes grow: nil begins anew. It costs nothing but memory, and needs
// no end. It asks the first server of Dial until Use names another one.
func (c *Client) Session(seen *Seen) *Session {
	if seen == nil {
		seen = new(Seen)
	}
	s := &Session{client: c, seen: seen}
	if len(c.servers) > 0 {
		s.server = c.servers[0]
	}
	return s
}

// spell returns the one spelling of an address.
func spell(text string) (string, error) {
	a, err := address.Parse(text)
	return a.String(), err
}

// Session is one client's way through the servers. It knows what it has seen, and has servers tell it of nothing older. Its methods may be
// called from any number of goroutines; calls that are in flight together are in no order: each knows what
// had been seen when it was sent.
type Session struct {
	client *Client
	seen   *Seen

	mu     sync.Mutex
	server string // whom to ask; empty if nobody
}

// Use has calls that begin from now on go to a server, as Dial has them: one of Dial's, or another one of the same
// system. The session goes on with what it has seen. It does not wait for a connection.
//
// An address is to be that of one server. Behind one that leads to several in turn, Put, Get and Delete have all guarantees, and Dump
// has not (see there).
func (s *Session) Use(server string) error {
	spelt, err := spell(server)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = spelt
	return nil
}

// Server returns the server to which calls go; empty if there is none.
func (s *Session) Server() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.server
}

// Seen returns what the session has seen: not a copy, but what its calls make grow. To save the session is to keep its text (see Seen.String); to hand
// one on to a session that has seen something else, Merge them.
func (s *Session) Seen() *Seen { return s.seen }
