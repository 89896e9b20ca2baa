package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/test/bufconn"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/internal/logtest"
)

// world is some servers and the connections between them, in memory.
type world struct {
	t *testing.T

	mu        sync.Mutex
	listeners map[string]*bufconn.Listener // by address
	hangs     map[string]bool              // addresses from which nothing comes back
	conns     []*conn
	dialed    map[string]int       // how often each address was dialled
	latency   func() time.Duration // of each write; nil for none
}

func newWorld(t *testing.T) *world {
	return &world{t: t, listeners: make(map[string]*bufconn.Listener), hangs: make(map[string]bool), dialed: make(map[string]int)}
}

func addressOf(id merge.ServerID) string { return fmt.Sprintf("s%d:8000", id) }

// conn is a connection that a test can break, or let drop all that is sent, its end too.
type conn struct {
	net.Conn
	from, to string
	latency  func() time.Duration
	closed   chan struct{}

	mu     sync.Mutex
	frozen bool
}

func (c *conn) isFrozen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frozen
}

func (c *conn) Write(b []byte) (int, error) {
	if c.isFrozen() {
		return len(b), nil
	}
	if c.latency != nil {
		time.Sleep(c.latency())
	}
	return c.Conn.Write(b)
}

func (c *conn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		switch {
		case !c.isFrozen():
			return n, err
		case err != nil:
			<-c.closed
			return 0, net.ErrClosed
		}
	}
}

// Close closes this end, of which the other one of a frozen connection learns nothing.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.closed:
	default:
		close(c.closed)
	}
	if c.frozen {
		return nil
	}
	return c.Conn.Close()
}

// sever closes both ends.
func (c *conn) sever() {
	c.Close()
	c.Conn.Close()
}

func (w *world) dialer(from string) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		w.mu.Lock()
		listener, hangs := w.listeners[address], w.hangs[address]
		w.dialed[address]++
		w.mu.Unlock()
		if hangs {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		if listener == nil {
			return nil, errors.New("nobody listens")
		}
		made, err := listener.DialContext(ctx)
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: made, from: from, to: address, latency: w.latency, closed: make(chan struct{})}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.conns = append(w.conns, c)
		return c, nil
	}
}

// between does something with all connections between two addresses.
func (w *world) between(a, b string, do func(*conn)) {
	w.mu.Lock()
	conns := slices.Clone(w.conns)
	w.mu.Unlock()
	for _, c := range conns {
		if c.from == a && c.to == b || c.from == b && c.to == a {
			do(c)
		}
	}
}

func (w *world) breakConns(a, b *member) {
	w.between(a.address, b.address, (*conn).sever)
}

func (w *world) freeze(a, b *member) {
	w.between(a.address, b.address, func(c *conn) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.frozen = true
	})
}

// shut has nobody listen at the address of a server, and open listens again.
func (w *world) shut(m *member) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.listeners, m.address)
}

// dials returns how often an address was dialled.
func (w *world) dials(address string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dialed[address]
}

func (w *world) open(m *member) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listeners[m.address] = m.listener
}

// member is a server of the world: a fake node, its peers, and what serves them.
type member struct {
	*fake
	world    *world
	address  string
	listener *bufconn.Listener
	peers    *Peers
	server   *grpc.Server
	log      *logtest.Buffer
	stopping chan struct{}
}

// join starts a server that is told of the addresses of others. Change, if not nil, changes its configuration.
func (w *world) join(f *fake, change func(*member, *Config), peers ...string) *member {
	m := &member{fake: f, world: w, address: addressOf(f.self.Server), log: new(logtest.Buffer), stopping: make(chan struct{})}
	config := Config{
		Peers: peers, Stopping: m.stopping,
		Logger: slog.New(slog.NewTextHandler(m.log, nil)),
	}
	if change != nil {
		change(m, &config)
	}
	config.Dial = w.dialer(m.address)
	m.peers = New(config)
	m.server = grpc.NewServer(grpc.MaxRecvMsgSize(2<<20), grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true})) // as rpcserver's
	m.peers.Register(m.server)
	m.listener = bufconn.Listen(1 << 20)
	w.open(m)
	go m.server.Serve(m.listener)
	m.peers.Start(f, m.address)
	return m
}

// crash ends a server as kill -9 does.
func (m *member) crash() {
	m.world.shut(m)
	m.world.mu.Lock()
	conns := slices.Clone(m.world.conns)
	m.world.mu.Unlock()
	for _, c := range conns {
		if c.from == m.address || c.to == m.address {
			c.sever()
		}
	}
	m.server.Stop()
	m.peers.Close()
}

// stop ends a server as SIGTERM does.
func (m *member) stop() {
	close(m.stopping)
	m.world.shut(m)
	m.server.GracefulStop()
	m.peers.Close()
}

func end(members ...*member) {
	for _, m := range members {
		m.crash()
	}
	time.Sleep(time.Second) // until what is still on its way has come
}

// linked fails unless two servers are linked, when nothing moves any more.
func linked(t *testing.T, a, b *member) {
	t.Helper()
	synctest.Wait()
	if !a.up(b.self.Server) || !b.up(a.self.Server) {
		t.Fatalf("%d and %d are not linked: %+v, %+v\n%s%s", a.self.Server, b.self.Server, a.peers.Links(), b.peers.Links(), a.log, b.log)
	}
}

func notLinked(t *testing.T, a, b *member) {
	t.Helper()
	synctest.Wait()
	if a.up(b.self.Server) || b.up(a.self.Server) {
		t.Fatalf("%d and %d are linked: %+v, %+v", a.self.Server, b.self.Server, a.peers.Links(), b.peers.Links())
	}
}

// fake is a node that notes what comes, and that it comes in a lawful order.
type fake struct {
	t        *testing.T
	self     merge.Origin
	received chan arrival
	greeted  chan node.Greeting // of links that were up

	mu      sync.Mutex
	links   map[merge.ServerID]bool
	ups     int // how often a link was up
	refuses map[merge.ServerID]string
	knows   merge.Vector // beside its own; set before it joins
}

type arrival struct {
	from    merge.ServerID
	message node.Message
}

func newFake(t *testing.T, id merge.ServerID) *fake {
	return &fake{
		t: t, self: merge.Origin{Server: id, Incarnation: merge.Incarnation(id) << 8}, received: make(chan arrival, 1<<16), greeted: make(chan node.Greeting, 1<<16),
		links: make(map[merge.ServerID]bool), refuses: make(map[merge.ServerID]string),
	}
}

func (f *fake) Greeting() node.Greeting {
	known := f.knows.With(f.self, 7)
	roster := make(merge.Roster)
	for origin := range known {
		roster[origin] = merge.Standing{State: merge.Member, Known: known}
	}
	return node.Greeting{Self: f.self, Known: known, Roster: roster}
}

func (f *fake) Welcome(g node.Greeting) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if why := f.refuses[g.Self.Server]; why != "" {
		return fmt.Errorf("%w: %s", node.ErrRefused, why)
	}
	return nil
}

func (f *fake) LinkUp(g node.Greeting) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.links[g.Self.Server] {
		f.t.Errorf("server %d is told twice that the link to %d is up", f.self.Server, g.Self.Server)
	}
	f.links[g.Self.Server] = true
	f.ups++
	f.greeted <- g
}

func (f *fake) LinkDown(server merge.ServerID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.links[server] {
		f.t.Errorf("server %d is told that the link to %d is down, which it was", f.self.Server, server)
	}
	delete(f.links, server)
}

func (f *fake) Receive(from merge.ServerID, m node.Message) {
	if !f.up(from) {
		f.t.Errorf("server %d gets a message of %d, to which no link is up", f.self.Server, from)
	}
	f.received <- arrival{from, m}
}

func (f *fake) up(server merge.ServerID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.links[server]
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ups
}

func (f *fake) refuse(server merge.ServerID, why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuses[server] = why
}

// push is a push of one write with a value of a length.
func push(from merge.ServerID, time uint64, length int) node.Message {
	origin := merge.Origin{Server: from, Incarnation: merge.Incarnation(from) << 8}
	return node.Message{Push: &node.Push{
		Interval: merge.Interval{Origin: origin, After: time - 1, Upto: time},
		Entries: []merge.Entry{{
			Key: []byte("key"), Value: bytes.Repeat([]byte{byte(time)}, length), Version: merge.Version{Time: time, Origin: origin},
		}},
	}}
}

// announce is a message that carries no entries.
func announce(time uint64) node.Message {
	return node.Message{Announce: &node.Announce{Known: merge.Vector{{Server: 9, Incarnation: 9}: time}}}
}
