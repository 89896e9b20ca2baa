package raftkv

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkv/inprocess"
)

// unreachable returns a Clerk that knows the map of a cluster with a server, which is gone. Attempts to connect wait
// until the server one runs again, and up is closed.
func unreachable(t *testing.T, cluster *inprocess.Cluster) (c *Clerk, up chan struct{}) {
	up = make(chan struct{})
	stop := start(t, cluster, one, new(inprocess.Server))
	c, err := Dial([]string{one}, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := cluster.DialContext(ctx, address)
			if err == nil {
				return conn, nil
			}
			select {
			case <-up:
				return cluster.DialContext(ctx, address)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := c.Get(t.Context(), []byte("k")); err != nil {
		t.Fatal(err)
	}
	stop()
	synctest.Wait()
	return c, up
}

// TestAbandoned_dropped: calls that were given up do not pile up while there is no connection, and do not come
// in the way of those that wait.
func TestAbandoned_dropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := inprocess.NewCluster(1), new(inprocess.Server)
		c, up := unreachable(t, n)
		var patient, wg sync.WaitGroup
		for range 10 {
			patient.Go(func() {
				if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				for range 100 {
					ctx, cancel := contextFor(t, 10*time.Millisecond)
					c.Put(ctx, []byte("k"), nil)
					cancel()
				}
			})
		}
		wg.Wait()
		if waiting := waitingCalls(t, c); waiting < 10 || waiting > 20 {
			t.Errorf("%d calls are in the queue; want the 10 that wait, and not many more", waiting)
		}
		start(t, n, one, f)
		close(up)
		patient.Wait()
		if got := len(slices.Concat(f.Messages()...)); got != 10 {
			t.Errorf("%d operations arrived; want 10", got)
		}
	})
}

// TestAbandoned_first: calls that were given up do not keep those behind them from being sent, however many there
// are, or however large.
func TestAbandoned_first(t *testing.T) {
	for name, given := range map[string]struct{ calls, size int }{
		"many":  {2 * maxOperations, 1},
		"large": {3, maxMessage * 2 / 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, f := inprocess.NewCluster(1), new(inprocess.Server)
				c, up := unreachable(t, n)
				short, cancel := context.WithCancel(t.Context())
				long, end := contextFor(t, time.Hour)
				defer end()
				var wg sync.WaitGroup
				for range given.calls {
					wg.Go(func() { c.Put(short, []byte("k"), make([]byte, given.size)) })
				}
				synctest.Wait()
				for range given.calls + 1 { // so that those that were given up are not swept out
					wg.Go(func() {
						if _, err := c.Put(long, []byte("k"), nil); err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
				if waiting := waitingCalls(t, c); waiting != 2*given.calls+1 {
					t.Errorf("%d calls are in the queue; want %d", waiting, 2*given.calls+1)
				}
				cancel()
				synctest.Wait()
				start(t, n, one, f)
				close(up)
				wg.Wait()
			})
		})
	}
}
