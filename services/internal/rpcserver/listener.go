package rpcserver

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/peer"
)

// boundedListener hangs up on connections beyond a limit, at once: a client that is told so tries
// another server, one that waits in a backlog does not know why.
type boundedListener struct {
	net.Listener
	limit   int64
	open    *atomic.Int64
	refused prometheus.Counter
}

func newBoundedListener(listener net.Listener, limit int) *boundedListener {
	return &boundedListener{
		Listener: listener,
		limit:    int64(limit),
		open:     new(atomic.Int64),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rpcserver_connections_refused_total",
			Help: "Connections that were closed at once because the limit was reached.",
		}),
	}
}

// register adds the figures of the connections.
func (l *boundedListener) register(registry prometheus.Registerer) {
	registry.MustRegister(l.refused, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rpcserver_connections",
		Help: "Open connections.",
	}, func() float64 { return float64(l.open.Load()) }))
}

// Accept implements net.Listener.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			counted := &countedConn{Conn: conn, open: l.open, gone: make(chan struct{})}
			counted.remote = &remoteAddr{conn.RemoteAddr(), counted}
			return counted, nil
		}
		l.open.Add(-1)
		l.refused.Inc()
		conn.Close()
	}
}

// countedConn is counted until it is closed.
type countedConn struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
	gone   chan struct{} // closed with it
	remote *remoteAddr
	resets atomic.Int64 // of calls, which count against its client
}

// RemoteAddr implements net.Conn.
func (c *countedConn) RemoteAddr() net.Addr { return c.remote }

// remoteAddr is an address by which the connection of a call can be found: gRPC hands it to each call as its peer's.
type remoteAddr struct {
	net.Addr
	conn *countedConn
}

// connOf returns the connection of a call, or nil when it did not come through a boundedListener.
func connOf(ctx context.Context) *countedConn {
	if caller, ok := peer.FromContext(ctx); ok {
		if addr, ok := caller.Addr.(*remoteAddr); ok {
			return addr.conn
		}
	}
	return nil
}

// Disconnected is closed when the connection of a call is. It is nil when the call has none that is known.
func Disconnected(ctx context.Context) <-chan struct{} {
	if conn := connOf(ctx); conn != nil {
		return conn.gone
	}
	return nil
}

// Disconnect closes the connection of a call, with all calls on it.
func Disconnect(ctx context.Context) {
	if conn := connOf(ctx); conn != nil {
		conn.Close()
	}
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.open.Add(-1)
		close(c.gone)
	}
	return c.Conn.Close()
}
