package rpcserver

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// phased is a program whose phases a test holds up.
type phased struct {
	Program
	addr    string        // where it serves
	opening chan *Server  // has the server when the service is being opened
	waiting chan struct{} // closed when the service is being waited for
	opened  chan error    // what ends the first phase
	ready   chan error    // what ends the second
	closed  chan struct{} // closed when the service was closed
}

func newPhased(t *testing.T) *phased {
	p := &phased{
		Program: testProgram(), addr: "unix:" + t.TempDir() + "/s",
		opening: make(chan *Server, 1), waiting: make(chan struct{}), opened: make(chan error, 1), ready: make(chan error, 1), closed: make(chan struct{}),
	}
	p.Open = func(ctx context.Context, server *Server) (Service, error) {
		server.RegisterService(testService(answer), nil)
		p.opening <- server
		select {
		case err := <-p.opened:
			return Service{Ready: p.wait, Close: func() error { close(p.closed); return nil }}, err
		case <-ctx.Done():
			return Service{}, ctx.Err()
		}
	}
	return p
}

func (p *phased) wait(ctx context.Context) error {
	close(p.waiting)
	select {
	case err := <-p.ready:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin runs the program until ctx ends. It returns what it prints, and its status.
func (p *phased) begin(ctx context.Context, stderr io.Writer) (stdout *bufio.Reader, status <-chan int) {
	reading, writing := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- p.run(ctx, []string{"--addr", p.addr}, writing, stderr)
		writing.Close()
	}()
	return bufio.NewReader(reading), ended
}

// TestPhases: what is seen of a server from outside in each phase.
func TestPhases(t *testing.T) {
	p := newPhased(t)
	ctx, interrupt := context.WithCancel(t.Context())
	stdout, status := p.begin(ctx, io.Discard)

	server := <-p.opening
	expectHealthz(t, server, "being opened", http.StatusServiceUnavailable)
	conn, err := grpc.NewClient(p.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	early := make(chan error, 1) // a call that comes now waits for the second phase
	go func() {
		early <- conn.Invoke(t.Context(), "/test.Service/Call", &wrapperspb.StringValue{}, new(wrapperspb.StringValue), grpc.WaitForReady(true))
	}()
	p.opened <- nil

	<-p.waiting
	if err := <-early; err != nil {
		t.Errorf("a call while the server is not ready: %v", err)
	}
	expectHealthz(t, server, "not ready", http.StatusServiceUnavailable)
	health := grpc_health_v1.NewHealthClient(conn)
	watch, err := health.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	expectStatus := func(want grpc_health_v1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		if got, err := watch.Recv(); err != nil || got.GetStatus() != want {
			t.Errorf("who watches health is told %v, %v; want %v", got, err, want)
		}
	}
	expectStatus(grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	if err := healthcheck(t, p.addr); err == nil || !strings.Contains(err.Error(), "NOT_SERVING") {
		t.Errorf("the verb says %v; want NOT_SERVING", err)
	}
	p.ready <- nil

	if line, err := stdout.ReadString('\n'); err != nil || line != "testd listening on "+p.addr+"\n" {
		t.Errorf("the ready line is %q, %v", line, err)
	}
	expectStatus(grpc_health_v1.HealthCheckResponse_SERVING)
	expectHealthz(t, server, "ready", http.StatusOK)
	if err := healthcheck(t, p.addr); err != nil {
		t.Errorf("the verb says %v", err)
	}
	interrupt()
	expectStatus(grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	if got := <-status; got != exitOK {
		t.Errorf("the status is %d", got)
	}
	<-p.closed
}

func expectHealthz(t *testing.T, server *Server, when string, want int) {
	t.Helper()
	response := httptest.NewRecorder()
	server.HTTPHandler().ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if response.Code != want {
		t.Errorf("when the server is %s, /healthz has status %d; want %d", when, response.Code, want)
	}
}

// TestPhases_stopped: a process that is told to stop does so in each phase, without a ready line, and closes what is open.
func TestPhases_stopped(t *testing.T) {
	for name, until := range map[string]func(p *phased, stop func()){
		"being opened": func(p *phased, stop func()) { <-p.opening; stop() },
		"opened just then": func(p *phased, stop func()) {
			open := p.Open
			p.Open = func(ctx context.Context, server *Server) (Service, error) {
				service, err := open(context.WithoutCancel(ctx), server)
				stop()
				return service, err
			}
			p.opened <- nil
		},
		"not ready":             func(p *phased, stop func()) { p.opened <- nil; <-p.waiting; stop() },
		"not ready, by a call":  func(p *phased, _ func()) { p.opened <- nil; <-p.waiting; (<-p.opening).Stop() },
		"told before it begins": func(p *phased, stop func()) { stop() },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhased(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			if name == "told before it begins" || name == "opened just then" {
				until(p, stop) // before it begins
			}
			stdout, status := p.begin(ctx, io.Discard)
			if name != "told before it begins" && name != "opened just then" {
				until(p, stop)
			}
			if printed, err := io.ReadAll(stdout); len(printed) > 0 || err != nil {
				t.Errorf("it printed %q, %v", printed, err)
			}
			if got := <-status; got != exitOK {
				t.Errorf("the status is %d", got)
			}
			if strings.HasPrefix(name, "not ready") || name == "opened just then" {
				<-p.closed
			}
		})
	}
}

// TestPhases_fails: a service that cannot be opened, or will not be ready, is the end, and says why.
func TestPhases_fails(t *testing.T) {
	broken := errors.New("it is broken")
	for name, fail := range map[string]func(*phased){
		"open":  func(p *phased) { p.opened <- broken },
		"ready": func(p *phased) { p.opened <- nil; p.ready <- broken },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhased(t)
			fail(p)
			var stderr strings.Builder
			stdout, status := p.begin(t.Context(), &stderr)
			if printed, err := io.ReadAll(stdout); len(printed) > 0 || err != nil {
				t.Errorf("it printed %q, %v", printed, err)
			}
			if got := <-status; got != exitFailed || !strings.Contains(stderr.String(), "testd: it is broken") {
				t.Errorf("the status is %d, and it said %q", got, stderr.String())
			}
			if name == "ready" {
				<-p.closed
			}
		})
	}
}

// TestPhases_deaf: a service that does not come to an end when it is told to is left, after the time for closing.
func TestPhases_deaf(t *testing.T) {
	p := newPhased(t)
	release := make(chan struct{})
	defer close(release)
	begun := make(chan struct{})
	p.Open = func(context.Context, *Server) (Service, error) {
		close(begun)
		<-release
		return Service{}, nil
	}
	ctx, stop := context.WithCancel(t.Context())
	_, status := p.begin(ctx, io.Discard)
	<-begun
	stop()
	select {
	case got := <-status:
		if got != exitOK {
			t.Errorf("the status is %d", got)
		}
	case <-time.After(time.Minute):
		t.Error("it never ends")
	}
}

// TestPhases_both: what goes wrong while the process is told to stop is no reason for its end, but is in the log.
func TestPhases_both(t *testing.T) {
	damaged := errors.New("the store is damaged")
	for name, fails := range map[string]func(p *phased, stop func()){
		"open": func(p *phased, stop func()) {
			p.Open = func(context.Context, *Server) (Service, error) { stop(); return Service{}, damaged }
		},
		"ready": func(p *phased, stop func()) {
			p.Open = func(context.Context, *Server) (Service, error) {
				return Service{Ready: func(context.Context) error { stop(); return damaged }}, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhased(t)
			ctx, stop := context.WithCancel(t.Context())
			fails(p, stop)
			var stderr strings.Builder
			_, status := p.begin(ctx, &stderr)
			if got := <-status; got != exitOK || !strings.Contains(stderr.String(), damaged.Error()) {
				t.Errorf("the status is %d, and it said %q", got, stderr.String())
			}
		})
	}
}

// TestPhases_notWell: a service that has failed, or is paused, before it is ready does not serve when it is.
func TestPhases_notWell(t *testing.T) {
	for name, unwell := range map[string]func(*Server){
		"failed": func(s *Server) { s.Fail(errors.New("the disk has failed")) },
		"paused": func(s *Server) { s.Pause(true) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhased(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			stdout, status := p.begin(ctx, io.Discard)
			server := <-p.opening
			p.opened <- nil
			<-p.waiting
			unwell(server)
			p.ready <- nil
			if _, err := stdout.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			expectHealthz(t, server, name, http.StatusServiceUnavailable)
			if name == "paused" {
				server.Pause(false)
				expectHealthz(t, server, "not paused any more", http.StatusOK)
			}
			stop()
			<-status
		})
	}
}
