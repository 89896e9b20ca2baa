package gossipkv

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/address"
	"numstore.example/contracts/gossipkvpb"
)

// ownOptions are the Client's settings of connections. Those of its caller come after them, and win.
var ownOptions = []grpc.DialOption{
	// How many bytes a server may send ahead. gRPC would find out by a ping for each message that comes alone, which costs
	// more than a small call.
	grpc.WithStaticStreamWindowSize(1 << 20),
	grpc.WithStaticConnWindowSize(4 << 20),
	// Servers take a ping each ten seconds.
	grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 15 * time.Second, Timeout: 10 * time.Second}),
	grpc.WithConnectParams(grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
		MinConnectTimeout: 3 * time.Second,
	}),
}

// anyLength comes after the caller's options: how long messages may be is the server's business, and the answer to a write
// tells that it happened.
var anyLength = grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32))

var errClosed = status.Error(codes.Canceled, "the client was closed")

// link is a connection with one server, which need not be up.
type link struct {
	server string // its one spelling
	client gossipkvpb.GossipKVClient
	conn   *grpc.ClientConn
	calls  sync.WaitGroup // those that use it; begun while links.mu is held
}

// links are the connections with all servers that were called, one with each.
type links struct {
	options []grpc.DialOption

	mu     sync.Mutex
	all    map[string]*link // by server
	closed bool
}

func newLinks(options []grpc.DialOption) *links {
	return &links{
		options: slices.Concat(ownOptions, options, []grpc.DialOption{anyLength}),
		all:     make(map[string]*link),
	}
}

// take returns the connection with a server for one call, which is over when done is called.
//
// A call is not refused for what was a while ago: where the last attempt to connect has failed, there is a new connection, whose first attempt the
// call waits for. So servers that come back are found by the next call, and those that are away refuse it at once.
func (l *links) take(server string) (taken *link, done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if found := l.all[server]; found != nil && found.conn.GetState() == connectivity.TransientFailure {
		delete(l.all, server)
		go found.end()
	}
	if taken, err = l.find(server); err != nil {
		return nil, nil, err
	}
	taken.calls.Add(1)
	return taken, taken.calls.Done, nil
}

// to returns the connection with a server.
func (l *links) to(server string) (*link, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.find(server)
}

// find returns the connection with a server, and makes it if there is none. mu is held.
func (l *links) find(server string) (found *link, err error) {
	if l.closed {
		return nil, errClosed
	}
	if found = l.all[server]; found == nil {
		if found, err = l.dial(server); err != nil {
			return nil, err
		}
		l.all[server] = found
	}
	return found, nil
}

func (l *links) dial(server string) (*link, error) {
	a, err := address.Parse(server)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(a.Target(), l.options...)
	if err != nil {
		return nil, fmt.Errorf("the server %q: %w", server, err)
	}
	return &link{server: server, conn: conn, client: gossipkvpb.NewGossipKVClient(conn)}, nil
}

// end closes a connection that no new call will use, when the last one is over.
func (l *link) end() {
	l.calls.Wait()
	l.conn.Close()
}

// close closes all connections. Calls on them fail.
func (l *links) close() error {
	l.mu.Lock()
	all := l.all
	l.all, l.closed = nil, true
	l.mu.Unlock()
	var errs []error
	for _, link := range all {
		errs = append(errs, link.conn.Close())
	}
	return errors.Join(errs...)
}
