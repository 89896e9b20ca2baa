package rpcserver

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
)

// reset opens a call and resets it at once, after what the server has to do for it.
func (f *fixture) reset(path string, timeout time.Duration) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(f.t.Context(), timeout)
	}
	defer cancel()
	stream, err := f.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, path)
	if err != nil {
		f.t.Fatal(err)
	}
	synctest.Wait() // the server has it
	if timeout > 0 && timeout < earlyReset {
		time.Sleep(timeout)
	}
	cancel()
	if err := stream.RecvMsg(new([]byte)); err == nil || err == io.EOF {
		f.t.Fatalf("a reset call ended with %v", err)
	}
	synctest.Wait()
}

// TestServer_resetFlood: a connection on which calls are opened only to be reset is closed, whatever they call. The
// client can come again.
func TestServer_resetFlood(t *testing.T) {
	for path, timeout := range map[string]time.Duration{
		"/test.Service/Call": 0, "/test.Service/Talk": time.Minute, "/grpc.health.v1.Health/Check": 0,
	} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, testConfig, answer)
				defer f.end()
				for range leastResets - 1 {
					f.reset(path, timeout)
				}
				if got := f.metric("rpcserver_connections_reset_flood_total"); got != "0" {
					t.Fatalf("%s connections were closed too early", got)
				}
				f.reset(path, timeout)
				if got := f.metric("rpcserver_connections_reset_flood_total"); got != "1" {
					t.Errorf("%s connections were closed; want 1", got)
				}
				if got := f.metric("rpcserver_connections"); got != "0" {
					t.Errorf("%s connections are open; want 0", got)
				}
				if err := f.call(); err != nil {
					t.Errorf("after that: %v", err)
				}
			})
		})
	}
}

// TestServer_resetsOfGoodClients: clients that cancel most of their calls, whose short deadlines pass, who give up on
// slow ones, or who leave streams that have answered, are not disconnected.
func TestServer_resetsOfGoodClients(t *testing.T) {
	for name, use := range map[string]func(f *fixture){
		"cancels nine of ten": func(f *fixture) {
			for range 9 {
				f.reset("/test.Service/Call", 0)
			}
			if err := f.call(); err != nil {
				f.t.Error(err)
			}
		},
		"deadlines pass": func(f *fixture) { f.reset("/test.Service/Call", 3*time.Millisecond) },
		"gives up": func(f *fixture) {
			ctx, cancel := context.WithCancel(f.t.Context())
			if _, err := f.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/test.Service/Call"); err != nil {
				f.t.Fatal(err)
			}
			time.Sleep(2 * earlyReset)
			cancel()
			synctest.Wait()
		},
		"leaves streams": func(f *fixture) {
			ctx, cancel := context.WithCancel(f.t.Context())
			stream, err := f.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/test.Service/Talk", grpc.ForceCodec(rawCodec{}))
			if err != nil {
				f.t.Fatal(err)
			}
			stream.SendMsg([]byte{})
			if err := stream.RecvMsg(new([]byte)); err != nil {
				f.t.Error(err)
			}
			cancel()
			synctest.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, testConfig, answer)
				defer f.end()
				for range 2 * leastResets {
					use(f)
				}
				if got := f.metric("rpcserver_connections_reset_flood_total"); got != "0" {
					t.Errorf("%s connections were closed; want 0", got)
				}
			})
		})
	}
}
