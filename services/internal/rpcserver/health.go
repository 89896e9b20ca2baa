package rpcserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/address"
	"numstore.example/contracts/reason"
)

// healthServer is the gRPC health service, except that its watchers do not outlive Shutdown: they are
// told NOT_SERVING and their streams end. One watcher would otherwise make every graceful stop last
// as long as it may.
type healthServer struct {
	*health.Server
	stopping context.Context
	stop     context.CancelFunc

	mu     sync.Mutex // of what follows, and of what the embedded server says
	began  bool       // it knows the services
	ready  bool
	failed bool
	paused bool
}

func newHealthServer() *healthServer {
	stopping, stop := context.WithCancel(context.Background())
	return &healthServer{Server: health.NewServer(), stopping: stopping, stop: stop}
}

// Shutdown makes every service NOT_SERVING, for good.
func (h *healthServer) Shutdown() { h.change(h.stop) }

// begin takes up the services. They are NOT_SERVING until all is well.
func (h *healthServer) begin(services []string) {
	h.change(func() {
		h.Server.Resume() // or it would not take them up
		for _, name := range services {
			h.Server.SetServingStatus(name, grpc_health_v1.HealthCheckResponse_SERVING)
		}
		h.began = true
	})
}

// beReady makes the services SERVING, unless they have failed, or are paused.
func (h *healthServer) beReady() { h.change(func() { h.ready = true }) }

// fail makes every service NOT_SERVING, for good, while the server goes on. It says whether it is the first
// time.
func (h *healthServer) fail() (first bool) {
	h.change(func() { first, h.failed = !h.failed, true })
	return first
}

// pause makes every service NOT_SERVING until it is called with false.
func (h *healthServer) pause(paused bool) { h.change(func() { h.paused = paused }) }

// change changes something, and has the embedded server say what follows from that.
func (h *healthServer) change(something func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	something()
	if h.well() {
		h.Server.Resume()
	} else {
		h.Server.Shutdown()
	}
}

// well says whether the server as a whole takes calls. The lock is held.
func (h *healthServer) well() bool {
	return h.began && h.ready && h.stopping.Err() == nil && !h.failed && !h.paused
}

// serving is well for who does not hold the lock.
func (h *healthServer) serving() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.well()
}

// Watch implements the health service.
func (h *healthServer) Watch(request *grpc_health_v1.HealthCheckRequest, stream grpc_health_v1.Health_WatchServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(h.stopping, cancel)()

	err := h.Server.Watch(request, watchStream{stream, ctx})
	if h.stopping.Err() == nil || stream.Context().Err() != nil {
		return err
	}
	// The embedded Watch may have left before it sent this. Twice does no harm.
	last := &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_NOT_SERVING}
	if err := stream.Send(last); err != nil {
		return err
	}
	return status.Error(codes.Unavailable, "the server is stopping")
}

// watchStream is a stream with another context.
type watchStream struct {
	grpc_health_v1.Health_WatchServer
	ctx context.Context
}

func (s watchStream) Context() context.Context { return s.ctx }

// healthcheckTimeout is how long a server may take to say that it is well.
const healthcheckTimeout = 3 * time.Second

// checkHealth asks the server that config describes, on this machine when its address names no host,
// whether it takes calls. It returns nil if so.
//
// Under mutual TLS it asks /healthz instead if the server has it: a server's certificate need not be good for a
// client.
func checkHealth(ctx context.Context, config Config) error {
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	if config.TLS.ClientCA != "" && config.HTTPAddr != "" {
		addr, err := onThisMachine(config.HTTPAddr)
		if err != nil {
			return fmt.Errorf("--http-addr: %w", err)
		}
		return askHTTP(ctx, addr)
	}
	addr, err := onThisMachine(config.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	transport, err := config.TLS.ownClient()
	if err != nil {
		return err
	}
	// A service config would be asked of DNS, which a container that is off its network does not reach.
	conn, err := grpc.NewClient(addr.Target(), grpc.WithTransportCredentials(transport), grpc.WithNoProxy(), grpc.WithDisableServiceConfig())
	if err != nil {
		return err
	}
	defer conn.Close()

	reply, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return errors.New(reason.Of(err))
	}
	if reply.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("the server is %s", reply.GetStatus())
	}
	return nil
}

// askHTTP asks the page at an address. No proxy of the environment is on the way to one's own machine.
func askHTTP(ctx context.Context, addr address.Address) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/healthz", nil)
	if err != nil {
		return err
	}
	var dialer net.Dialer
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, addr.Network, addr.Name)
		},
		DisableKeepAlives: true,
	}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not serving: /healthz has status %s", response.Status)
	}
	return nil
}
