// Package rpcserver is what every server process of this house shares: its flags, its listener, the
// limits on what clients may ask of it, health and reflection, recovery from panics, logs, and the way
// it stops. A service brings its contract's adapter and its own flags, and calls Main.
//
// What it promises of every service:
//
//   - It prints one line on standard output once it takes calls, with the address that it really
//     listens on. Logs go to standard error.
//   - At most Config.Workers calls are handled at the same time; at most Config.Queue wait, each no
//     longer than its deadline. Health and reflection do not queue.
//   - A panic in a handler fails that call with INTERNAL and is logged; the process lives on.
//   - On SIGTERM or SIGINT health turns NOT_SERVING, no new call is taken, the calls in flight finish
//     within Config.StopTimeout, and the process ends with status 0.
//   - A mistake in a flag, or an address that is taken, is one line on standard error and status 2.
package rpcserver

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
)

// Config is what an operator can set of any service. Main fills it from flags and from environment
// variables of the same name; the defaults of the first three are the service's.
type Config struct {
	Addr    string `default:"${addr}" placeholder:"HOST:PORT" help:"Address to listen on; without a host all interfaces, with port 0 a free port (default ${default})."`
	Workers int    `default:"${workers}" placeholder:"N" help:"Calls handled at the same time, at least 1 (default ${default})."`
	Queue   int    `default:"${queue}" placeholder:"N" help:"Calls that may wait for a worker; one more is refused with RESOURCE_EXHAUSTED (default ${default})."`

	MaxMessage  int           `default:"4194304" placeholder:"BYTES" help:"Largest request taken, in bytes (default ${default})."`
	MaxStreams  uint32        `default:"1000" placeholder:"N" help:"Calls in flight on one connection; a client's library holds back further ones (default ${default})."`
	StopTimeout time.Duration `default:"5s" placeholder:"TIME" help:"How long calls in flight may go on once the server was told to stop (default ${default})."`

	LogLevel  slog.Level `default:"info" placeholder:"LEVEL" help:"debug (every call), info (every failed call), warn or error (default ${default})."`
	LogFormat string     `default:"text" enum:"text,json" placeholder:"FORMAT" help:"text or json (default ${default})."`
}

// Validate says what is wrong with the first setting that cannot be used.
func (c *Config) Validate() error {
	switch {
	case c.Workers < 1:
		return fmt.Errorf("--workers is %d; it must be at least 1", c.Workers)
	case c.Queue < 0:
		return fmt.Errorf("--queue is %d; it must be at least 0", c.Queue)
	case c.MaxMessage < 1:
		return fmt.Errorf("--max-message is %d; it must be at least 1 byte", c.MaxMessage)
	case c.MaxStreams < 1:
		return fmt.Errorf("--max-streams is %d; it must be at least 1", c.MaxStreams)
	case c.StopTimeout < 0:
		return fmt.Errorf("--stop-timeout is %v; it must not be negative", c.StopTimeout)
	}
	return nil
}

// handshakeTimeout bounds how long a connection may take to become a gRPC connection. Whoever connects
// and says nothing is cut off, and cannot hold up a graceful stop for longer.
const handshakeTimeout = 3 * time.Second

// Server is a gRPC server with the promises of this package. Register services on it, then Serve once.
type Server struct {
	config Config
	log    *slog.Logger
	grpc   *grpc.Server
	health *healthServer
}

// New returns a Server that does not listen yet.
func New(config Config, log *slog.Logger) *Server {
	calls := newAdmission(config.Workers, config.Queue)
	return &Server{
		config: config,
		log:    log,
		health: newHealthServer(),
		grpc: grpc.NewServer(
			grpc.MaxRecvMsgSize(config.MaxMessage),
			grpc.MaxConcurrentStreams(config.MaxStreams),
			grpc.ConnectionTimeout(handshakeTimeout),
			// From the outside in: the log sees every answer, those that recovery made included; a
			// call that panics gives its worker back on the way out.
			grpc.ChainUnaryInterceptor(logCalls(log), recoverPanics(log), calls.intercept),
		),
	}
}

// RegisterService adds a service. Generated Register functions call it.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	s.grpc.RegisterService(desc, implementation)
}

// Serve takes calls from the listener until ctx is done, then stops as the package promises. It closes
// the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	for name := range s.grpc.GetServiceInfo() {
		s.health.SetServingStatus(name, grpc_health_v1.HealthCheckResponse_SERVING)
	}
	grpc_health_v1.RegisterHealthServer(s.grpc, s.health)
	reflection.Register(s.grpc)

	failed := make(chan error, 1)
	go func() { failed <- s.grpc.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
		s.stop()
		return nil
	}
}

// stop ends all calls: those in flight get StopTimeout to finish, the others are refused.
func (s *Server) stop() {
	s.log.Info("stopping", "timeout", s.config.StopTimeout)
	s.health.Shutdown()

	stopped := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
		s.log.Info("stopped")
	case <-time.After(s.config.StopTimeout):
		s.log.Warn("stopped with calls in flight", "timeout", s.config.StopTimeout)
		// Not waited for: Stop returns only when every connection has finished its handshake.
		go s.grpc.Stop()
	}
}
