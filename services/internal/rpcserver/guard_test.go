package rpcserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"numstore.example/services/internal/logtest"
)

func newTestGuard(registry prometheus.Registerer) *guard {
	return &guard{
		calls:   newAdmission(1, 1),
		resets:  newResets(1, registry, slog.New(slog.DiscardHandler)),
		metrics: newCallMetrics(registry),
		log:     slog.New(slog.DiscardHandler),
	}
}

// TestGuard_allocatesNothing: what stands between gRPC and a service costs no allocation.
func TestGuard_allocatesNothing(t *testing.T) {
	method := newTestGuard(prometheus.NewRegistry()).unary("test.Service", grpc.MethodDesc{
		MethodName: "Call",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			return nil, decode(nil)
		},
	})
	decode := func(any) error { return nil }
	if n := testing.AllocsPerRun(1000, func() { method.Handler(nil, t.Context(), decode, nil) }); n != 0 {
		t.Errorf("a call allocates %v times; want none", n)
	}
}

// TestGuard_counts counts calls by how they ended, and gives no more names than there are codes.
func TestGuard_counts(t *testing.T) {
	registry := prometheus.NewRegistry()
	var answer error
	method := newTestGuard(registry).unary("test.Service", grpc.MethodDesc{
		MethodName: "Call",
		Handler: func(any, context.Context, func(any) error, grpc.UnaryServerInterceptor) (any, error) {
			return nil, answer
		},
	})
	for _, answer = range []error{nil, nil, status.Error(codes.OutOfRange, ""), status.Error(99, "")} {
		method.Handler(nil, t.Context(), nil, nil)
	}
	for code, want := range map[string]float64{"OK": 2, "OutOfRange": 1, "Unknown": 1, "Internal": 0} {
		if got := counterOf(t, registry, code); got != want {
			t.Errorf("%v calls ended with %s; want %v", got, code, want)
		}
	}
	if n, err := testutil.GatherAndCount(registry, "grpc_server_handling_seconds"); err != nil || n != 1 {
		t.Errorf("%d histograms of times, %v; want 1", n, err)
	}
}

// TestGuard_contexts: a handler may return the error of its context as it is. The caller has gone, or is out of time; the
// server has not failed.
func TestGuard_contexts(t *testing.T) {
	registry := prometheus.NewRegistry()
	var log bytes.Buffer
	guard := newTestGuard(registry)
	guard.log = slog.New(slog.NewTextHandler(&log, nil))
	var answer error
	call := guard.unary("test.Service", grpc.MethodDesc{
		MethodName: "Call",
		Handler: func(any, context.Context, func(any) error, grpc.UnaryServerInterceptor) (any, error) {
			return nil, answer
		},
	})
	stream := guard.stream("test.Service", grpc.StreamDesc{StreamName: "Call", Handler: func(any, grpc.ServerStream) error { return answer }})
	for _, answer = range []error{context.Canceled, fmt.Errorf("the read: %w", context.Canceled), context.DeadlineExceeded} {
		call.Handler(nil, t.Context(), nil, nil)
		stream.Handler(nil, contextStream{ctx: t.Context()})
	}
	if n := counterOf(t, registry, "Unknown"); n != 0 || strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("%v calls ended with Unknown; want none, and no error in the log:\n%s", n, &log)
	}
	answer = errors.New("a defect")
	if call.Handler(nil, t.Context(), nil, nil); !strings.Contains(log.String(), "level=ERROR msg=call method=/test.Service/Call code=Unknown") {
		t.Errorf("the log says of an error without a status:\n%s", &log)
	}
}

// counterOf returns the count of calls that ended with a code.
func counterOf(t *testing.T, registry *prometheus.Registry, code string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "grpc_code" && label.GetValue() == code {
					return metric.GetCounter().GetValue()
				}
			}
		}
	}
	t.Fatalf("no counter for %s", code)
	return 0
}

func TestGuard_streams(t *testing.T) {
	guard := newTestGuard(prometheus.NewRegistry())
	stream := guard.stream("test.Service", grpc.StreamDesc{
		StreamName: "Talk",
		Handler:    func(any, grpc.ServerStream) error { panic("a defect") },
	})
	err := stream.Handler(nil, contextStream{ctx: t.Context()})
	if status.Code(err) != codes.Internal || strings.Contains(err.Error(), "a defect") {
		t.Errorf("a panic in a stream ended it with %v; want INTERNAL, and nothing of the inside", err)
	}
}

type contextStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s contextStream) Context() context.Context { return s.ctx }

// TestServer_overload fills workers and queue. The next call is refused, health is answered, and
// nothing is left of it afterwards.
func TestServer_overload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, func(context.Context) error {
			time.Sleep(time.Minute)
			return nil
		})
		defer f.end()
		taken := make(chan error)
		for range testConfig.Workers + testConfig.Queue {
			go func() { taken <- f.call() }()
		}
		synctest.Wait()

		if err := f.call(); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("one call too many got %v; want RESOURCE_EXHAUSTED", err)
		}
		if got, err := f.health(""); got != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("a busy server's health is %s, %v", got, err)
		}
		for range testConfig.Workers + testConfig.Queue {
			if err := <-taken; err != nil {
				t.Errorf("a call that was taken got %v", err)
			}
		}
		if err := f.call(); err != nil {
			t.Errorf("after the load: %v", err)
		}
	})
}

// TestServer_halfRequests: calls whose request does not come, or comes by the byte, keep no worker and no
// place in the queue from others.
func TestServer_halfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		for range 2 * (testConfig.Workers + testConfig.Queue) {
			if _, err := f.conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, "/test.Service/Call"); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if err := f.call(); err != nil {
			t.Errorf("beside calls without a request: %v", err)
		}
	})
}

// TestServer_brokenRequests: what gRPC itself cannot read is the caller's mistake, in a call as in a stream, and no
// error in the server's log.
func TestServer_brokenRequests(t *testing.T) {
	log := new(logtest.Buffer)
	t.Run("server", func(t *testing.T) { sendBroken(t, log) }) // its end is that of the server, with all in the log
	if said := log.String(); strings.Contains(said, "level=ERROR") || strings.Count(said, "level=INFO msg=call") != 10 {
		t.Errorf("want ten failed calls in the log, and no error:\n%s", said)
	}
}

func sendBroken(t *testing.T, log *logtest.Buffer) {
	addr := serveConfig(t, testConfig, slog.New(slog.NewTextHandler(log, nil)))
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	client := http.Client{Transport: &http.Transport{Protocols: &protocols}}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/test.Service/Call", "/test.Service/Talk"} {
		for name, body := range map[string]string{
			"half of a head":                 "\x00\x00",
			"half of a message":              "\x00\x00\x00\x00\x09\x0a",
			"packed, but nothing says how":   "\x01\x00\x00\x00\x01\x0a",
			"a form that gRPC does not have": "\x07\x00\x00\x00\x01\x0a",
			"no protobuf":                    "\x00\x00\x00\x00\x01\x0a",
		} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("content-type", "application/grpc")
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
			got := response.Trailer.Get("grpc-status") + response.Header.Get("grpc-status")
			if got != strconv.Itoa(int(codes.InvalidArgument)) && got != strconv.Itoa(int(codes.Internal)) {
				t.Errorf("%s to %s: status %s; want INVALID_ARGUMENT, or INTERNAL where gRPC itself answers", name, path, got)
			}
		}
	}
}
