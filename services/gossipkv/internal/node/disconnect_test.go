package node_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/storage"
	"numstore.example/services/internal/engine/enginetest"
)

// TestDisconnect: when it returns, what has come over the link is shown, however slow the disk is.
func TestDisconnect(t *testing.T) {
	network := node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{})
	nodes := make(map[merge.ServerID]*node.Node)
	for id := merge.ServerID(1); id <= 2; id++ {
		slow := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				time.Sleep(100 * time.Microsecond)
			}
			return nil
		}))
		n, err := node.Open(node.Options{Server: id, Storage: storage.Options{Dir: enginetest.Dir, FS: slow}})
		if err != nil {
			t.Fatal(err)
		}
		nodes[id] = n
		network.Attach(id, n)
		defer n.Close()
		defer network.Detach(id)
	}
	if err := network.Join(1, 2); err != nil {
		t.Fatal(err)
	}
	carried := make(chan merge.Version, 1000) // what was sent to 2, by a push or an exchange
	network.Lose(func(_, to merge.ServerID, m node.Message) bool {
		for _, e := range entriesOf(m) {
			if to == 2 {
				carried <- e.Version
			}
		}
		return false
	})
	for range 10 {
		version, err := nodes[1].Put(t.Context(), []byte("key"), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for sent := range carried {
			if sent == version {
				break
			}
		}
		network.Settle() // so it has come
		if err := nodes[2].Disconnect(t.Context(), 1, ""); err != nil {
			t.Fatal(err)
		}
		status, err := nodes[2].Status()
		if err != nil || !status.Known.Covers(version) {
			t.Fatalf("the node knows %v (%v); want that %v, which had come, is covered", status.Known, err, version)
		}
		if err := network.Join(1, 2); err != nil {
			t.Fatal(err)
		}
	}
}

// entriesOf returns the entries that a message carries.
func entriesOf(m node.Message) []merge.Entry {
	switch {
	case m.Push != nil:
		return m.Push.Entries
	case m.Piece != nil:
		return m.Piece.Entries
	}
	return nil
}
