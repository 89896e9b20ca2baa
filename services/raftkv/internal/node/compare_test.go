package node_test

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// crooked is a machine that applies a command in a way of its own, as one of another version, or with other limits, might.
type crooked struct{ *storage.State }

// Apply does what the state does, but for one value.
func (c crooked) Apply(at storage.Position, time kv.Millis, commands [][]byte) ([][]byte, storage.Index, error) {
	others := make([][]byte, len(commands))
	for i, command := range commands {
		others[i] = bytes.ReplaceAll(command, []byte("straight"), []byte("crooked!"))
	}
	return c.State.Apply(at, time, others)
}

// journal is a log that several goroutines write to, and that is read at the end.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// TestCompare: a node whose state of a shard has become another than the leader's says so, with the shard and the leader;
// the others, and the shards in which nothing differs, say nothing.
func TestCompare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shards, wrong, crookedNode = 3, 1, 3
		network := node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{})
		t.Cleanup(network.Settle)
		disks, found := together(t, 3, shards, 3)
		var nodes []*node.Node
		var journals [3]journal
		for id := storage.NodeID(1); id <= 3; id++ {
			options := node.Options{
				ID: id, Found: found, Transport: network.From(id), MaxInFlight: 1 << 20,
				Storage:   storage.Options{Dir: dir, FS: disks[id-1], ChecksumEvery: time.Minute},
				OnFailure: func(err error) { t.Error(err) }, Logger: slog.New(slog.NewTextHandler(&journals[id-1], nil)),
			}
			if id == crookedNode {
				options.Machine = func(state *storage.State) node.Machine { return crooked{state} }
			}
			n, err := node.Open(options)
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
		for i, value := range []string{"plain", "straight", "plain"} {
			write := kv.Write{Kind: kv.Put, Key: []byte("k"), Value: []byte(value), Expect: kv.AnyVersion}
			anywhere(t, nodes, storage.ShardID(i), (&kv.Command{Writes: []kv.Write{write}}).AppendTo(nil))
		}
		time.Sleep(2 * time.Minute) // by the clock of the test
		for i := range shards {
			write := kv.Write{Kind: kv.Put, Key: []byte("l"), Value: []byte("next"), Expect: kv.AnyVersion}
			anywhere(t, nodes, storage.ShardID(i), (&kv.Command{Writes: []kv.Write{write}}).AppendTo(nil))
		}
		time.Sleep(time.Minute) // by the clock of the test
		for i, n := range nodes {
			for _, local := range n.Locals() {
				sum, differs := local.Checksum()
				if want := n.ID() == crookedNode && local.Shard() == wrong; sum.Index == 0 || differs != want {
					t.Errorf("shard %d at node %d has the checksum %+v, and differs: %t", local.Shard(), n.ID(), sum, differs)
				}
			}
			said := journals[i].String()
			if n.ID() != crookedNode && strings.Contains(said, "level=ERROR") {
				t.Errorf("node %d says %s", n.ID(), said)
			}
			if n.ID() == crookedNode && (!strings.Contains(said, "level=ERROR") || !strings.Contains(said, "shard=1 node=3 leader=2")) {
				t.Errorf("node %d says %s", n.ID(), said)
			}
		}
	})
}
