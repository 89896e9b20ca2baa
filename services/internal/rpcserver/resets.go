package rpcserver

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// resets closes the connections of clients that open calls only to reset them ("rapid reset"). Each such call costs the
// client two short frames, and the server a stream, a handler and what is in its way.
//
// A call counts when its client has reset it within earlyReset although its deadline, if it has one, was further away
// than that: calls whose deadlines pass are reset as well. Each call that is answered makes up for several that
// were reset, so that a client may cancel most of its calls, or all of those that it has in flight a few times in a row.
type resets struct {
	limit  int64
	closed prometheus.Counter
	log    *slog.Logger
}

const (
	// earlyReset is within which time a call is reset early.
	earlyReset = time.Second
	// resetsForgiven is how many resets an answered call makes up for.
	resetsForgiven = 10
	// leastResets and resetsOfStreams say how many resets a connection is closed at: the greater one of a number, and of
	// several times those that it can have in flight.
	leastResets     = 1000
	resetsOfStreams = 4
)

func newResets(maxStreams uint32, registry prometheus.Registerer, log *slog.Logger) *resets {
	r := &resets{
		limit: max(leastResets, resetsOfStreams*int64(maxStreams)),
		closed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rpcserver_connections_reset_flood_total",
			Help: "Connections that were closed because their clients opened calls only to reset them.",
		}),
		log: log,
	}
	registry.MustRegister(r.closed)
	return r
}

// ended looks at a call that has ended.
func (r *resets) ended(ctx context.Context, start time.Time) {
	conn := connOf(ctx)
	if conn == nil {
		return
	}
	switch ctx.Err() {
	case nil:
		if n := conn.resets.Load(); n > 0 {
			conn.resets.Add(-min(n, resetsForgiven))
		}
	case context.Canceled:
		deadline, limited := ctx.Deadline()
		if time.Since(start) > earlyReset || limited && time.Until(deadline) < earlyReset {
			return
		}
		if conn.resets.Add(1) == r.limit {
			r.closed.Inc()
			r.log.Warn("closed a connection whose client opens calls only to reset them", "peer", callerOf(ctx), "resets", r.limit)
			conn.Close()
		}
	}
}
