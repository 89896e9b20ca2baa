package node_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	raftkv "numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// fleet is nodes of a cluster of one shard, which tell each other what they know.
type fleet struct {
	t       *testing.T
	network *node.Network
	nodes   map[storage.NodeID]*node.Node
	disks   map[storage.NodeID]vfs.FS
	appends int
	machine func(storage.NodeID, *storage.State) node.Machine
	wrap    func(node.Transport) node.Transport // what nodes that are started later have as transport; nil for the network's own
}

// newFleet starts a cluster of so many nodes, of which some have a replica.
func newFleet(t *testing.T, nodes, replicas int) *fleet {
	return launchFleet(t, nodes, replicas, func(_ storage.NodeID, state *storage.State) node.Machine { return state })
}

func launchFleet(t *testing.T, nodes, replicas int, machine func(storage.NodeID, *storage.State) node.Machine) *fleet {
	f := &fleet{machine: machine, t: t, network: node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{}), nodes: make(map[storage.NodeID]*node.Node), disks: make(map[storage.NodeID]vfs.FS)}
	t.Cleanup(f.network.Settle) // when all nodes are closed
	disks, found := together(t, nodes, 1, replicas)
	for i, disk := range disks {
		f.start(storage.NodeID(i+1), disk, found)
	}
	return f
}

// start starts a node, in place of an earlier one.
func (f *fleet) start(id storage.NodeID, disk vfs.FS, found func(raftkv.StoreID) (raftkv.Cluster, error)) *node.Node {
	f.t.Helper()
	f.disks[id] = disk
	transport := f.network.From(id)
	if f.wrap != nil {
		transport = f.wrap(transport)
	}
	n, err := node.Open(node.Options{
		ID: id, Found: found, Transport: transport, MaxInFlight: 1 << 20,
		Storage:   storage.Options{Dir: dir, FS: disk},
		Machine:   func(state *storage.State) node.Machine { return f.machine(id, state) },
		OnFailure: func(err error) { f.t.Errorf("node %d: %v", id, err) }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if f.nodes[id] == n {
			n.Close()
		}
	})
	f.nodes[id] = n
	f.network.Attach(id, n)
	return n
}

// kill ends a node.
func (f *fleet) kill(id storage.NodeID) {
	f.t.Helper()
	f.network.Attach(id, nil)
	if err := f.nodes[id].Close(); err != nil {
		f.t.Error(err)
	}
	delete(f.nodes, id)
}

// gossip has all nodes know what each of them knows.
func (f *fleet) gossip() {
	f.t.Helper()
	for _, from := range f.nodes {
		for _, to := range f.nodes {
			if to.Cluster() != nil {
				if err := to.Learn(*from.Cluster()); err != nil {
					f.t.Fatal(err)
				}
			}
		}
	}
}

// leader waits for the node that leads.
func (f *fleet) leader() *node.Node {
	f.t.Helper()
	for range 1000 {
		for _, n := range f.nodes {
			if n.Leads(shard) && n.Replica(shard).AwaitBarrier(f.t.Context()) == nil {
				return n
			}
		}
		time.Sleep(50 * time.Millisecond) // by the clock of the test
	}
	f.t.Fatal("nobody leads")
	return nil
}

// change takes the first step of a change, at whoever leads.
func (f *fleet) change(step func(raftkv.Members) raftkv.Step) error {
	for range 100 {
		leader := f.leader()
		members := leader.Replica(shard).Members()
		err := leader.ChangeMembers(f.t.Context(), shard, step(members))
		if !errors.Is(err, node.ErrNotLeader) && (err == nil || !strings.Contains(err.Error(), "try again")) {
			return err
		}
		time.Sleep(50 * time.Millisecond) // by the clock of the test
	}
	return errors.New("no leader takes the step")
}

// replace is the first step of a change by which a node with some store takes the place of another one.
func (f *fleet) replace(old, id storage.NodeID, store raftkv.StoreID) func(raftkv.Members) raftkv.Step {
	return func(m raftkv.Members) raftkv.Step {
		learner := &raftkv.Learner{Member: raftkv.Member{ID: m.Next(id), Store: store}}
		for _, member := range m.Members {
			if member.ID.Node() == old {
				learner.Replaces = member.ID
			}
		}
		return raftkv.Step{Version: m.Version, Kind: raftkv.Begin, Learner: learner}
	}
}

// settled waits until no change is under way, and all nodes know who the members are.
func (f *fleet) settled(want string) {
	f.t.Helper()
	got := ""
	for range 1000 {
		f.gossip()
		members := f.leader().Cluster().Shards[shard]
		got = fmt.Sprint(members.Nodes())
		if got == want && members.Learner == nil && !members.Joint() {
			f.gossip() // who has left may not have heard of it from the leader
			return
		}
		time.Sleep(50 * time.Millisecond) // by the clock of the test
	}
	f.t.Fatalf("the members are %s; want %s", got, want)
}

// write appends something, through all nodes in turns.
func (f *fleet) write() {
	f.t.Helper()
	var nodes []*node.Node
	for _, n := range f.nodes {
		if n.Cluster() != nil {
			nodes = append(nodes, n)
		}
	}
	f.appends++
	write := kv.Write{Kind: kv.Append, Key: []byte("k"), Value: []byte("."), MaxValue: 1000, Expect: kv.AnyVersion}
	anywhere(f.t, nodes, shard, (&kv.Command{
		Request: kv.RequestID{Client: kv.ClientID{1}, Sequence: uint64(f.appends)}, Writes: []kv.Write{write},
	}).AppendTo(nil))
}

// check reads what was written, through each node.
func (f *fleet) check() {
	f.t.Helper()
	for id, n := range f.nodes {
		ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
		record, _, err := n.Group(shard).Get(ctx, []byte("k"))
		cancel()
		if err != nil || len(record.Value) != f.appends {
			f.t.Errorf("through node %d: %d of %d appends, %v", id, len(record.Value), f.appends, err)
		}
	}
}

// TestMembers_replace: another node takes the place of one, alive or dead, leading or not; it has all that was written, and
// the one that has left has nothing of it.
func TestMembers_replace(t *testing.T) {
	for _, old := range []storage.NodeID{1, 2} {
		for _, dies := range []bool{false, true} {
			t.Run(fmt.Sprintf("node %d, dead: %v", old, dies), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFleet(t, 4, 3)
					f.leader()
					f.write()
					if dies {
						f.kill(old)
					}
					f.write()
					if err := f.change(f.replace(old, 4, f.nodes[4].StoreID())); err != nil {
						t.Fatal(err)
					}
					want := map[storage.NodeID]string{1: "[4 2 3]", 2: "[1 4 3]"}[old]
					f.settled(want)
					f.write()
					f.check()
					if !dies && f.nodes[old].Holds(shard) {
						t.Errorf("node %d still has a replica", old)
					}
					// Those that are members now are enough, and two of them.
					if !dies {
						f.kill(old)
					}
					f.kill(3)
					f.write()
					f.check()
				})
			})
		}
	}
}

// TestMembers_newDisk: a node whose disk is lost comes back with an empty one, under another number in the group.
func TestMembers_newDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 3, 3)
		f.write()
		f.kill(2)
		f.write()
		disk := vfs.NewMem()
		fresh := f.start(2, disk, nil)
		leader := f.leader()
		news := *leader.Cluster()
		news.Nodes = []raftkv.Node{{ID: 2, Store: fresh.StoreID(), Version: 1}}
		if err := leader.Learn(news); err != nil {
			t.Fatal(err)
		}
		if err := f.change(f.replace(2, 2, fresh.StoreID())); err != nil {
			t.Fatal(err)
		}
		if err := fresh.Join(*f.leader().Cluster()); err != nil {
			t.Fatal(err)
		}
		f.settled("[1 2 3]")
		if id, ok := f.leader().Cluster().Shards[shard].On(fresh.StoreID()); !ok || id != raftkv.MemberOf(2, 1) {
			t.Errorf("the member is %v, %v", id, ok)
		}
		f.write()
		f.check()
		f.kill(3)
		f.write()
		f.check()
	})
}

// TestMembers_rebuild: a node throws its replica away, and takes another one from the others.
func TestMembers_rebuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 3, 3)
		f.write()
		if err := f.change(f.replace(3, 3, f.nodes[3].StoreID())); err != nil {
			t.Fatal(err)
		}
		f.settled("[1 2 3]")
		f.write()
		f.check()
		// After a restart it is the same member.
		f.kill(3)
		f.start(3, f.disks[3], nil)
		f.write()
		f.kill(1)
		f.write()
		f.check()
		if id := f.nodes[3].Replica(shard).ID(); id != raftkv.MemberOf(3, 1) {
			t.Errorf("the member is %v", id)
		}
	})
}

// TestMembers_grow: one node becomes three, and then one again, another one.
func TestMembers_grow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 3, 1)
		f.write()
		for id := storage.NodeID(2); id <= 3; id++ {
			if err := f.change(f.replace(0, id, f.nodes[id].StoreID())); err != nil {
				t.Fatal(err)
			}
			f.settled(fmt.Sprint([]int{1, 2, 3}[:id]))
			f.write()
		}
		f.check()
		for _, id := range []storage.NodeID{1, 2} {
			remove := func(m raftkv.Members) raftkv.Step {
				for _, member := range m.Members {
					if member.ID.Node() == id {
						return raftkv.Step{Version: m.Version, Kind: raftkv.Remove, Member: member.ID}
					}
				}
				return raftkv.Step{Version: m.Version, Kind: raftkv.Remove}
			}
			if err := f.change(remove); err != nil {
				t.Fatal(err)
			}
			f.settled(fmt.Sprint([]int{1, 2, 3}[id:]))
			f.write()
			f.check()
		}
	})
}

// TestMembers_refuses: what would leave a shard without a majority is refused, and says so.
func TestMembers_refuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 4, 3)
		f.write()
		f.kill(2)
		time.Sleep(10 * time.Second) // by the clock of the test
		remove := func(m raftkv.Members) raftkv.Step {
			return raftkv.Step{Version: m.Version, Kind: raftkv.Remove, Member: 3}
		}
		if err := f.change(remove); err == nil || !strings.Contains(err.Error(), "shard 0 would have 2 voters of which 1 answer") {
			t.Errorf("removing one of two that are alive: %v", err)
		}
		if err := f.nodes[3].ChangeMembers(t.Context(), shard, raftkv.Step{}); !errors.Is(err, node.ErrNotLeader) {
			t.Errorf("asked of one who does not lead: %v", err)
		}
		if err := f.nodes[4].ChangeMembers(t.Context(), shard, raftkv.Step{}); !errors.Is(err, node.ErrNotLeader) {
			t.Errorf("asked of one who has no replica: %v", err)
		}
		f.write()
		f.check()
	})
}

// TestMembers_takenBack: a change whose new member never comes does not go on, and can be taken back.
func TestMembers_takenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 4, 3)
		f.write()
		f.kill(4)
		if err := f.change(f.replace(3, 4, raftkv.StoreID{4})); err != nil {
			t.Fatal(err)
		}
		f.write()
		if err := f.change(f.replace(2, 4, raftkv.StoreID{4})); err == nil || !strings.Contains(err.Error(), "another change is under way") {
			t.Errorf("a second change: %v", err)
		}
		cancel := func(m raftkv.Members) raftkv.Step { return raftkv.Step{Version: m.Version, Kind: raftkv.Cancel} }
		if err := f.change(cancel); err != nil {
			t.Fatal(err)
		}
		f.settled("[1 2 3]")
		f.kill(3) // with the learner as a voter, two of four would be left
		f.write()
		f.check()
	})
}
