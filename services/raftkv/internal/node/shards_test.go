package node_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// TestShards: each shard has a group of its own over the same nodes, and what is written to one is in no other.
func TestShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shards = 3
		network := node.NewNetwork(rand.New(rand.NewPCG(1, 1)), badNetwork)
		t.Cleanup(network.Settle)
		var nodes []*node.Node
		for id := storage.NodeID(1); id <= 3; id++ {
			n, err := node.Open(node.Options{
				ID: id, Members: []storage.NodeID{1, 2, 3}, Shards: shards, Transport: network.From(id), MaxInFlight: 1 << 20,
				Storage:   storage.Options{Dir: dir, FS: vfs.NewMem()},
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
		for shard := range shards {
			for i := range writes * (shard + 1) {
				write := kv.Write{Kind: kv.Append, Key: []byte("k"), Value: []byte("."), MaxValue: 1000, Expect: kv.AnyVersion}
				anywhere(t, nodes, shard, (&kv.Command{
					Request: kv.RequestID{Client: kv.ClientID{byte(shard) + 1}, Sequence: uint64(i) + 1}, Writes: []kv.Write{write},
				}).AppendTo(nil))
			}
		}
		for shard := range shards {
			for _, n := range nodes {
				for waited := 0; ; waited++ {
					record, _, err := n.State(shard).Get([]byte("k"))
					if err != nil {
						t.Fatal(err)
					}
					if len(record.Value) == writes*(shard+1) {
						break
					}
					if len(record.Value) > writes*(shard+1) || waited > 100 {
						t.Fatalf("node %d has %d appends in shard %d", n.ID(), len(record.Value), shard)
					}
					time.Sleep(time.Second) // by the clock of the test
				}
			}
		}
	})
}

// anywhere has a command executed by whichever node leads the shard.
func anywhere(t *testing.T, nodes []*node.Node, shard int, command []byte) {
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
			ID: 1, Shards: 2, MaxInFlight: 100, At: disk.at,
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
		propose := func(shard, size int) {
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
			n, err := node.Open(node.Options{
				ID: 1, Members: []storage.NodeID{1, 2}, Shards: 3, MaxInFlight: 1 << 20,
				Transport: node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{}).From(1),
				Storage:   storage.Options{Dir: dir, FS: vfs.NewMem()},
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

// TestOpen_refuses: options that would fail later, or mix up shards, are refused before anything is made.
func TestOpen_refuses(t *testing.T) {
	network := node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{}).From(1)
	for says, options := range map[string]node.Options{
		"1 or greater":          {},
		"not among the members": {ID: 1, Members: []storage.NodeID{2, 3}, Transport: network},
		"no transport":          {ID: 1, Members: []storage.NodeID{1, 2}},
		"65537 shards":          {ID: 1, Shards: 65537},
		"-1 shards":             {ID: 1, Shards: -1},
	} {
		disk := vfs.NewMem()
		options.Storage, options.Logger, options.OnFailure = storage.Options{Dir: dir, FS: disk}, slog.New(slog.DiscardHandler), func(error) {}
		if _, err := node.Open(options); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
		if _, err := disk.Stat(dir); err == nil {
			t.Errorf("%q: the folder was made", says)
		}
	}
}
