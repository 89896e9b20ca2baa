package node_test

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// counting is a transport that counts messages with entries, and those that only say how far the group has decided.
type counting struct {
	node.Transport
	entries, bare atomic.Int64
}

// Send implements node.Transport.
func (c *counting) Send(shard storage.ShardID, messages []*raftpb.Message) {
	for _, message := range messages {
		if message.GetType() == raftpb.MsgApp {
			if len(message.GetEntries()) > 0 {
				c.entries.Add(1)
			} else {
				c.bare.Add(1)
			}
		}
	}
	c.Transport.Send(shard, messages)
}

// TestNeedless: how far a group has decided is said with the next entry, if one is about to come, and otherwise at once.
func TestNeedless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disks, found := together(t, 3, 1, 3)
		network := node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{})
		t.Cleanup(network.Settle)
		sent := &counting{Transport: network.From(1)}
		var members []*member
		for id := storage.NodeID(1); id <= 3; id++ {
			m := launch(t, disks[id-1].(*vfs.MemFS), node.AfterSync, func(_ *member, o *node.Options) {
				o.ID, o.Found, o.Transport = id, found, network.From(id)
				if id == 1 {
					o.Transport = sent
				}
			})
			t.Cleanup(func() { m.end(t) })
			network.Attach(id, m.node)
			members = append(members, m)
		}
		leader := elected(t, members)
		synctest.Wait()
		leader.gate.close()
		sent.bare.Store(0)
		first := leader.send("first")
		for _, m := range members[1:] {
			m.gate.close()
		}
		synctest.Wait()
		second := leader.send("second") // which waits for the leader's disk
		for _, m := range members[1:] {
			m.gate.open()
		}
		synctest.Wait()
		second.expect(t, "what is held", 0, nil)
		if bare := sent.bare.Load(); bare > 0 {
			t.Errorf("%d messages say how far the group has decided, though an entry is about to", bare)
		}
		leader.gate.open()
		synctest.Wait() // and no time passes, in which a heartbeat might say it
		first.expect(t, "what was on its way", 1, nil)
		second.expect(t, "what was held", 1, nil)
		for i, m := range members {
			if applied := m.applied(); len(applied) != 2 {
				t.Errorf("when all is decided, node %d has applied %q", i+1, applied)
			}
		}
	})
}
