package raftkv

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// contextFor returns a context of the test with a deadline.
func contextFor(t *testing.T, timeout time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), timeout)
}

// TestDeadline: a call ends with its context, at once, and says what it knows.
func TestDeadline(t *testing.T) {
	swallowed := func(*raftkvpb.Operation) inprocess.Fault { return inprocess.Swallow }
	for _, test := range []struct {
		name   string
		server *inprocess.Server // nil: there is no server
		want   string
	}{
		{"no answer", &inprocess.Server{Faults: swallowed}, "the write may have happened"},
		{"no server", nil, "the write did not happen; the last attempt failed: "},
		{"lost for ever", &inprocess.Server{Faults: func(*raftkvpb.Operation) inprocess.Fault { return inprocess.Lose }}, "the write may have happened; the last attempt failed: lost"},
		{"always refused", &inprocess.Server{Refuse: always(codes.ResourceExhausted)}, "the write did not happen; the last attempt failed: not now"},
		{"never ready", &inprocess.Server{Refuse: always(codes.Unavailable)}, "the write may have happened; the last attempt failed: not now"},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := inprocess.NewCluster(1)
			if test.server != nil {
				start(t, n, one, test.server)
			}
			c := dial(t, n, one)
			start := time.Now()
			ctx, cancel := contextFor(t, 10*time.Second)
			defer cancel()
			_, err := c.Put(ctx, []byte("k"), []byte("v"))
			if took := time.Since(start); took != 10*time.Second {
				t.Errorf("%s: it took %v", test.name, took)
			}
			if status.Code(err) != codes.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v; want DEADLINE_EXCEEDED with %q", test.name, err, test.want)
			}
			if _, err = c.Get(ctx, []byte("k")); status.Code(err) != codes.DeadlineExceeded || strings.Contains(err.Error(), "write") {
				t.Errorf("%s: Get after the deadline: %v", test.name, err)
			}
		})
	}
}

// TestDeadline_alone is the same for the calls that do not go over the pipeline.
func TestDeadline_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, inprocess.NewCluster(1), one)
		ctx, cancel := contextFor(t, 10*time.Second)
		defer cancel()
		_, err := c.Batch(ctx)
		if status.Code(err) != codes.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the last attempt failed") {
			t.Errorf("Batch: %v; want DEADLINE_EXCEEDED and why", err)
		}
		if _, err = c.Stat(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Stat: %v; want DEADLINE_EXCEEDED", err)
		}
		for pair, err := range c.Scan(ctx, Range{}) {
			if pair != nil || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Scan: %v, %v; want DEADLINE_EXCEEDED", pair, err)
			}
		}
	})
}

// TestDeadline_connecting: what went wrong before is told also when the deadline passes in an attempt.
func TestDeadline_connecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, attempts := inprocess.NewCluster(1), 0
		c, err := Dial([]string{one}, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
				if attempts++; attempts > 3 {
					<-ctx.Done() // nobody answers
				}
				return n.DialContext(ctx, address)
			}))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, cancel := contextFor(t, 2*time.Second)
		defer cancel()
		if _, err = c.Stat(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the last attempt failed") {
			t.Errorf("Stat: %v; want DEADLINE_EXCEEDED and why", err)
		}
	})
}

// TestCancel: a call that is cancelled returns at once, and does not look at its arguments any more.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &inprocess.Server{Gate: make(chan struct{})}
		cluster := inprocess.NewCluster(1)
		start(t, cluster, one, f)
		c := dial(t, cluster, one)
		ctx, cancel := context.WithCancel(t.Context())
		value := make([]byte, 300<<10)
		var wg sync.WaitGroup
		for i := range 4 { // the first fills the connection, the next is being written, and others wait
			wg.Go(func() {
				_, err := c.Put(ctx, []byte{byte(i)}, value)
				if status.Code(err) != codes.Canceled || !errors.Is(err, context.Canceled) {
					t.Errorf("cancelled Put: %v", err)
				}
			})
			synctest.Wait()
		}
		start := time.Now()
		cancel()
		wg.Wait()
		clear(value)
		for i := range value {
			value[i] = 1
		}
		close(f.Gate)
		if _, err := c.Put(t.Context(), []byte("last"), nil); err != nil || time.Since(start) > 0 {
			t.Errorf("Put after the cancelled ones: %v, after %v", err, time.Since(start))
		}
		for _, pair := range cluster.Pairs() {
			if len(pair.GetValue()) > 0 && pair.GetValue()[0] != 0 {
				t.Errorf("key %v got a value that was changed after the call", pair.GetKey())
			}
		}
		if got := len(cluster.Keys()); got != 3 {
			t.Errorf("%d keys; want those of the two calls that were sent before, and the last", got)
		}
	})
}

// TestClose fails what is in flight, what waits, and what comes later.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, &inprocess.Server{Refuse: always(codes.Unavailable), Delay: time.Minute})
		var wg sync.WaitGroup
		check := func(name string, err error) {
			if status.Code(err) != codes.Canceled || !strings.Contains(err.Error(), "the Clerk was closed") {
				t.Errorf("%s: %v; want CANCELLED, for the Clerk was closed", name, err)
			}
		}
		for range 3 {
			wg.Go(func() { _, err := c.Put(t.Context(), []byte("k"), nil); check("Put", err) })
			wg.Go(func() { _, err := c.Get(t.Context(), []byte("k")); check("Get", err) })
			wg.Go(func() { _, err := c.Put(t.Context(), []byte("k"), make([]byte, maxPipelined)); check("large Put", err) })
		}
		time.Sleep(100 * time.Second) // some have been refused, and pause
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		_, err := c.Put(t.Context(), []byte("k"), nil)
		check("Put after Close", err)
		_, err = c.Topology(t.Context())
		check("Topology after Close", err)
		if err := c.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}
