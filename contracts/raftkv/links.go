package raftkv

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/address"
	"numstore.example/contracts/raftkvpb"
)

// ownOptions are the Clerk's settings of connections. Those of its caller come after them, and win.
var ownOptions = []grpc.DialOption{
	// How many bytes a server may send ahead. gRPC would find out by a ping for each message that comes alone, which costs
	// more than a small call.
	grpc.WithStaticStreamWindowSize(1 << 20),
	grpc.WithStaticConnWindowSize(4 << 20),
	// Servers take a ping each ten seconds.
	grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 15 * time.Second, Timeout: 10 * time.Second}),
	grpc.WithConnectParams(grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: firstPause, Multiplier: 1.6, Jitter: 0.2, MaxDelay: lastPause},
		MinConnectTimeout: 3 * time.Second, // then it is another server's turn
	}),
}

// anyLength comes after the caller's options: how long messages may be is the server's business. One that the caller
// itself refuses would break a stream that others are on, and the answer to a write tells that it happened.
var anyLength = grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32))

// link is the way to one server, which need not be up: a connection, and the pipeline on it.
type link struct {
	server   string // see resolve
	conn     *grpc.ClientConn
	client   raftkvpb.RaftKVClient
	pipeline *pipeline
	silent   atomic.Bool     // whether a call has waited for it in vain, and it has not shown since that it lives
	ctx      context.Context // ends when the link is given up; the cause is the error of its calls
	cancel   context.CancelCauseFunc
}

// links are the ways to the servers of a cluster, to each one, made when it is first needed, and kept as long as the
// server is in the map.
type links struct {
	options []grpc.DialOption
	ctx     context.Context // whose end is that of all links

	mu     sync.RWMutex
	all    map[string]*link // by server
	closed bool
}

// newLinks returns ways to no server yet. They end when ctx does, with its cause.
func newLinks(ctx context.Context, options []grpc.DialOption) *links {
	return &links{
		options: slices.Concat(ownOptions, options, []grpc.DialOption{anyLength}),
		ctx:     ctx,
		all:     make(map[string]*link),
	}
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

// to returns the way to a server.
func (l *links) to(server string) (*link, error) {
	l.mu.RLock()
	found, closed := l.all[server], l.closed
	l.mu.RUnlock()
	switch {
	case closed:
		return nil, errClosed
	case found != nil:
		return found, nil
	}
	return l.add(server)
}

func (l *links) add(server string) (*link, error) {
	_, target, err := resolve(server)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	if found := l.all[server]; found != nil {
		return found, nil // another call was faster
	}
	conn, err := grpc.NewClient(target, l.options...)
	if err != nil {
		return nil, fmt.Errorf("the server %q: %w", server, err)
	}
	added := &link{server: server, conn: conn, client: raftkvpb.NewRaftKVClient(conn)}
	added.ctx, added.cancel = context.WithCancelCause(l.ctx)
	added.pipeline = startPipeline(added.ctx, server, added.client)
	l.all[server] = added
	return added, nil
}

// usable reports whether there is nothing against asking a server: it was not silent, and can be connected with as far as
// anybody knows. Of one that cannot, gRPC tries to make the connection by itself.
func (l *links) usable(server string) bool {
	l.mu.RLock()
	found := l.all[server]
	l.mu.RUnlock()
	return found == nil || !found.silent.Load() && found.conn.GetState() != connectivity.TransientFailure
}

// silent returns the links to servers that were silent.
func (l *links) silent() (all []*link) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, link := range l.all {
		if link.silent.Load() {
			all = append(all, link)
		}
	}
	return all
}

// retain gives up the links to other servers than these. Calls on them fail, and may have happened.
func (l *links) retain(servers []string) {
	var gone []*link
	l.mu.Lock()
	for server, link := range l.all {
		if !slices.Contains(servers, server) {
			delete(l.all, server)
			gone = append(gone, link)
		}
	}
	l.mu.Unlock()
	for _, link := range gone {
		link.cancel(status.Errorf(codes.Unavailable, "the server %s is no longer in the map of the cluster", link.server))
		link.close()
	}
}

// close closes all connections. The context of the links must have ended.
func (l *links) close() error {
	l.mu.Lock()
	l.closed = true
	all := l.all
	l.all = nil
	l.mu.Unlock()
	var errs []error
	for _, link := range all {
		errs = append(errs, link.close())
	}
	return errors.Join(errs...)
}

// close closes the connection. The context must have ended.
func (l *link) close() error {
	<-l.pipeline.stopped
	l.cancel(nil)
	return l.conn.Close()
}
