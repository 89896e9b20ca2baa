package rpcserver

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/channelz/grpc_channelz_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// TestServer_connectionLimit opens as many connections as the server takes. The next is closed at once,
// and when one of them goes there is room again.
func TestServer_connectionLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		if err := f.call(); err != nil { // opens the first
			t.Fatal(err)
		}
		var open []net.Conn
		for range testConfig.MaxConnections - 1 {
			open = append(open, f.dial())
		}
		extra := f.dial()
		if _, err := extra.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("one connection too many got %v; want the end of it", err)
		}
		open[0].Close()
		synctest.Wait()
		if greeting, err := f.dial().Read(make([]byte, 1)); err != nil || greeting == 0 {
			t.Errorf("after one has gone: %v; want the server's greeting", err)
		}
		if err := f.call(); err != nil {
			t.Errorf("the first connection: %v", err)
		}
	})
}

func (f *fixture) dial() net.Conn {
	f.t.Helper()
	conn, err := f.listener.Dial()
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.Close() })
	return conn
}

// TestServer_idleConnections: a connection without calls is closed after MaxIdle, and the next call
// opens another one without an error.
func TestServer_idleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		if err := f.call(); err != nil {
			t.Fatal(err)
		}
		if got := f.metric("rpcserver_connections"); got != "1" {
			t.Errorf("%s connections; want 1", got)
		}
		time.Sleep(testConfig.MaxIdle + time.Hour)
		if got := f.metric("rpcserver_connections"); got != "0" {
			t.Errorf("%s connections after an idle time; want 0", got)
		}
		if err := f.call(); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}

// metric returns the value of a metric, named with its labels, as operators see it.
func (f *fixture) metric(name string) string {
	_, body := f.get("/metrics")
	for line := range strings.Lines(body) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return "no"
}

func (f *fixture) get(path string) (status int, body string) {
	response := httptest.NewRecorder()
	f.server.HTTPHandler().ServeHTTP(response, httptest.NewRequest(http.MethodGet, path, nil))
	return response.Code, response.Body.String()
}

// TestServer_noProfiles: what shows the command line has to be asked for.
func TestServer_noProfiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/profile"} {
			if status, body := f.get(path); status != http.StatusNotFound {
				t.Errorf("%s: status %d; want 404:\n%.500s", path, status, body)
			}
		}
	})
}

// TestServer_pages: a service adds a page, also while operators are served already, and nothing else changes.
func TestServer_pages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		if status, _ := f.get("/"); status != http.StatusNotFound {
			t.Errorf("the page of a service without one: status %d; want 404", status)
		}
		f.server.HandleHTTP("GET /{$}", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "the page") }))
		for path, want := range map[string]string{"/": "the page", "/metrics": "rpcserver_queue_length 0"} {
			if status, body := f.get(path); status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: status %d, %q; want 200, %q", path, status, body, want)
			}
		}
		if status, _ := f.get("/other"); status != http.StatusNotFound {
			t.Errorf("another path: status %d; want 404", status)
		}
	})
}

func TestServer_operators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := testConfig
		config.Pprof = true
		f := start(t, config, answer)
		if err := f.call(); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{
			"/healthz":              "SERVING",
			"/metrics":              `grpc_server_handled_total{grpc_code="OK",grpc_method="Call",grpc_service="test.Service",grpc_type="unary"} 1`,
			"/debug/pprof/":         "goroutine",
			"/debug/pprof/heap":     "",
			"/debug/pprof/cmdline":  "rpcserver.test",
			"/metrics?name=ignored": "rpcserver_queue_length 0",
		} {
			if status, body := f.get(path); status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: status %d; want 200 and %q in it:\n%.500s", path, status, want, body)
			}
		}
		f.end()
		if status, body := f.get("/healthz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "NOT_SERVING") {
			t.Errorf("after the stop /healthz is %d %q; want 503 NOT_SERVING", status, body)
		}
	})
}

// TestServer_channelz: the server's own list of its connections has ours.
func TestServer_channelz(t *testing.T) {
	f := start(t, testConfig, answer)
	defer f.stop()
	if err := f.call(); err != nil {
		t.Fatal(err)
	}
	reply, err := grpc_channelz_v1.NewChannelzClient(f.conn).GetServers(t.Context(), &grpc_channelz_v1.GetServersRequest{})
	if err != nil || len(reply.GetServer()) == 0 {
		t.Errorf("channelz knows %v, %v; want a server", reply, err)
	}
}

// TestServer_manyWatchers: health's streams do not take workers.
func TestServer_manyWatchers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range 10 * (testConfig.Workers + testConfig.Queue) {
			watch, err := grpc_health_v1.NewHealthClient(f.conn).Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := watch.Recv(); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.call(); err != nil {
			t.Errorf("beside many watchers: %v", err)
		}
	})
}

// TestServer_refusesLargeHeaders: metadata is kept as long as a call waits, and so it is bounded.
func TestServer_refusesLargeHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		if err := f.call(); err != nil { // the client has seen the limit
			t.Fatal(err)
		}
		call := func(size int) error {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x", strings.Repeat("x", size))
			return f.conn.Invoke(ctx, "/test.Service/Call", new(wrapperspb.BytesValue), new(wrapperspb.BytesValue))
		}
		if err := call(maxHeaders / 2); err != nil {
			t.Errorf("metadata within the limit: %v", err)
		}
		if err := call(maxHeaders); err == nil {
			t.Error("metadata above the limit was taken")
		}
	})
}

// TestServer_disconnect: a handler can end its connection, and sees the end of it.
func TestServer_disconnect(t *testing.T) {
	gone := make(chan (<-chan struct{}), 1)
	f := start(t, testConfig, func(ctx context.Context) error {
		gone <- Disconnected(ctx)
		Disconnect(ctx)
		return nil
	})
	defer f.stop()
	if err := f.call(); status.Code(err) != codes.Unavailable {
		t.Errorf("the call got %v; want UNAVAILABLE", err)
	}
	<-<-gone
}
