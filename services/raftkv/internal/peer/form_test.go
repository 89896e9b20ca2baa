package peer

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// addressesOf are those of nodes.
func addressesOf(ids ...storage.NodeID) map[storage.NodeID]string {
	addresses := make(map[storage.NodeID]string)
	for _, id := range ids {
		addresses[id] = addressOfNode(id)
	}
	return addresses
}

// TestDecide is the table of what follows from which answers.
func TestDecide(t *testing.T) {
	all := []storage.NodeID{1, 2, 3}
	fresh := func(id storage.NodeID) described { return described{node: id, store: storeOf(id), peers: all} }
	of := func(id storage.NodeID, cluster *shard.Cluster) described {
		return described{node: id, store: storeOf(id), cluster: cluster}
	}
	filled := func(id storage.NodeID, with string) described {
		return described{node: id, store: storeOf(id), peers: all, filled: with}
	}
	silent := described{err: errors.New("nobody is there")}
	ours, other := clusterOf(t, 1, 2, 3), clusterOf(t, 1, 2, 3)
	other.ID = shard.ClusterID{9}
	newer := *ours
	newer.Shards = []shard.Members{{Version: 5, Members: ours.Shards[0].Members}}
	lost := clusterOf(t, 1, 2, 3)
	lost.Nodes[0].Store = shard.StoreID{77}
	small := clusterOf(t, 2, 3)
	dead := clusterOf(t, 2, 3)
	dead.Dead = []shard.StoreID{storeOf(1)}
	grown := *ours
	grown.Shards = []shard.Members{{Version: 3, Members: ours.Shards[0].Members[:2]}}
	type answers map[storage.NodeID]described
	for _, c := range []struct {
		name    string
		self    storage.NodeID
		answers answers
		wish    Wish
		filled  string
		join    *shard.Cluster
		waits   string // a part of what is waited for; or else:
		outside bool
		refused []string
	}{
		{name: "the first founds when all others are new", self: 1, answers: answers{2: fresh(2), 3: fresh(3)}},
		{name: "the first waits for one", self: 1, answers: answers{2: fresh(2), 3: silent}, waits: "node 3 at n3:6000 (nobody is there)"},
		{name: "the first waits for one that was not asked", self: 1, answers: answers{2: fresh(2)}, waits: "node 3 at n3:6000"},
		{name: "the second never founds", self: 2, answers: answers{1: fresh(1), 3: fresh(3)}, waits: "node 1 at n1:6000 to form the cluster"},
		{name: "the second waits for the first", self: 2, answers: answers{1: silent, 3: fresh(3)}, waits: "node 1 at n1:6000 (nobody"},
		{name: "who is told joins, by the founder", self: 2, answers: answers{1: of(1, ours), 3: fresh(3)}, join: ours},
		{name: "who is told joins, by another", self: 2, answers: answers{1: silent, 3: of(3, ours)}, join: ours},
		{name: "the first joins, if it lost the telling", self: 1, answers: answers{2: of(2, ours), 3: silent}, join: ours},
		{name: "the newest map counts", self: 2, answers: answers{1: of(1, ours), 3: of(3, &newer)}, join: &newer},
		{name: "an answer of another node counts for nothing", self: 1, answers: answers{2: fresh(3), 3: fresh(3)}, waits: "node 2 at n2:6000 (there is node 3)"},
		{name: "nor its map", self: 1, answers: answers{2: of(3, ours), 3: silent}, waits: "there is node 3"},
		{name: "two clusters", self: 1, answers: answers{2: of(2, ours), 3: of(3, other)}, refused: []string{"node 2", ours.ID.String(), "node 3", other.ID.String()}},
		{name: "a lost folder", self: 1, answers: answers{2: of(2, lost), 3: silent}, outside: true,
			waits: lost.Nodes[0].Store.String() + ", to take it in with this folder, whose store is " + storeOf(1).String() + ". " +
				"What the number has voted for and holds is in the other folder: start the node with that one, or, if it is lost: kv member replace 1 --with 1=n1:6000"},
		{name: "a number that the cluster does not have", self: 1, answers: answers{2: of(2, small), 3: silent}, outside: true,
			waits: "which has no node 1 (its nodes are [2 3]), to take it in: kv member add 1=n1:6000, or kv member replace OLD --with 1=n1:6000"},
		{name: "a store that was replaced", self: 1, answers: answers{2: of(2, dead), 3: silent}, refused: []string{storeOf(1).String(), "must not come back", "kv member add 1=HOST:PORT"}},
		{name: "other replicas than wished, since its members changed", self: 2, answers: answers{1: of(1, &grown)}, wish: Wish{Replicas: new(3)}, join: &grown},
		{name: "a copied folder", self: 1, answers: answers{2: fresh(2), 3: described{node: 3, store: storeOf(2), peers: all}}, refused: []string{"nodes 2 and 3", storeOf(2).String()}},
		{name: "a copy of one's own folder", self: 1, answers: answers{2: described{node: 2, store: storeOf(1), peers: all}, 3: silent}, refused: []string{"nodes 1 and 2"}},
		{name: "another list", self: 1, answers: answers{2: described{node: 2, store: storeOf(2), peers: []storage.NodeID{2, 3}}, 3: silent}, refused: []string{"node 2", "[2 3]", "[1 2 3]"}},
		{name: "all filled with the same", self: 1, filled: "backup 7", answers: answers{2: filled(2, "backup 7"), 3: filled(3, "backup 7")}},
		{name: "filled with another backup", self: 1, filled: "backup 7", answers: answers{2: filled(2, "backup 7"), 3: filled(3, "backup 8")}, refused: []string{"node 3 was filled with backup 8", "1, was filled with backup 7", "--restore"}},
		{name: "one is not filled", self: 1, filled: "backup 7", answers: answers{2: fresh(2), 3: silent}, refused: []string{"node 2 was filled with no backup", "1, was filled with backup 7"}},
		{name: "this one is not filled", self: 2, answers: answers{1: filled(1, "backup 7"), 3: silent}, refused: []string{"node 1 was filled with backup 7", "2, was filled with no backup"}},
		{name: "as wished", self: 2, answers: answers{1: of(1, ours)}, wish: Wish{new(1), new(3), new(uint32(1))}, join: ours},
		{name: "other shards", self: 2, answers: answers{1: of(1, ours)}, wish: Wish{Shards: new(8)}, refused: []string{"1 shards", "--shards says 8"}},
		{name: "other replicas", self: 2, answers: answers{1: of(1, ours)}, wish: Wish{Replicas: new(2)}, refused: []string{"3 replicas", "--replicas says 2"}},
		{name: "another placement", self: 2, answers: answers{1: of(1, ours)}, wish: Wish{Placement: new(uint32(2))}, refused: []string{"placement 1", "--placement says 2"}},
	} {
		f := forming{self: c.self, store: storeOf(c.self), addresses: addressesOf(all...), wish: c.wish, filled: c.filled}
		d := f.decide(c.answers)
		if d.join != c.join {
			t.Errorf("%s: joins %v; want %v", c.name, d.join, c.join)
		}
		if waits := strings.Join(d.waits, "; "); (waits != "") != (c.waits != "") || !strings.Contains(waits, c.waits) {
			t.Errorf("%s: waits for %q; want %q", c.name, waits, c.waits)
		}
		if d.outside != c.outside {
			t.Errorf("%s: outside: %v; want %v", c.name, d.outside, c.outside)
		}
		if (d.refused != nil) != (c.refused != nil) {
			t.Errorf("%s: refused: %v; want %q", c.name, d.refused, c.refused)
		}
		for _, part := range c.refused {
			if d.refused != nil && !strings.Contains(d.refused.Error(), part) {
				t.Errorf("%s: %v; want %q in it", c.name, d.refused, part)
			}
		}
	}
}

// former is a node that finds a cluster: what it keeps of it outlives it.
type former struct {
	*member
	disk *shard.Cluster
}

// begin starts a node with what its disk has, and has it find the cluster, if it is of none.
func (w *world) begin(id storage.NodeID, disk *shard.Cluster, wish Wish, ids ...storage.NodeID) (*former, <-chan error) {
	f := &former{member: w.join(id, disk, func(c *Config) { c.Addresses = addressesOf(ids...) }), disk: disk}
	found := make(chan error, 1)
	if disk != nil {
		found <- nil
		return f, found
	}
	ctx := w.t.Context()
	go func() {
		cluster, err := f.peers.AwaitCluster(ctx, wish, Defaults{Shards: 4, Replicas: len(ids), Placement: 1})
		if err == nil {
			f.disk = &cluster
		}
		found <- err
	}()
	return f, found
}

// TestAwaitCluster: three nodes, begun in any order, form one cluster, with what the founder was told.
func TestAwaitCluster(t *testing.T) {
	for _, order := range [][]storage.NodeID{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			var all []*former
			var founds []<-chan error
			for _, id := range order {
				f, found := w.begin(id, nil, Wish{}, 1, 2, 3)
				defer end(f.member)
				all, founds = append(all, f), append(founds, found)
				time.Sleep(10 * time.Second)
				if len(all) < 3 && !strings.Contains(f.log.String(), "waiting for the other nodes") {
					t.Errorf("node %d should say for whom it waits:\n%s", id, f.log)
				}
				synctest.Wait()
				if f.id == 1 && f.disk != nil && len(all) < 3 {
					t.Fatal("founded before all were there")
				}
			}
			// Node 1 has founded it, and tells it once it has it on disk.
			for i, f := range all {
				if f.id == 1 {
					if err := <-founds[i]; err != nil {
						t.Fatal(err)
					}
					f.setCluster(f.disk)
				}
			}
			var clusters []*shard.Cluster
			for i, f := range all {
				if f.id != 1 {
					if err := <-founds[i]; err != nil {
						t.Fatal(err)
					}
				}
				clusters = append(clusters, f.disk)
			}
			for _, c := range clusters {
				if string(c.Encode()) != string(clusters[0].Encode()) || len(c.Nodes) != 3 || len(c.Shards) != 4 || len(c.Shards[0].Members) != 3 || c.ID == (shard.ClusterID{}) {
					t.Errorf("the maps differ, or are not as wished:\n%s\n%s", c.Encode(), clusters[0].Encode())
				}
				for _, n := range c.Nodes {
					if n.Store != storeOf(n.ID) || n.Address != addressOfNode(n.ID) {
						t.Errorf("node %d has the store %v and the address %s", n.ID, n.Store, n.Address)
					}
				}
			}
		})
	}
}

// TestAwaitCluster_quiet: a node that has waited for another one, and hears from a third that the cluster is formed, reaches that
// one at once: it does not tell that it could not before.
func TestAwaitCluster_quiet(t *testing.T) {
	for moment := range 10 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			cluster := clusterOf(t, 1, 2, 3)
			two, found := w.begin(2, nil, Wish{}, 1, 2, 3)
			time.Sleep(10*time.Second + time.Duration(moment)*130*time.Millisecond)
			one, three := w.join(1, cluster, nil), w.join(3, cluster, nil)
			defer end(one, two.member, three)
			if err := <-found; err != nil {
				t.Fatal(err)
			}
			two.setCluster(two.disk)
			two.peers.Send(0, []*raftpb.Message{message(raftpb.MsgHeartbeat, 2, 1, 1, 0)})
			select {
			case <-one.received:
			case <-two.unreachable:
				t.Errorf("node 1 is there, and node 2 does not reach it:\n%s", two.log)
			}
		})
	}
}

// TestAwaitCluster_crash: a founder that dies after it has kept the cluster, and before anybody knows of it, tells it after
// its restart, and the others join that one. One that dies before founds another, and nobody has seen the first.
func TestAwaitCluster_crash(t *testing.T) {
	for _, kept := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			two, foundTwo := w.begin(2, nil, Wish{}, 1, 2, 3)
			three, foundThree := w.begin(3, nil, Wish{}, 1, 2, 3)
			one, foundOne := w.begin(1, nil, Wish{}, 1, 2, 3)
			defer end(two.member, three.member)
			if err := <-foundOne; err != nil {
				t.Fatal(err)
			}
			first := one.disk
			end(one.member)
			one.crash()
			time.Sleep(time.Minute)
			if two.disk != nil || three.disk != nil {
				t.Fatal("they have a cluster that nobody could tell them")
			}
			disk := first
			if !kept {
				disk = nil
			}
			again, foundOne := w.begin(1, disk, Wish{}, 1, 2, 3)
			defer end(again.member)
			if err := <-foundOne; err != nil {
				t.Fatal(err)
			}
			again.setCluster(again.disk)
			if err := errors.Join(<-foundTwo, <-foundThree); err != nil {
				t.Fatal(err)
			}
			for _, f := range []*former{two, three} {
				if f.disk.ID != again.disk.ID || (f.disk.ID == first.ID) != kept {
					t.Errorf("node %d is of the cluster %v; node 1 of %v, which it had kept: %v", f.id, f.disk.ID, again.disk.ID, kept)
				}
			}
		})
	}
}

// TestAwaitCluster_outside: a node with an empty folder finds nothing, though it would be the founder, and joins nothing: it says what
// to do every few seconds, until somebody has done it.
func TestAwaitCluster_outside(t *testing.T) {
	for name, c := range map[string]struct {
		known  shard.StoreID // under its number; zero for none
		says   string
		warned int // how often the other one warns of it, which has it asking all the time
	}{
		"a lost folder": {shard.StoreID{77}, "kv member replace 1 --with 1=n1:6000", 1},
		"a new number":  {shard.StoreID{}, "kv member add 1=n1:6000", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
			cluster.Nodes[0].Store = c.known
			if c.known == (shard.StoreID{}) {
				cluster = clusterOf(t, 2, 3)
			}
			two := w.join(2, cluster, nil)
			one, found := w.begin(1, nil, Wish{}, 1, 2, 3)
			defer end(one.member, two)
			time.Sleep(time.Minute)
			if log := one.log.String(); len(found) > 0 || strings.Count(log, c.says) < 5 || strings.Count(log, c.says) > 15 {
				t.Errorf("%s: in a minute, it has found something (%v) and said:\n%s", name, len(found) > 0, log)
			}
			if n := strings.Count(two.log.String(), `level=WARN msg="refused a node" reason="node 1 has the store `+storeOf(1).String()); n != c.warned ||
				strings.Count(two.log.String(), "refused a node") != n {
				t.Errorf("%s: in a minute, the other node has warned of it %d times; want %d:\n%s", name, n, c.warned, two.log)
			}
			row, _ := cluster.Row(1)
			row.ID = 1
			two.Learn(cluster.With(row.Replaced(storeOf(1), addressOfNode(1))))
			if err := <-found; err != nil || one.disk.ID != cluster.ID {
				t.Errorf("%s: taken in, it has found %+v, %v", name, one.disk, err)
			}
		})
	}
}

// TestAwaitCluster_two: who forms a cluster whose shards stand still without one of two nodes is told so, once.
func TestAwaitCluster_two(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, foundOne := w.begin(1, nil, Wish{}, 1, 2)
		two, foundTwo := w.begin(2, nil, Wish{}, 1, 2)
		defer end(one.member, two.member)
		if err := <-foundOne; err != nil {
			t.Fatal(err)
		}
		one.setCluster(one.disk)
		if err := <-foundTwo; err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(one.log.String()+two.log.String(), "two replicas of each shard"); n != 1 {
			t.Errorf("warned %d times; want once:\n%s%s", n, one.log, two.log)
		}
	})
}

// TestAwaitCluster_refused: what can never be is said before anybody is waited for; who is told to stop does.
func TestAwaitCluster_refused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
		cluster.Nodes[0].Store = shard.StoreID{77}
		two := w.join(2, cluster, nil)
		one := w.join(1, nil, func(c *Config) { c.Addresses = addressesOf(1, 2, 3) })
		defer end(one, two)
		if _, err := one.peers.AwaitCluster(t.Context(), Wish{Replicas: new(4)}, Defaults{Shards: 1, Replicas: 3}); err == nil || !strings.Contains(err.Error(), "4 replicas of a shard on 3 nodes") {
			t.Errorf("too many replicas: %v", err)
		}
		if _, err := two.peers.AwaitCluster(t.Context(), Wish{}, Defaults{}); err == nil || !strings.Contains(err.Error(), "no address of this node, 2") {
			t.Errorf("without an address: %v", err)
		}
		two.crash()
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan error)
		go func() {
			_, err := one.peers.AwaitCluster(ctx, Wish{}, Defaults{Shards: 1, Replicas: 3})
			stopped <- err
		}()
		time.Sleep(time.Minute)
		cancel()
		if err := <-stopped; !errors.Is(err, context.Canceled) {
			t.Errorf("told to stop: %v", err)
		}
	})
}

// TestParsePeers: lists that can be used, and what is said of others.
func TestParsePeers(t *testing.T) {
	got, err := ParsePeers([]string{"1=kv1.example:6000", "2=[::1]:6001", "4294967295=10.0.0.3:1"}, 2)
	want := map[storage.NodeID]string{1: "kv1.example:6000", 2: "[::1]:6001", 4294967295: "10.0.0.3:1"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for _, c := range []struct {
		list string
		says string
	}{
		{"1=a:1,1=b:1", "node 1 is there twice"},
		{"1=a:1,2=a:1", "nodes 1 and 2 have the same address, a:1"},
		{"2=a:1,3=b:1", "node 1, which is this one, is not among the nodes [2 3]"},
		{"a:1", `"a:1" is no node; one is NUMBER=HOST:PORT`},
		{"0=a:1", `"0" is no number of a node; it may be 1 to 4294967295`},
		{"4294967296=a:1", `"4294967296" is no number`},
		{"-1=a:1", `"-1" is no number`},
		{"x=a:1", `"x" is no number`},
		{"1=a", `"a" is no address`},
		{"1=", `"" is no address`},
		{"1=:6000", "no host that others could connect to"},
		{"1=0.0.0.0:6000", "no host that others could connect to"},
		{"1=[::]:6000", "no host that others could connect to"},
		{"1=a:0", `has the port "0"; it must be 1 to 65535`},
		{"1=a:65536", `has the port "65536"`},
		{"1=a:http", `has the port "http"`},
		{"1=unix:/x", "has the port"},
	} {
		if _, err := ParsePeers(strings.Split(c.list, ","), 1); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", c.list, err, c.says)
		}
	}
}
