package node_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// TestLog_behind: the leader keeps the log for a member that answers and is behind, and a part of it for one that is silent.
func TestLog_behind(t *testing.T) {
	for name, answers := range map[string]bool{"a member that answers": true, "a silent member": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network, members := launchThree(t, node.AfterSync)
				leader := elected(t, members)
				behind := members[1]
				if answers {
					behind.gate.close() // its disk is slow; its voice is not
				} else {
					network.Attach(behind.id, nil)
				}
				const writes, size = 100, 256 << 10
				for range writes {
					if _, err := leader.execute(t.Context(), make([]byte, size)); err != nil {
						t.Fatal(err)
					}
					time.Sleep(100 * time.Millisecond) // by the clock of the test
				}
				synctest.Wait()
				first, err := leader.Log().FirstIndex()
				if err != nil {
					t.Fatal(err)
				}
				held := 0
				for _, index := range leader.indexes {
					if uint64(index) >= first {
						held++
					}
				}
				if answers && held < writes {
					t.Errorf("the log holds the last %d entries only", held)
				}
				if !answers && (held*size > 18<<20 || held*size < 14<<20) {
					t.Errorf("the log holds %d entries of %d bytes", held, size)
				}
				behind.gate.open()
				if !answers {
					return
				}
				for len(behind.applied()) < writes {
					time.Sleep(time.Second) // by the clock of the test
				}
			})
		})
	}
}

// TestStall_noElection: a member whose disk does not answer goes on to speak. Nobody stands for election because the
// leader waits for its disk, and one that follows does not because it waits for its own.
func TestStall_noElection(t *testing.T) {
	for name, moment := range map[string]node.Moment{"appending": node.BeforeAppend, "syncing": node.AfterSync, "applying": node.BeforeApply} {
		for _, stalled := range []string{"the leader", "a follower"} {
			t.Run(name+", "+stalled, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					_, members := launchThree(t, moment)
					leader := elected(t, members)
					slow := leader
					if stalled != "the leader" {
						slow = members[leader.id%3]
					}
					slow.gate.close()
					write := leader.send("x")
					before := leader.Status()
					time.Sleep(time.Minute) // by the clock of the test
					for _, m := range members {
						if now := m.Status(); now.Leader != leader.id || now.Term != before.Term {
							t.Errorf("member %d: after a minute, %d leads in term %d; before, %d in term %d", m.id, now.Leader, now.Term, leader.id, before.Term)
						}
					}
					slow.gate.open()
					synctest.Wait()
					write.expect(t, "the write", 1, nil)
				})
			})
		}
	}
}

// launchThree starts a group of three, with gates at a moment, on a network without faults.
func launchThree(t *testing.T, moment node.Moment, change ...func(*node.Options)) (*node.Network, []*member) {
	network := node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{})
	t.Cleanup(network.Settle) // when all members have ended
	disks, found := together(t, 3, 1, 3)
	var members []*member
	for id := storage.NodeID(1); id <= 3; id++ {
		m := launch(t, disks[id-1].(*vfs.MemFS), moment, func(m *member, c *node.Options) {
			c.ID, c.Found, c.Transport = id, found, network.From(id)
			for _, change := range change {
				change(c)
			}
		})
		t.Cleanup(func() { m.end(t) })
		network.Attach(id, m.node)
		members = append(members, m)
	}
	return network, members
}

// elected waits until the preferred leader leads, which is the first member, and can answer.
func elected(t *testing.T, members []*member) *member {
	for range 1000 {
		if m := members[0]; m.Status().Role == node.Leader && m.AwaitBarrier(t.Context()) == nil {
			return m
		}
		time.Sleep(100 * time.Millisecond) // by the clock of the test
	}
	t.Fatal("nobody is elected")
	return nil
}
