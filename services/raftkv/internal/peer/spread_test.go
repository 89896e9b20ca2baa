package peer

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// settle waits until nodes have nothing more to tell each other.
func settle() {
	time.Sleep(compareInterval / 4)
	synctest.Wait()
}

// TestCompare: what one node gets to know, the others know soon, and what two of them know, both; then nothing is told for as long
// as there is nothing new.
func TestCompare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
		all := []*member{w.join(1, cluster, nil), w.join(2, cluster, nil), w.join(3, cluster, nil)}
		defer end(all...)
		settle()
		changed := *cluster
		changed.Shards = []shard.Members{cluster.Shards[0].After(shard.Step{Kind: shard.Remove, Member: 3})}
		row, _ := cluster.Node(3)
		news := cluster.With(row.Left())
		all[0].Learn(changed)
		all[1].Learn(news)
		settle()
		want, _ := changed.Merge(news)
		learned := 0
		for _, m := range all[:2] {
			if !m.is(want) {
				t.Errorf("node %d knows %s; want %s", m.id, m.Cluster().Encode(), want.Encode())
			}
			learned += m.learned
		}
		time.Sleep(time.Hour)
		for _, m := range all[:2] {
			learned -= m.learned
		}
		if learned != 0 {
			t.Errorf("in an hour without news there were %d", -learned)
		}
	})
}

// TestCompare_late: a node that was away when there was news hears of it as soon as it is back, and so does one that comes back
// with news of its own.
func TestCompare_late(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one := w.join(1, cluster, nil)
		defer end(one)
		news := cluster.With(shard.Node{ID: 3, Store: storeOf(3)})
		one.Learn(news)
		time.Sleep(time.Hour)
		two := w.join(2, cluster, nil)
		settle()
		if !two.is(news) {
			t.Errorf("node 2 knows %s; want %s", two.Cluster().Encode(), news.Encode())
		}
		end(two)
		two.crash()
		time.Sleep(time.Hour)
		own := two.Cluster().With(shard.Node{ID: 4, Store: storeOf(4)})
		two = w.join(2, &own, nil)
		defer end(two)
		settle()
		if !one.is(own) {
			t.Errorf("node 1 knows %s; want %s", one.Cluster().Encode(), own.Encode())
		}
	})
}

// TestCompare_back: nodes that could not reach each other for long compare what they know as soon as a message comes through.
func TestCompare_back(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		one.crash()
		two.crash()
		time.Sleep(time.Hour + compareInterval/2) // in the middle of a pause
		one.Learn(cluster.With(shard.Node{ID: 3, Store: storeOf(3)}))
		one.serve()
		two.serve()
		for range 3 {
			one.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 1, 2, 1, 0)})
			time.Sleep(links.MostPause)
		}
		if !two.is(*one.Cluster()) {
			t.Errorf("node 2 knows %s; want %s", two.Cluster().Encode(), one.Cluster().Encode())
		}
	})
}

// exchange checks that a message and a proposal come from one node to another.
func exchange(t *testing.T, from, to *member) {
	t.Helper()
	from.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, from.id, to.id, 1, 0)})
	synctest.Wait()
	time.Sleep(2 * links.MostPause)
	from.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, from.id, to.id, 1, 0)})
	synctest.Wait()
	if len(to.received) == 0 {
		t.Errorf("nothing comes from node %d to node %d:\n%s\n%s", from.id, to.id, from.log, to.log)
	}
	for len(to.received) > 0 {
		<-to.received
	}
}

// TestCompare_moved: a node that is started at another address is found there by those that were not started again, and by one
// whose list of nodes is old.
func TestCompare_moved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		listed := func(c *Config) { c.Addresses = addressesOf(1, 2) }
		one, two := w.join(1, cluster, listed), w.join(2, cluster, listed)
		exchange(t, one, two)
		end(two)
		two.crash()
		two = w.join(2, cluster, func(c *Config) {
			c.Addresses = map[storage.NodeID]string{1: addressOfNode(1), 2: "moved:6000"}
		})
		settle()
		exchange(t, one, two)
		exchange(t, two, one)
		if row, _ := one.Cluster().Node(2); row.Address != "moved:6000" {
			t.Errorf("node 1 has node 2 at %s", row.Address)
		}
		disk := one.Cluster()
		end(one)
		one.crash()
		one = w.join(1, disk, listed)
		defer end(one, two)
		settle()
		exchange(t, one, two)
		if two.learned != 1 {
			t.Errorf("there was news %d times; want once, of the address", two.learned)
		}
	})
}

// TestCompare_allMoved: nodes that have all moved while none of them ran find each other by their lists.
func TestCompare_allMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		moved := func(c *Config) { c.Addresses = map[storage.NodeID]string{1: "moved1:6000", 2: "moved2:6000"} }
		one := w.join(1, cluster, moved)
		time.Sleep(time.Hour)
		two := w.join(2, cluster, moved)
		defer end(one, two)
		settle()
		exchange(t, one, two)
		exchange(t, two, one)
	})
}

// TestCompare_replaced: a node that took another's place is known to who did not hear of it before, from itself; and who was replaced
// and comes back is not listened to, and hears why.
func TestCompare_replaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
		row, _ := cluster.Node(3)
		news := cluster.With(row.Replaced(shard.StoreID{33}, "new:6000"))
		two := w.join(2, cluster, nil)
		fresh := newFake(3)
		fresh.store = shard.StoreID{33}
		three := w.joinAs(fresh, &news, func(c *Config) { c.Addresses = map[storage.NodeID]string{3: "new:6000"} })
		defer end(two, three)
		settle()
		if !two.is(news) {
			t.Errorf("node 2 knows %s; want %s", two.Cluster().Encode(), news.Encode())
		}
		exchange(t, three, two)
		exchange(t, two, three)
		moved := cluster.With(row.Moved("elsewhere:6000"))
		excluded := make(chan error, 10)
		replaced := w.joinAs(newFake(3), &moved, func(c *Config) {
			c.Addresses, c.OnExcluded = map[storage.NodeID]string{3: "elsewhere:6000"}, func(err error) { excluded <- err }
		})
		defer end(replaced)
		settle()
		if len(excluded) != 1 || !strings.Contains((<-excluded).Error(), storeOf(3).String()) {
			t.Errorf("who was replaced was told so %d times; want once", len(excluded))
		}
		if now, _ := two.Cluster().Node(3); now.Store != (shard.StoreID{33}) || now.Address != "new:6000" {
			t.Errorf("who was replaced has told that node 3 is %+v", now)
		}
		replaced.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 3, 2, 1, 0)})
		settle()
		if len(two.received) > 0 {
			t.Error("a message of who was replaced has come through")
		}
	})
}

// TestCompare_refused: who does not say of itself what its greeting says is not learned of.
func TestCompare_refused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		settle()
		greeted, err := one.peers.greet(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, self := range []string{"", "nonsense", `{"id":2}`, `{"id":1}`, `{"id":2,"store":"` + storeOf(1).String() + `"}`} {
			_, err := one.peers.linkTo(2).client.Compare(greeted, &peerpb.CompareRequest{Self: []byte(self)})
			if status.Code(err) != codes.InvalidArgument {
				t.Errorf("%q: %v; want INVALID_ARGUMENT", self, err)
			}
		}
		if !two.is(*cluster) {
			t.Errorf("node 2 has learned %s", two.Cluster().Encode())
		}
	})
}

// program stands for a node of another version of the program.
type program struct {
	peerpb.UnimplementedPeerServer
	id      storage.NodeID
	version uint32
	knows   shard.Cluster

	mu       sync.Mutex
	compared []greeting
	asked    int
}

func (p *program) Describe(context.Context, *peerpb.DescribeRequest) (*peerpb.DescribeResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	store := storeOf(p.id)
	return &peerpb.DescribeResponse{Node: uint64(p.id), Store: store[:], Version: p.version, Cluster: p.knows.Encode()}, nil
}

func (p *program) Compare(ctx context.Context, _ *peerpb.CompareRequest) (*peerpb.CompareResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, err := decodeGreeting([]byte(strings.Join(metadata.ValueFromIncomingContext(ctx, greetingHeader), "")))
	p.compared = append(p.compared, g)
	return &peerpb.CompareResponse{Cluster: p.knows.Encode()}, err
}

// TestVersions: a node of an older program is asked nothing that it does not know, and its map is taken all the same; with one of a
// newer program, this one speaks as far as it knows.
func TestVersions(t *testing.T) {
	for _, c := range []struct {
		version  uint32
		compares bool
	}{{0, false}, {1, false}, {2, true}, {9, true}} {
		synctest.Test(t, func(t *testing.T) {
			w, cluster := newWorld(t), clusterOf(t, 1, 2)
			other := &program{id: 2, version: c.version, knows: cluster.With(shard.Node{ID: 3, Store: storeOf(3)})}
			server, listener := grpc.NewServer(), bufconn.Listen(1<<20)
			peerpb.RegisterPeerServer(server, other)
			go server.Serve(listener)
			defer server.Stop()
			one := w.join(1, cluster, func(config *Config) {
				config.Dial = func(ctx context.Context, address string) (net.Conn, error) {
					if address != addressOfNode(2) {
						return w.dial(ctx, address)
					}
					return listener.DialContext(ctx)
				}
			})
			defer end(one)
			settle()
			one.peers.Changed()
			settle()
			if !one.is(other.knows) {
				t.Errorf("version %d: node 1 has not learned what the other one knows", c.version)
			}
			other.mu.Lock()
			defer other.mu.Unlock()
			if (len(other.compared) > 0) != c.compares || c.compares == (other.asked > 1) {
				t.Errorf("version %d: asked to compare %d times, and who it is %d times", c.version, len(other.compared), other.asked)
			}
			for _, g := range other.compared {
				if g.version != version {
					t.Errorf("the greeting has the version %d; want this program's, %d", g.version, version)
				}
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // the greeting of another version is taken
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		one, two := w.join(1, cluster, nil), w.join(2, cluster, nil)
		defer end(one, two)
		two.setGroup(0, echo)
		for _, v := range []uint32{1, 9} {
			g := greeting{version: v, cluster: cluster.ID, from: 1, store: storeOf(1), to: 2}
			ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(t.Context(), greetingHeader, string(g.encode())))
			stream, err := one.peers.linkTo(2).client.Send(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if header, err := stream.Header(); err != nil || header == nil {
				t.Errorf("the greeting of version %d: %v, %v", v, header, err)
			}
			cancel()
		}
	})
}
