package raftkv

import (
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv/inprocess"
)

// linked returns the servers to which there are links, in order.
func (c *Clerk) linked() string {
	c.links.mu.RLock()
	defer c.links.mu.RUnlock()
	return strings.Join(slices.Sorted(maps.Keys(c.links.all)), " ")
}

// use makes calls on a shard for some time, none of which takes any.
func use(t *testing.T, c *Clerk, shard int, until time.Duration) {
	t.Helper()
	for began := time.Now(); time.Since(began) < until; time.Sleep(100 * time.Millisecond) { // by the clock of the test
		call := time.Now()
		put(t, c, shard)
		if took := time.Since(call); took > lastPause {
			t.Fatalf("a call took %v", took)
		}
	}
}

// TestFollow_members: when a member goes and another one comes, calls go to where the shard is then, and the way to the one
// that has gone is given up.
func TestFollow_members(t *testing.T) {
	const four = "127.0.0.1:4"
	synctest.Test(t, func(t *testing.T) {
		f, c := newFleet(t)
		for shard := range 3 {
			put(t, c, shard)
		}
		if got, want := c.linked(), strings.Join([]string{one, two, three}, " "); got != want {
			t.Fatalf("there are links to %s; want %s", got, want)
		}
		added := new(inprocess.Server)
		start(t, f.Cluster, four, added)
		f.Remove(two)
		f.Lead(1, four)
		put(t, c, 1) // and is told of the newer map
		synctest.Wait()
		if got, want := c.linked(), strings.Join([]string{one, three, four}, " "); got != want {
			t.Errorf("there are links to %s; want %s", got, want)
		}
		var before [3]int
		f.seen(&before)
		put(t, c, 1)
		if got := f.seen(&before); got != [3]int{} || len(added.Messages()) == 0 {
			t.Errorf("calls for the shard go to %v", got)
		}
		if m := c.now.Load(); m.version != 2 || slices.Contains(m.servers(), two) {
			t.Errorf("the map, version %d: %s", m.version, m.show())
		}
	})
}

// TestFollow_inFlight: a call that waits for a server which is gone from the map goes elsewhere, with its request id.
func TestFollow_inFlight(t *testing.T) {
	for _, length := range []int{1, maxPipelined} {
		synctest.Test(t, func(t *testing.T) {
			cluster, _, c := several(t, &inprocess.Server{Faults: swallowing("k")})
			var waiting sync.WaitGroup
			waiting.Go(func() {
				if err := appendTo(c, t.Context(), "k", length); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
			began := time.Now()
			cluster.Remove(one)
			c.named = []string{two} // else the server stays as one that the caller has named
			c.newer <- two          // as when a redirect told of it
			waiting.Wait()
			if took := time.Since(began); took > lastPause {
				t.Errorf("it took %v", took)
			}
			if got := len(cluster.Lookup("k").GetValue()); got != length {
				t.Errorf("%d bytes were appended; want %d", got, length)
			}
		})
	}
}

// TestFollow_cluster: a Clerk that outlives its cluster uses the one that has its addresses then, although the map of that is
// of a lower version.
func TestFollow_cluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now atomic.Pointer[inprocess.Cluster]
		begin := func(shards int) (cluster *inprocess.Cluster, end func()) {
			cluster = inprocess.NewCluster(shards)
			var stops []func()
			for _, address := range addresses {
				stops = append(stops, start(t, cluster, address, new(inprocess.Server)))
			}
			now.Store(cluster)
			return cluster, func() {
				for _, stop := range stops {
					stop()
				}
			}
		}
		first, end := begin(3)
		first.Remove(three)
		c, err := Dial([]string{one}, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
				return now.Load().DialContext(ctx, address)
			}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		put(t, c, 0)
		if m := c.now.Load(); m.version != 2 || len(m.places) != 3 {
			t.Fatalf("the map, version %d, of %d shards; want version 2, of 3", m.version, len(m.places))
		}
		end()
		second, _ := begin(1)
		for began := time.Now(); time.Since(began) < 2*mapAge; time.Sleep(100 * time.Millisecond) { // by the clock of the test
			// A client id that the other cluster has never heard of is refused, where the write may have been sent before.
			if _, err := c.Put(t.Context(), on(t, 0, 0), nil); err != nil && status.Code(err) != codes.NotFound {
				t.Fatal(err)
			}
		}
		if m := c.now.Load(); m.version != 1 || len(m.places) != 1 || !slices.Contains(m.servers(), three) {
			t.Errorf("the map, version %d, of %d shards: %s; want that of the other cluster", m.version, len(m.places), m.show())
		}
		if second.Lookup(string(on(t, 0, 0))) == nil {
			t.Error("the other cluster has not been written to")
		}
	})
}

// TestFollow_quiet: a change that no redirect tells of is noticed as well, while calls are made, and only then.
func TestFollow_quiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, _, c := several(t, new(inprocess.Server))
		cluster.Forward = true
		cluster.Lead(0, one)
		put(t, c, 0)
		cluster.Remove(three)
		time.Sleep(10 * mapAge) // by the clock of the test
		if got := c.now.Load().version; got != 1 {
			t.Errorf("the Clerk has asked for a map of version %d, though nobody called", got)
		}
		use(t, c, 0, mapAge)
		if got := c.now.Load().version; got != 2 {
			t.Errorf("the map has the version %d; want 2", got)
		}
	})
}

// TestFollow_leader: with servers that pass calls on, they go to the leader all the same soon after it has changed, and not
// to one that stands still, whatever others think of it.
func TestFollow_leader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{Cluster: inprocess.NewCluster(1)}
		for i, address := range addresses {
			f.servers[i] = new(inprocess.Server)
			start(t, f.Cluster, address, f.servers[i])
		}
		f.Forward = true
		f.Lead(0, one)
		c := dial(t, f.Cluster, one)
		var before [3]int
		calls := func(when string, until time.Duration, want ...int) {
			t.Helper()
			use(t, c, 0, until)
			f.seen(&before)
			put(t, c, 0)
			if got := f.seen(&before); !slices.ContainsFunc(want, func(i int) bool { return got[i] == 2 }) {
				t.Errorf("%s: the servers got %v", when, got)
			}
		}
		calls("at first", time.Second, 0)
		resume := f.Pause(one)
		put(t, c, 0) // which takes the patience
		calls("when the leader stands still", 2*mapAge, 1, 2)
		f.Lead(0, three)
		calls("when there is another one", 2*followInterval, 2)
		resume()
		calls("when the first is back", mapAge, 2)
		f.Lead(0, one)
		calls("when it leads again", mapAge+2*followInterval, 0)
	})
}

// TestFollow_away: a server that cannot be reached is not asked again because others still think that it leads.
func TestFollow_away(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := inprocess.NewCluster(1)
		cluster.Forward = true
		stop := start(t, cluster, one, new(inprocess.Server))
		start(t, cluster, two, new(inprocess.Server))
		cluster.Lead(0, one)
		c := dial(t, cluster, two)
		put(t, c, 0)
		stop()
		use(t, c, 0, mapAge)
		if m := c.now.Load(); m.server(0) != two || !m.astray() {
			t.Errorf("the map is %s", m.show())
		}
	})
}
