package node_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/storage"
)

// many is a node alone with many shards.
type many struct {
	*node.Node
	t        *testing.T
	machines []*recorder                   // of the shards
	disk     *gate                         // behind each append
	applies  atomic.Pointer[chan struct{}] // each entry takes one of these before it is applied, if not nil
	synced   atomic.Int64
	failures atomic.Int64
}

// openMany opens a node with so many shards, and waits until it serves.
func openMany(t *testing.T, shards int) *many {
	t.Helper()
	m := &many{t: t, disk: &gate{moment: node.AfterSync}}
	count := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".log") && slices.Contains(syncs, op.Kind) {
			m.synced.Add(1)
		}
		return nil
	})
	var err error
	m.Node, err = node.Open(node.Options{
		ID: 1, Found: nodetest.Alone(shards), MaxInFlight: 1 << 20, At: m.at,
		Storage: storage.Options{Dir: dir, FS: errorfs.Wrap(vfs.NewMem(), count)},
		Machine: func(*storage.State) node.Machine {
			m.machines = append(m.machines, new(recorder))
			return m.machines[len(m.machines)-1]
		},
		OnFailure: func(error) { m.failures.Add(1) }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.disk.open()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := m.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // everybody knows who leads
	return m
}

func (m *many) at(moment node.Moment) {
	m.disk.at(moment)
	if steps := m.applies.Load(); steps != nil && moment == node.BeforeApply {
		<-*steps
	}
}

// send has a shard execute a command. What comes of it can be read when all goroutines wait.
func (m *many) send(shard storage.ShardID) *outcome {
	o := new(outcome)
	m.Group(shard).Propose(&node.Proposal{Commands: [][]byte{{1}}, Done: func(_ [][]byte, err error) { o.calls, o.err = o.calls+1, err }})
	return o
}

// TestCrew_together: what gathers in many shards while the disk is busy becomes an entry of each, and one sync for all.
func TestCrew_together(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shards, each = 16, 3
		m := openMany(t, shards)
		m.disk.close()
		first := m.send(0)
		synctest.Wait()
		before := m.synced.Load()
		var others []*outcome
		for range each {
			for shard := range storage.ShardID(shards) {
				others = append(others, m.send(shard))
			}
			synctest.Wait()
		}
		m.disk.open()
		synctest.Wait()
		if n := m.synced.Load() - before; n != 1 {
			t.Errorf("%d shards took %d syncs", shards, n)
		}
		first.expect(t, "the first", 1, nil)
		for _, other := range others {
			other.expect(t, "another", 1, nil)
		}
		for shard, machine := range m.machines {
			if entries := machine.applied(); len(entries[len(entries)-1]) != each {
				t.Errorf("shard %d has the entries %q", shard, entries)
			}
		}
	})
}

// TestCrew_oneFails: when the machine of a shard fails, or the rules of its group are broken, others go on.
func TestCrew_oneFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMany(t, 4)
		failed := errors.New("the machine is broken")
		m.machines[1].refuse = failed
		m.disk.close()
		all := []*outcome{m.send(0), m.send(1), m.send(2), m.send(3)}
		synctest.Wait()
		m.Receive(2, beyondLog())
		synctest.Wait()
		m.disk.open()
		synctest.Wait()
		all[0].expect(t, "a shard beside others", 1, nil)
		all[1].expect(t, "a shard whose machine fails", 1, failed)
		all[2].expect(t, "a shard whose rules are broken", 1, node.ErrStopped)
		all[3].expect(t, "a shard beside others", 1, nil)
		for shard, want := range []error{nil, node.ErrStopped, node.ErrStopped, nil} {
			if _, err := node.Execute(context.Background(), m.Group(storage.ShardID(shard)), []byte("later")); !errors.Is(err, want) {
				t.Errorf("later, shard %d says %v; want %v", shard, err, want)
			}
		}
		if m.failures.Load() == 0 {
			t.Error("OnFailure was not told")
		}
	})
}

// TestCrew_oneStops: a shard that is stopped waits for what is on its way to the disk, and others go on.
func TestCrew_oneStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMany(t, 2)
		m.disk.close()
		underway := m.send(0)
		synctest.Wait()
		stopped := false
		go func() { m.Replica(0).Stop(); stopped = true }()
		synctest.Wait()
		underway.expect(t, "what is on its way", 1, node.ErrStopped)
		if stopped {
			t.Error("it has stopped while something was on its way to the disk")
		}
		m.disk.open()
		synctest.Wait()
		if !stopped {
			t.Error("it does not stop when that is there")
		}
		other := m.send(1)
		synctest.Wait()
		other.expect(t, "another shard", 1, nil)
	})
}

// TestCrew_oneWaits: while the machine of a shard waits, another one whose entry was applied just before it is not deaf.
func TestCrew_oneWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMany(t, 3)
		steps := make(chan struct{})
		m.applies.Store(&steps)
		all := []*outcome{m.send(2)}
		synctest.Wait()
		m.disk.close() // so that the next two come together
		all = append(all, m.send(2))
		synctest.Wait()
		all = append(all, m.send(0), m.send(1))
		synctest.Wait()
		m.disk.open()
		synctest.Wait()
		for range 3 { // those of shard 2, and one more
			steps <- struct{}{}
			synctest.Wait()
		}
		read := new(outcome)
		m.Replica(0).Barrier(func(err error) { read.calls, read.err = read.calls+1, err })
		synctest.Wait()
		read.expect(t, "a read of the other shard", 1, nil)
		close(steps)
		synctest.Wait()
		for _, o := range all {
			o.expect(t, "each", 1, nil)
		}
	})
}
