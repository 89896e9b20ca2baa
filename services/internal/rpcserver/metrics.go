package rpcserver

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"google.golang.org/grpc/codes"
)

// newRegistry returns a registry that knows the process already.
func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}

// callMetrics are the figures of calls by method. They bear the names that gRPC servers in Go use since
// go-grpc-prometheus, so that existing dashboards show them.
type callMetrics struct {
	handled *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newCallMetrics(registry prometheus.Registerer) *callMetrics {
	m := &callMetrics{
		handled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grpc_server_handled_total",
			Help: "Calls that have ended, by method and status code.",
		}, []string{"grpc_service", "grpc_method", "grpc_type", "grpc_code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "grpc_server_handling_seconds",
			Help: "Time from the arrival of a call to its answer, the time in the queue included.",
			// From 4 microseconds to 16 seconds, in steps of four times.
			Buckets: prometheus.ExponentialBuckets(4e-6, 4, 12),
		}, []string{"grpc_service", "grpc_method", "grpc_type"}),
	}
	registry.MustRegister(m.handled, m.seconds)
	return m
}

// methodMetrics are the figures of one method, looked up in advance.
type methodMetrics struct {
	path    string // as on the wire, /SERVICE/METHOD
	codes   [codes.Unauthenticated + 1]prometheus.Counter
	seconds prometheus.Observer
}

func (m *callMetrics) method(service, method, kind string) *methodMetrics {
	figures := &methodMetrics{
		path:    "/" + service + "/" + method,
		seconds: m.seconds.WithLabelValues(service, method, kind),
	}
	for code := range figures.codes {
		figures.codes[code] = m.handled.WithLabelValues(service, method, kind, codes.Code(code).String())
	}
	return figures
}

func (m *methodMetrics) observe(code codes.Code, took time.Duration) {
	if int(code) >= len(m.codes) { // a handler may return any number
		code = codes.Unknown
	}
	m.codes[code].Inc()
	m.seconds.Observe(took.Seconds())
}

// register adds the figures of the queue: what to look at when a server seems slow.
func (a *admission) register(registry prometheus.Registerer) {
	registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rpcserver_queue_length",
			Help: "Calls that wait for a worker.",
		}, func() float64 { return float64(a.waiting.Load()) }),
		a.waited, a.refused,
	)
}
