package node_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// leading waits until another member than that leads, and returns it.
func leading(t *testing.T, members []*member, not *member) *member {
	t.Helper()
	for range 1000 {
		for _, m := range members {
			if m != not && m.Status().Role == node.Leader && !m.Status().Stalled && m.AwaitBarrier(t.Context()) == nil {
				return m
			}
		}
		time.Sleep(10 * time.Millisecond) // by the clock of the test
	}
	t.Fatal("nobody is elected")
	return nil
}

// TestStall_stepsDown: a leader whose disk hangs loses its office, and answers no reads. Who waits for it is told. When the
// disk is well again, it follows, has what was written meanwhile, and then gets its office back.
func TestStall_stepsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, members := launchThree(t, node.AfterSync)
		first := elected(t, members)
		first.gate.close()
		waits := first.send("waits")
		synctest.Wait()
		first.node.Stalled(true)
		synctest.Wait()
		waits.expect(t, "a write", 1, node.ErrDeposed)
		if err := first.AwaitBarrier(t.Context()); !errors.Is(err, node.ErrNotLeader) {
			t.Errorf("a read there: %v", err)
		}
		second := leading(t, members, first)
		if _, err := first.execute(t.Context(), []byte("passed on")); err != nil {
			t.Errorf("a write that the node passes on: %v", err)
		}
		if now := second.Status(); now.Role != node.Leader {
			t.Errorf("member %d: %+v", second.id, now)
		}
		first.gate.open()
		first.node.Stalled(false)
		if again := elected(t, members); again != first {
			t.Errorf("member %d leads", again.id)
		}
		synctest.Wait()
		if got, want := fmt.Sprint(first.applied()), fmt.Sprint(second.applied()); got != want {
			t.Errorf("the first has %s, the second %s", got, want)
		}
	})
}

// TestStall_follower: a follower whose disk hangs neither votes nor stands for election.
func TestStall_follower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, members := launchThree(t, node.AfterSync)
		first := elected(t, members)
		term := first.Status().Term
		members[1].gate.close()
		members[1].node.Stalled(true)
		time.Sleep(time.Minute) // by the clock of the test
		if _, err := first.execute(t.Context(), []byte("x")); err != nil {
			t.Error(err)
		}
		members[1].gate.open()
		members[1].node.Stalled(false)
		time.Sleep(time.Minute) // by the clock of the test
		if now := first.Status(); now.Role != node.Leader || now.Term != term {
			t.Errorf("after that: %+v; it led in term %d", now, term)
		}
	})
}

// TestHandOver: a node that is about to stop gives its shards away first. No write fails for it, and nobody has to
// wait for an election.
func TestHandOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, members := launchThree(t, node.AfterSync)
		first := elected(t, members)
		over, done := make(chan struct{}), make(chan struct{})
		writes := 0
		go func() {
			defer close(done)
			for !closed(over) {
				if _, err := members[1].execute(t.Context(), []byte("x")); err != nil {
					t.Errorf("write %d: %v", writes, err)
				}
				writes++
				time.Sleep(time.Millisecond) // by the clock of the test
			}
		}()
		time.Sleep(100 * time.Millisecond)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		first.node.HandOver(ctx)
		if took := time.Since(began); took > 100*time.Millisecond { // by the clock of the test
			t.Errorf("it took %v", took)
		}
		if first.Status().Role == node.Leader {
			t.Error("it leads still")
		}
		time.Sleep(time.Second)
		close(over)
		<-done
		if writes < 500 {
			t.Errorf("there were only %d writes", writes)
		}
	})
}

// TestPreferred: the shard is led by its first member again when that has come back, and caught up.
func TestPreferred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network, members := launchThree(t, node.AfterSync)
		first := elected(t, members)
		network.Attach(first.id, nil)
		second := leading(t, members, first)
		if _, err := second.execute(t.Context(), []byte("while it is away")); err != nil {
			t.Error(err)
		}
		network.Attach(first.id, first.node)
		if again := elected(t, members); len(again.applied()) != 1 {
			t.Errorf("it leads, and has applied %v", again.applied())
		}
	})
}

// TestFull_givesAway: while the disk of the leader is full, somebody else comes to lead who has room, again and again; when there
// is room again it gets its office back. So it is with two of three disks full, if not at once: who gets it is left to chance.
func TestFull_givesAway(t *testing.T) {
	for full := 1; full <= 2; full++ {
		synctest.Test(t, func(t *testing.T) {
			disks := make(map[storage.NodeID]*enginetest.ToldDisk)
			_, members := launchThree(t, node.AfterSync, func(o *node.Options) {
				disks[o.ID] = enginetest.NewToldDisk(o.Storage.FS)
				o.Storage.FS, o.Storage.Reserve = disks[o.ID], 1<<20
			})
			elected(t, members)
			for _, m := range members[:full] {
				disks[m.id].Free.Store(1000)
			}
			for range 5 {
				time.Sleep(20 * time.Second) // by the clock of the test
				roomy := members[full:]
				for waited := 0; !slices.ContainsFunc(roomy, func(m *member) bool { return m.Status().Role == node.Leader }); waited++ {
					if waited == 1000 {
						t.Fatal("nobody leads who has room")
					}
					time.Sleep(time.Second) // likewise
				}
			}
			for _, disk := range disks {
				disk.Empty()
			}
			time.Sleep(11 * time.Minute) // by the clock of the test: it was given away again and again, and is not given back soon
			elected(t, members)
		})
	}
}

// TestFull_everywhere: where no disk has room, leaders go on giving their office away, at longer and longer intervals, and
// commands, which may be deletions, are executed.
func TestFull_everywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var disks []*enginetest.ToldDisk
		_, members := launchThree(t, node.AfterSync, func(o *node.Options) {
			disk := enginetest.NewToldDisk(o.Storage.FS)
			o.Storage.FS, o.Storage.Reserve = disk, 1<<20
			disks = append(disks, disk)
		})
		term := elected(t, members).Status().Term
		for _, disk := range disks {
			disk.Free.Store(1000)
		}
		time.Sleep(10 * time.Minute) // by the clock of the test
		leader := leading(t, members, nil)
		if _, err := leader.execute(t.Context(), []byte("x")); err != nil {
			t.Error(err)
		}
		if now := leader.Status().Term; now == term || now > term+200 {
			t.Errorf("the term was %d, and is %d after ten minutes", term, now)
		}
	})
}

// TestReceive_foreign: messages that are not for the node's member, or come from itself, are not heard.
func TestReceive_foreign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, members := launchThree(t, node.AfterSync)
		first := elected(t, members)
		term := first.Status().Term
		for _, way := range [][2]uint64{{2, 3}, {2, 1<<32 | 1}, {1, 1}, {1<<32 | 1, 1}, {2, 0}} {
			message := beyondLog()
			*message.From, *message.To, *message.Term = way[0], way[1], uint64(term)+5
			first.node.Receive(shard, message)
			first.node.Receive(shard+1, message)
		}
		synctest.Wait()
		if now := first.Status(); now.Role != node.Leader || now.Term != term || len(first.failures) > 0 {
			t.Errorf("after that: %+v, %v", now, first.failures)
		}
	})
}
