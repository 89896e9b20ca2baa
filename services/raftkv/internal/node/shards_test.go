package node_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/storage"
)

// TestShards: each shard has a group of its own over the same nodes, and what is written to one is in no other.
func TestShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shards = 3
		network := node.NewNetwork(rand.New(rand.NewPCG(1, 1)), badNetwork)
		t.Cleanup(network.Settle)
		disks, found := together(t, 3, shards, 3)
		var nodes []*node.Node
		for id := storage.NodeID(1); id <= 3; id++ {
			n, err := node.Open(node.Options{
				ID: id, Found: found, Transport: network.From(id), MaxInFlight: 1 << 20,
				Storage:   storage.Options{Dir: dir, FS: disks[id-1]},
				OnFailure: func(err error) { t.Error(err) }, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { n.Close() })
			network.Attach(id, n)
			nodes = append(nodes, n)
		}
		for _, n := range nodes {
			if err := n.AwaitReady(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		const writes = 20
		for shard := range storage.ShardID(shards) {
			for i := range writes * (int(shard) + 1) {
				write := kv.Write{Kind: kv.Append, Key: []byte("k"), Value: []byte("."), MaxValue: 1000, Expect: kv.AnyVersion}
				anywhere(t, nodes, shard, (&kv.Command{
					Request: kv.RequestID{Client: kv.ClientID{byte(shard) + 1}, Sequence: uint64(i) + 1}, Writes: []kv.Write{write},
				}).AppendTo(nil))
			}
		}
		for shard := range storage.ShardID(shards) {
			for _, n := range nodes {
				for waited := 0; ; waited++ {
					record, _, err := n.State(shard).Get([]byte("k"))
					if err != nil {
						t.Fatal(err)
					}
					if len(record.Value) == writes*(int(shard)+1) {
						break
					}
					if len(record.Value) > writes*(int(shard)+1) || waited > 100 {
						t.Fatalf("node %d has %d appends in shard %d", n.ID(), len(record.Value), shard)
					}
					time.Sleep(time.Second) // by the clock of the test
				}
			}
		}
	})
}

// anywhere has a command executed by whichever node leads the shard.
func anywhere(t *testing.T, nodes []*node.Node, shard storage.ShardID, command []byte) {
	t.Helper()
	for i := range 1000 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := node.Execute(ctx, nodes[i%len(nodes)].Group(shard), command)
		cancel()
		if err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond) // by the clock of the test
	}
	t.Fatalf("nobody takes a command for shard %d", shard)
}

// TestShards_budget: what is in flight in one shard counts for the others too.
func TestShards_budget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &gate{moment: node.AfterSync}
		n, err := node.Open(node.Options{
			ID: 1, Found: nodetest.Alone(2), MaxInFlight: 100, At: disk.at,
			Storage:   storage.Options{Dir: dir, FS: vfs.NewMem()},
			Machine:   func(*storage.State) node.Machine { return new(recorder) },
			OnFailure: func(err error) { t.Error(err) }, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if err := n.AwaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		disk.close()
		told := make(chan error, 2)
		propose := func(shard storage.ShardID, size int) {
			n.Group(shard).Propose(&node.Proposal{
				Commands: [][]byte{[]byte(strings.Repeat("x", size))}, Done: func(_ [][]byte, err error) { told <- err },
			})
		}
		propose(0, 60)
		propose(1, 60)
		if err := <-told; !errors.Is(err, node.ErrBusy) {
			t.Errorf("more than is allowed together: %v", err)
		}
		disk.open()
		if err := <-told; err != nil {
			t.Errorf("what was there first: %v", err)
		}
		propose(1, 60)
		if err := <-told; err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}

// TestAwaitReady_fails: who waits for a node that never finds its leaders is told when that is for good: when its store
// fails, or when one of its replicas ends, whichever shard's that is.
func TestAwaitReady_fails(t *testing.T) {
	gone := errors.New("the disk is gone")
	for name, c := range map[string]struct {
		fail func(*node.Node)
		says error
	}{
		"the store": {func(n *node.Node) { n.Store().Fail(gone) }, gone},
		"a replica": {func(n *node.Node) { n.Receive(1, beyondLog()) }, node.ErrStopped},
	} {
		t.Run(name, func(t *testing.T) {
			disks, found := together(t, 2, 3, 2)
			n, err := node.Open(node.Options{
				ID: 1, Found: found, MaxInFlight: 1 << 20,
				Transport: node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{}).From(1),
				Storage:   storage.Options{Dir: dir, FS: disks[0]},
				Logger:    slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			told := make(chan error, 1)
			go func() { told <- n.AwaitReady(t.Context()) }()
			c.fail(n)
			if err := within(func() error { return <-told }); !errors.Is(err, c.says) {
				t.Errorf("it ends with %v", err)
			}
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAwaitReady_left: a node that learns while it waits for its leaders that it has the shards no more is ready.
func TestAwaitReady_left(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disks, found := together(t, 2, 3, 2)
		n, err := node.Open(node.Options{
			ID: 1, Found: found, MaxInFlight: 1 << 20,
			Transport: node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{}).From(1),
			Storage:   storage.Options{Dir: dir, FS: disks[0]},
			Logger:    slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		told := make(chan error, 1)
		go func() { told <- n.AwaitReady(t.Context()) }()
		synctest.Wait()
		known := *n.Cluster()
		known.Shards = slices.Clone(known.Shards)
		for i, members := range known.Shards {
			known.Shards[i] = members.Survive(2, known.Nodes)
		}
		if err := n.Learn(known); err != nil {
			t.Fatal(err)
		}
		if err := within(func() error { return <-told }); err != nil || len(n.Locals()) > 0 {
			t.Errorf("it ends with %v, and has %d shards", err, len(n.Locals()))
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestOpen_refuses: what contradicts what the folder says is refused, with both.
func TestOpen_refuses(t *testing.T) {
	transport := node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{}).From(1)
	disks, found := together(t, 2, 3, 2)
	open := func(id storage.NodeID, found nodetest.Found, transport node.Transport) error {
		n, err := node.Open(node.Options{
			ID: id, Found: found, Transport: transport, MaxInFlight: 1 << 20,
			Storage: storage.Options{Dir: dir, FS: disks[0]}, Logger: slog.New(slog.DiscardHandler),
		})
		if err == nil {
			err = n.Close()
		}
		return err
	}
	for _, c := range []struct {
		says      string
		id        storage.NodeID
		transport node.Transport
	}{
		{"the number 0", 0, transport},
		{"as node 2", 2, transport},
		{"as node 3", 3, transport},
		{"no transport", 1, nil},
		{"", 1, transport},
		{"of node 1 of its cluster, not of node 2", 2, transport},
		{"which has 2 nodes", 1, nil},
	} {
		if err := open(c.id, found, c.transport); c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%q: %v", c.says, err)
		}
	}
}

// together makes disks with stores for the nodes of a cluster, and founds it.
func together(t *testing.T, nodes, shards, replicas int) ([]vfs.FS, nodetest.Found) {
	t.Helper()
	disks := make([]vfs.FS, nodes)
	for i := range disks {
		disks[i] = vfs.NewMem()
	}
	found, err := nodetest.Together(nodetest.Cluster{Dir: dir, Disks: disks, Shards: shards, Replicas: replicas})
	if err != nil {
		t.Fatal(err)
	}
	return disks, found
}
