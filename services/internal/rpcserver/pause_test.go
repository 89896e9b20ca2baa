package rpcserver

import (
	"errors"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"
)

// TestServer_pauses: a service that cannot work for a while is NOT_SERVING meanwhile, to probes of both kinds, and SERVING
// again afterwards, unless it has failed.
func TestServer_pauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		expect := func(when string, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
			t.Helper()
			for _, name := range []string{"", "test.Service"} {
				if got, err := f.health(name); got != want {
					t.Errorf("%s, health of %q is %s, %v", when, name, got, err)
				}
			}
			probe := httptest.NewRecorder()
			f.server.HTTPHandler().ServeHTTP(probe, httptest.NewRequest("GET", "/healthz", nil))
			if healthy := probe.Code == 200; healthy != (want == grpc_health_v1.HealthCheckResponse_SERVING) {
				t.Errorf("%s, /healthz has status %d", when, probe.Code)
			}
		}
		expect("before", grpc_health_v1.HealthCheckResponse_SERVING)
		f.server.Pause(true)
		expect("during a pause", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
		f.server.Pause(false)
		expect("after it", grpc_health_v1.HealthCheckResponse_SERVING)
		f.server.Pause(true)
		f.server.Fail(errors.New("no more"))
		f.server.Pause(false)
		expect("after a failure in a pause", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	})
}

// TestWithin: a service that does not close keeps the process for so long, and no longer.
func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		begin := time.Now()
		if err := (Service{Close: func() error { <-hang; return nil }}).close(3 * time.Second); err == nil || time.Since(begin) != 3*time.Second {
			t.Errorf("it ends after %v with %v", time.Since(begin), err)
		}
		close(hang)
		broken := errors.New("broken")
		if err := (Service{Close: func() error { return broken }}).close(time.Second); !errors.Is(err, broken) {
			t.Errorf("the error of closing is %v", err)
		}
	})
}
