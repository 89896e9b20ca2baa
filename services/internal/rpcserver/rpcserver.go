// Package rpcserver is what every server process of this house shares: its flags, its listener and TLS,
// the limits on what clients may ask of it, health, reflection and channelz, recovery from panics, logs
// and metrics, and the way it stops. A service brings its contract's adapter and its own flags, and
// calls Main with a Program: what it is called, its flags (with AdminFlags in them, if it has administrative calls), and
// Open, which opens what it needs, registers its adapter on the Server, and its figures on Server.Metrics, and returns how
// it becomes ready and how it is closed.
//
// What it promises of every service:
//
//   - It opens, then takes calls, then is ready (see Service): a service may need calls before it can do its work.
//   - It prints one line on standard output once it is ready, with the address that it really
//     listens on. Logs go to standard error. When nobody reads them any more, they are dropped.
//   - At most Config.Workers calls with one request and one reply are handled at the same time; at most
//     Config.Queue wait, each no longer than its deadline. Streams, health, reflection and channelz do not queue.
//   - Who may not make calls (Config.Clients) can ask for the server's health, and nothing else.
//   - A call that nobody waits for any more takes no worker. A client that opens calls only to reset them is
//     disconnected.
//   - A request is taken packed with gzip as well. What it holds is at most Config.MaxMessage, and what it takes to
//     decode requests is bounded, for one and for all that are decoded at a time. One that cannot be decoded is
//     INVALID_ARGUMENT.
//   - Connections leave the service the descriptors that it needs for its files.
//   - A panic in a handler fails that call with INTERNAL and is logged; the process lives on.
//   - On SIGTERM or SIGINT health turns NOT_SERVING, no new call is taken, the calls in flight finish
//     within Config.StopTimeout, and the process ends with status 0.
//   - A mistake in a flag, or an address that is taken, is one line on standard error and status 2.
package rpcserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	channelz "google.golang.org/grpc/channelz/service"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
)

// Config is what an operator can set of any service. Main fills it from flags and from environment
// variables of the same name; the defaults of the first three are the service's.
type Config struct {
	Addr    string `group:"Serving" default:"${addr}" placeholder:"ADDRESS" help:"Where to listen: HOST:PORT (without a host all interfaces, with port 0 a free port), or unix:PATH for a file, which the server's user and the file's group may connect to (default ${default})."`
	Workers int    `group:"Limits" default:"${workers}" placeholder:"N" help:"Calls handled at the same time, at least 1 (default ${default})."`
	Queue   int    `group:"Limits" default:"${queue}" placeholder:"N" help:"Calls that may wait for a worker; one more is refused with RESOURCE_EXHAUSTED (default ${default})."`

	MaxMessage     int           `group:"Limits" default:"${max_message}" placeholder:"BYTES" help:"Largest request taken, in bytes (default ${default})."`
	MaxStreams     uint32        `group:"Limits" default:"1000" placeholder:"N" help:"Calls in flight on one connection; a client's library holds back further ones (default ${default})."`
	MaxConnections int           `group:"Limits" default:"10000" placeholder:"N" help:"Open connections; a further one is closed at once. Fewer where the process may not have so many files open: the log says so (default ${default})."`
	MaxIdle        time.Duration `group:"Limits" default:"15m" placeholder:"TIME" help:"A connection without calls is closed after this; clients open another when they need it; 0 for never (default ${default})."`
	Keepalive      time.Duration `group:"Limits" default:"1m" placeholder:"TIME" help:"A connection on which nothing arrives is pinged after this, and closed when no answer comes within 20s (default ${default})."`
	StopTimeout    time.Duration `group:"Serving" default:"5s" placeholder:"TIME" help:"How long calls in flight may go on once the server was told to stop (default ${default})."`

	TLS
	Clients

	HTTPAddr  string     `group:"Observing" name:"http-addr" placeholder:"ADDRESS" help:"Address for operators, as for --addr: ${pages}/metrics, /healthz. Not for the public (default: none)."`
	Pprof     bool       `group:"Observing" help:"Serve /debug/pprof at --http-addr too. It shows the memory and the command line of the server, secrets among them."`
	LogLevel  slog.Level `group:"Observing" default:"info" placeholder:"LEVEL" help:"debug (every call), info (failed calls), warn or error (default ${default})."`
	LogFormat string     `group:"Observing" default:"text" enum:"text,json" placeholder:"FORMAT" help:"text or json (default ${default})."`
}

// Validate says what is wrong with the first setting that cannot be used.
func (c *Config) Validate() error {
	for _, limit := range []struct {
		flag       string
		value, min int64
	}{
		{"workers", int64(c.Workers), 1},
		{"queue", int64(c.Queue), 0},
		{"max-message", int64(c.MaxMessage), 1},
		{"max-streams", int64(c.MaxStreams), 1},
		{"max-connections", int64(c.MaxConnections), 1},
	} {
		if limit.value < limit.min {
			return fmt.Errorf("--%s is %d; it must be at least %d", limit.flag, limit.value, limit.min)
		}
	}
	for _, limit := range []struct {
		flag       string
		value, min time.Duration
	}{
		{"max-idle", c.MaxIdle, 0},
		{"keepalive", c.Keepalive, time.Second},
		{"stop-timeout", c.StopTimeout, 0},
	} {
		if limit.value < limit.min {
			return fmt.Errorf("--%s is %v; it must be at least %v", limit.flag, limit.value, limit.min)
		}
	}
	if c.Pprof && c.HTTPAddr == "" {
		return errors.New("--pprof needs --http-addr, where it is served")
	}
	if err := c.TLS.validate(); err != nil {
		return err
	}
	return c.validateClients()
}

const (
	// handshakeTimeout bounds how long a connection may take to become a gRPC connection. Whoever
	// connects and says nothing is cut off, and cannot hold up a graceful stop for longer.
	handshakeTimeout = 3 * time.Second
	// maxHeaders bounds the metadata of a call, in bytes, which are kept as long as it waits. Without it
	// they may be 16 MiB.
	maxHeaders = 16 << 10
	// streamWorkers is how many goroutines wait for calls. A call that finds all of them busy gets a
	// goroutine of its own, as every call does without them; those begin with a small stack, and growing
	// it was 20 % of the processor time of a small call. 64 was the best of 2, 8, 16, 32, 64 and 128: a
	// call costs 20 % less than without, at 64 callers on two cores.
	streamWorkers = 64
	// streamWindow and connWindow are how many bytes a client may send ahead: on a stream, until a call reads them (one that
	// reads a longer message lets that through), and on a connection, until they have come. Without them gRPC would find out by
	// measuring, with a ping for each message that comes alone, which was a third of the processor time of such a call.
	streamWindow, connWindow = 256 << 10, 1 << 20
	// pingTimeout is how long the answer to a ping may take.
	pingTimeout = 20 * time.Second
	// minPingInterval is how often a client may ping; one that pings more often is cut off.
	minPingInterval = 10 * time.Second
)

// Server is a gRPC server with the promises of this package. Register services on it, then Serve once.
type Server struct {
	config   Config
	log      *slog.Logger
	registry *prometheus.Registry
	files    int
	addr     net.Addr
	guard    *guard
	gate     *gate
	identity *identity // nil without TLS
	health   *healthServer
	grpc     *grpc.Server
	pages    *http.ServeMux

	stopOnce sync.Once
	told     chan struct{} // closed by Stop
	begun    chan struct{} // closed by Serve, when health knows the services
}

// New returns a Server that does not listen yet. It fails when the TLS files cannot be used.
func New(config Config, log *slog.Logger) (*Server, error) {
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec(config.MaxMessage)),
		//lint:ignore SA1019 What replaces it is one for the whole process, and does not know its server's limit.
		grpc.RPCDecompressor(marker{}),
		grpc.MaxRecvMsgSize(config.MaxMessage),
		grpc.MaxConcurrentStreams(config.MaxStreams),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.StaticStreamWindowSize(streamWindow),
		grpc.StaticConnWindowSize(connWindow),
		grpc.WaitForHandlers(true), // what a service has opened is closed after its last call
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle: config.MaxIdle,
			Time:              config.Keepalive,
			Timeout:           pingTimeout,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime:             minPingInterval,
			PermitWithoutStream: true,
		}),
	}
	registry := newRegistry()
	var identity *identity
	if config.TLS.enabled() {
		var err error
		if identity, err = newIdentity(config.TLS, log); err != nil {
			return nil, err
		}
		registry.MustRegister(identity)
		options = append(options, grpc.Creds(credentials.NewTLS(identity.server())))
	}
	gate, err := newGate(config.Clients)
	if err != nil {
		return nil, err
	}
	calls := newAdmission(config.Workers, config.Queue)
	calls.register(registry)
	health := newHealthServer()
	return &Server{
		config:   config,
		log:      log,
		registry: registry,
		guard: &guard{
			calls: calls, resets: newResets(config.MaxStreams, registry, log), metrics: newCallMetrics(registry), log: log,
		},
		gate:     gate,
		identity: identity,
		health:   health,
		grpc:     grpc.NewServer(options...),
		pages:    newHTTPHandler(registry, health.serving, config.Pprof),
		told:     make(chan struct{}),
		begun:    make(chan struct{}),
	}, nil
}

// RegisterService adds a service. Generated Register functions call it.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	gated{guarded{s.grpc, s.guard}, s.gate}.RegisterService(desc, implementation)
}

// AllowTokens lets who sends one of these tokens make every call, where Config.Clients limits who may: a service
// with tokens of its own says so of them before it is registered.
func (s *Server) AllowTokens(tokens []string) {
	if s.gate != nil {
		s.gate.allow(tokens)
	}
}

// Metrics is where a service registers figures of its own.
func (s *Server) Metrics() prometheus.Registerer { return s.registry }

// Config returns what the server was made with.
func (s *Server) Config() Config { return s.config }

// Files returns how many files the service may have open at a time: Program.Files.Most, or less where the process may
// not have so many.
func (s *Server) Files() int { return s.files }

// Addr returns where the server listens, or will: Config.Addr with the port that was free. It is nil for a Server that was not made by
// Main.
func (s *Server) Addr() net.Addr { return s.addr }

// Logger is where a service logs.
func (s *Server) Logger() *slog.Logger { return s.log }

// Fail makes health NOT_SERVING for good, because the service cannot do its work any more. Calls are still
// passed on, so that the service can say why it refuses them.
func (s *Server) Fail(reason error) {
	if s.health.fail() {
		s.log.Error("not serving any more", "error", reason)
	}
}

// Ready makes health SERVING, unless the server has failed, or is paused. It may be called before Serve.
func (s *Server) Ready() { s.health.beReady() }

// Pause makes health NOT_SERVING until it is called with false, because the service cannot do its work for a while.
// Calls are passed on meanwhile.
func (s *Server) Pause(paused bool) { s.health.pause(paused) }

// Stop makes Serve stop as if its context had ended. It does not wait.
func (s *Server) Stop() { s.stopOnce.Do(func() { close(s.told) }) }

// Stopping is closed when the server begins to stop. Handlers of streams that clients keep open should then
// come to an end.
func (s *Server) Stopping() <-chan struct{} { return s.health.stopping.Done() }

// HTTPHandler serves /metrics, /healthz and, if it is asked for, /debug/pprof of this server, and what HandleHTTP adds.
func (s *Server) HTTPHandler() http.Handler { return s.pages }

// HandleHTTP serves something more for operators at Config.HTTPAddr, where requests match a pattern of http.ServeMux; see
// Program.Pages. It may be called at any time, for each pattern once. Requests may come while the service is being opened,
// and after it was closed.
func (s *Server) HandleHTTP(pattern string, handler http.Handler) { s.pages.Handle(pattern, handler) }

// Serve takes calls from the listener until ctx is done, then stops as the package promises. It closes
// the listener. Health is NOT_SERVING until Ready is called.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	services := slices.Collect(maps.Keys(s.grpc.GetServiceInfo()))
	// These take no worker: they are answered however busy the server is. A probe that has to wait
	// would have the server killed when it is needed most.
	unqueued := *s.guard
	unqueued.calls = nil
	registrar := guarded{s.grpc, &unqueued}
	grpc_health_v1.RegisterHealthServer(registrar, s.health)
	// Probes have no token; what tells of the services and their connections is not for strangers.
	reflection.Register(gated{registrar, s.gate})
	channelz.RegisterChannelzServiceToServer(gated{registrar, s.gate})

	bounded := newBoundedListener(listener, s.config.MaxConnections)
	bounded.register(s.registry)
	s.health.begin(services)
	close(s.begun) // who is ready has all figures
	failed := make(chan error, 1)
	go func() { failed <- s.grpc.Serve(bounded) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", addressOf(listener.Addr()), err)
	case <-ctx.Done():
	case <-s.told:
	}
	return s.stop()
}

// stop ends all calls: those in flight get StopTimeout to finish, then their contexts end. It fails when some
// do not end even so.
func (s *Server) stop() error {
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
		return nil
	case <-time.After(s.config.StopTimeout):
		s.log.Warn("stopped with calls in flight", "timeout", s.config.StopTimeout)
	}
	// GracefulStop returns when Stop has ended the calls, and every connection its handshake.
	go s.grpc.Stop()
	select {
	case <-stopped:
		return nil
	case <-time.After(handshakeTimeout + time.Second):
		return errors.New("calls in flight do not end")
	}
}
