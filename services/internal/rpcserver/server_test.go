package rpcserver

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"numstore.example/services/internal/logtest"
	"numstore.example/services/internal/pings"
)

// testService has one unary call, which does what the test wants and returns its request, and a stream that returns
// each message.
func testService(handle func(context.Context) error) *grpc.ServiceDesc {
	return &grpc.ServiceDesc{
		ServiceName: "test.Service",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Call",
			Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				request := new(wrapperspb.BytesValue)
				if err := decode(request); err != nil {
					return nil, err
				}
				return request, handle(ctx)
			},
		}},
		Streams: []grpc.StreamDesc{{
			StreamName: "Talk", ClientStreams: true, ServerStreams: true,
			Handler: func(_ any, stream grpc.ServerStream) error {
				for {
					request := new(wrapperspb.BytesValue)
					if err := stream.RecvMsg(request); err != nil {
						return err
					}
					if err := stream.SendMsg(request); err != nil {
						return err
					}
				}
			},
		}},
	}
}

// fixture is a Server that runs in a bubble, over connections in memory.
type fixture struct {
	t        *testing.T
	server   *Server
	listener *bufconn.Listener
	conn     *grpc.ClientConn
	stop     context.CancelFunc
	stopped  chan error // receives what Serve returned
	log      *logtest.Buffer
	pings    pings.Counter // what the server sends
}

// start starts one. More registers further services.
func start(t *testing.T, config Config, handle func(context.Context) error, more ...func(*Server)) *fixture {
	t.Helper()
	f := &fixture{t: t, listener: bufconn.Listen(1 << 20), stopped: make(chan error, 1), log: new(logtest.Buffer)}
	server, err := New(config, slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: config.LogLevel})))
	if err != nil {
		t.Fatal(err)
	}
	server.RegisterService(testService(handle), nil)
	for _, register := range more {
		register(server)
	}
	f.server = server
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	server.Ready()
	go func() { f.stopped <- server.Serve(ctx, countingListener{f.listener, &f.pings}) }()

	f.conn, err = grpc.NewClient("passthrough:bufconn",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(f.dialer))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) dialer(context.Context, string) (net.Conn, error) { return f.listener.Dial() }

// end stops the server and waits for it. Every test ends with it: a bubble waits for its goroutines.
func (f *fixture) end() {
	f.stop()
	if err := <-f.stopped; err != nil {
		f.t.Errorf("Serve: %v", err)
	}
	f.conn.Close()
	time.Sleep(time.Minute) // what was not waited for ends too
}

func (f *fixture) call() error { return f.send(0) }

// send calls with a message of about size bytes.
func (f *fixture) send(size int) error {
	return f.conn.Invoke(f.t.Context(), "/test.Service/Call", wrapperspb.Bytes(make([]byte, size)), new(wrapperspb.BytesValue))
}

func (f *fixture) health(service string) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
	reply, err := grpc_health_v1.NewHealthClient(f.conn).Check(f.t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
	return reply.GetStatus(), err
}

var testConfig = Config{
	Workers: 2, Queue: 2, MaxMessage: 1000, MaxStreams: 100, MaxConnections: 3,
	MaxIdle: time.Hour, Keepalive: time.Hour, StopTimeout: 10 * time.Second,
}

func answer(context.Context) error { return nil }

func TestServer_healthAndReflection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		for _, service := range []string{"", "test.Service"} {
			if got, err := f.health(service); got != grpc_health_v1.HealthCheckResponse_SERVING {
				t.Errorf("health of %q is %s, %v", service, got, err)
			}
		}
		if _, err := f.health("test.Unknown"); status.Code(err) != codes.NotFound {
			t.Errorf("health of an unknown service: %v; want NOT_FOUND", err)
		}
		if names := f.listServices(); !strings.Contains(names, "test.Service") {
			t.Errorf("reflection lists %q; want test.Service among them", names)
		}
	})
}

func (f *fixture) listServices() string {
	ctx, cancel := context.WithCancel(f.t.Context())
	defer cancel()
	stream, err := grpc_reflection_v1.NewServerReflectionClient(f.conn).ServerReflectionInfo(ctx)
	if err != nil {
		f.t.Fatal(err)
	}
	stream.Send(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{},
	})
	reply, err := stream.Recv()
	if err != nil {
		f.t.Fatal(err)
	}
	return reply.GetListServicesResponse().String()
}

func TestServer_panicFailsOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sick := true
		f := start(t, testConfig, func(context.Context) error {
			if sick {
				panic("a defect")
			}
			return nil
		})
		defer f.end()
		for range testConfig.Workers + 1 { // each panic must give its worker back
			if err := f.call(); status.Code(err) != codes.Internal || strings.Contains(err.Error(), "a defect") {
				t.Errorf("the panic was answered with %v; want INTERNAL, and nothing of the inside", err)
			}
		}
		sick = false
		if err := f.call(); err != nil {
			t.Errorf("after a panic: %v", err)
		}
		for _, want := range []string{"a defect", "/test.Service/Call", "TestServer_panicFailsOneCall", "code=Internal"} {
			if !strings.Contains(f.log.String(), want) {
				t.Errorf("the log does not say %q:\n%.2000s", want, f.log)
			}
		}
	})
}

func TestServer_logsFailedCalls(t *testing.T) {
	for _, test := range []struct {
		level slog.Level
		err   error
		want  string
	}{
		{slog.LevelInfo, nil, ""},
		{slog.LevelInfo, status.Error(codes.OutOfRange, "too much"), `level=INFO msg=call method=/test.Service/Call code=OutOfRange took=0s peer=bufconn error="too much"`},
		{slog.LevelInfo, status.Error(codes.Internal, "broken"), "level=ERROR msg=call"},
		{slog.LevelDebug, nil, "level=DEBUG msg=call method=/test.Service/Call code=OK"},
	} {
		synctest.Test(t, func(t *testing.T) {
			config := testConfig
			config.LogLevel = test.level
			f := start(t, config, func(context.Context) error { return test.err })
			defer f.end()
			f.call()
			log := f.log.String()
			if strings.Contains(log, "msg=call") != (test.want != "") || !strings.Contains(log, test.want) {
				t.Errorf("at level %s, a call that returned %v logged %q; want %q", test.level, test.err, log, test.want)
			}
		})
	}
}

func TestServer_refusesLargeMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		if err := f.send(testConfig.MaxMessage - 10); err != nil {
			t.Errorf("a message within the limit: %v", err)
		}
		if err := f.send(testConfig.MaxMessage + 1); status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "1000") {
			t.Errorf("a message above the limit: %v; want RESOURCE_EXHAUSTED with the limit", err)
		}
		if err := f.call(); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestServer_gracefulStop stops a server that has a call in flight and a watcher of its health. The
// call is answered, the watcher is told and let go, and neither makes the stop last its full time.
func TestServer_gracefulStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, func(context.Context) error {
			time.Sleep(3 * time.Second)
			return nil
		})
		watch, err := grpc_health_v1.NewHealthClient(f.conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if reply, err := watch.Recv(); reply.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Fatalf("the watcher first saw %v, %v", reply, err)
		}
		inFlight := make(chan error, 1)
		go func() { inFlight <- f.call() }()
		synctest.Wait()

		start := time.Now()
		f.stop()
		if reply, err := watch.Recv(); reply.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("the watcher was told %v, %v; want NOT_SERVING", reply, err)
		}
		if err := <-inFlight; err != nil {
			t.Errorf("the call in flight failed: %v", err)
		}
		if err := <-f.stopped; err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("Serve returned %v after %v; want no error as soon as the call was done, after 3s", err, time.Since(start))
		}
		f.stopped <- nil
		f.end()
	})
}

// TestServer_boundedStop has a call that would not end, and a connection that says nothing.
func TestServer_boundedStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		silent, err := f.listener.Dial()
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		go f.call()
		synctest.Wait()

		start := time.Now()
		f.end()
		if took := time.Since(start) - time.Minute; took != testConfig.StopTimeout {
			t.Errorf("the stop took %v; want its limit, %v", took, testConfig.StopTimeout)
		}
	})
}

// TestServer_cutsOffTheSilent shows that a connection that says nothing is closed, and that others are
// served meanwhile.
func TestServer_cutsOffTheSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		silent, err := f.listener.Dial()
		if err != nil {
			t.Fatal(err)
		}
		if err := f.call(); err != nil {
			t.Errorf("beside a silent connection: %v", err)
		}
		start := time.Now()
		for buffer := make([]byte, 100); err == nil; { // the server's greeting, then the end
			_, err = silent.Read(buffer)
		}
		if took := time.Since(start); took != handshakeTimeout {
			t.Errorf("the silent connection ended after %v; want %v", took, handshakeTimeout)
		}
	})
}

// TestServer_figures: a server that has begun to serve has all its figures, or a scraper that comes at once would miss some.
func TestServer_figures(t *testing.T) {
	for range 100 {
		f := start(t, testConfig, answer)
		<-f.server.begun
		if n, err := testutil.GatherAndCount(f.server.registry, "rpcserver_connections_refused_total"); n != 1 || err != nil {
			t.Fatalf("%d figures of connections that were refused, %v", n, err)
		}
		f.stop()
		if err := <-f.stopped; err != nil {
			t.Error(err)
		}
		f.conn.Close()
	}
}
