package raftkv

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"

	"numstore.example/contracts/address"
)

// ownOptions are the Clerk's settings of connections. Those of its caller come after them, and win.
var ownOptions = []grpc.DialOption{
	grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
	grpc.WithConnectParams(grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: firstPause, Multiplier: 1.6, Jitter: 0.2, MaxDelay: lastPause},
		MinConnectTimeout: 3 * time.Second, // then it is another server's turn
	}),
}

// anyLength comes after the caller's options: how long messages may be is the server's business. One that the caller
// itself refuses would break a stream that others are on, and the answer to a write tells that it happened.
var anyLength = grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32))

// route says which server to call, and has the connections.
type route struct {
	options []grpc.DialOption

	mu      sync.Mutex
	servers []string // the caller's, then those that redirects have named; see resolve
	current int      // the one to call
	conns   map[string]*grpc.ClientConn
	closed  bool
}

// newRoute returns a route that begins with the first server. An error says which name, or that the options, cannot
// be used; connections are made when they are needed.
func newRoute(servers []string, options []grpc.DialOption) (*route, error) {
	if len(servers) == 0 {
		return nil, errors.New("there is no server to call; name at least one, as host:port")
	}
	r := &route{
		options: slices.Concat(ownOptions, options, []grpc.DialOption{anyLength}),
		conns:   make(map[string]*grpc.ClientConn),
	}
	for _, text := range servers {
		server, err := r.add(text)
		if err != nil {
			r.close()
			return nil, err
		}
		r.servers = append(r.servers, server)
	}
	return r, nil
}

// resolve returns the one spelling of an address, and what gRPC calls it.
func resolve(text string) (server, target string, err error) {
	if scheme, _, ok := strings.Cut(text, "://"); ok && scheme != "unix" && resolver.Get(scheme) != nil {
		return text, text, nil // a target that only gRPC understands
	}
	a, err := address.Parse(text)
	if err != nil {
		return "", "", err
	}
	return a.String(), a.Target(), nil
}

// add makes the connection with a server, which need not be up, and returns the spelling of its address.
func (r *route) add(text string) (server string, err error) {
	server, target, err := resolve(text)
	if err != nil || r.conns[server] != nil {
		return server, err
	}
	conn, err := grpc.NewClient(target, r.options...)
	if err != nil {
		return "", fmt.Errorf("the server %q: %w", server, err)
	}
	r.conns[server] = conn
	return server, nil
}

// connect returns the server to call, and a connection with it that need not be up.
func (r *route) connect() (server string, conn *grpc.ClientConn, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return "", nil, errClosed
	}
	server = r.servers[r.current]
	return server, r.conns[server], nil
}

// leave says that a server could not answer, and which one leads, if that is known. If it is still the one
// to call, then from now on it is the leader, or else the next in turn.
func (r *route) leave(server, leader string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.servers[r.current] != server {
		return // another call was faster
	}
	leader, err := r.add(leader)
	if err != nil { // it is not known, or its name is none
		r.current = (r.current + 1) % len(r.servers)
		return
	}
	if r.current = slices.Index(r.servers, leader); r.current < 0 {
		r.current = len(r.servers)
		r.servers = append(r.servers, leader)
	}
}

// calls reports whether a server is the one to call.
func (r *route) calls(server string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.servers[r.current] == server
}

// close closes all connections.
func (r *route) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	var errs []error
	for _, conn := range r.conns {
		errs = append(errs, conn.Close())
	}
	clear(r.conns)
	return errors.Join(errs...)
}
