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
