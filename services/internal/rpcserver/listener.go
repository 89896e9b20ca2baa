package rpcserver

import (
	"net"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
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
			return &countedConn{Conn: conn, open: l.open}, nil
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
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}
