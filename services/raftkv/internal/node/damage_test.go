package node_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"path"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/storage"
)

// flawed is a state that meets damage when it applies something while it has a flaw.
type flawed struct {
	*storage.State
	flaw *atomic.Bool
}

func (f flawed) Apply(at storage.Position, time kv.Millis, commands [][]byte) ([][]byte, storage.Index, error) {
	if f.flaw.Load() {
		return nil, 0, node.Damaged("the file 000007.sst is damaged")
	}
	return f.State.Apply(at, time, commands)
}

// TestDamage: a member that meets damage is out of service, whether it leads or not, and nobody else notices; the node passes
// on what it is asked. It is rebuilt from the others.
func TestDamage(t *testing.T) {
	for _, damaged := range []storage.NodeID{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			var flaw atomic.Bool
			f := launchFleet(t, 3, 3, func(id storage.NodeID, state *storage.State) node.Machine {
				if id == damaged {
					return flawed{state, &flaw}
				}
				return state
			})
			f.write()
			flaw.Store(true)
			f.write()
			time.Sleep(10 * time.Second) // by the clock of the test
			synctest.Wait()
			damages := f.nodes[damaged].Damages()
			if len(damages) != 1 || damages[0].Shard != shard || !node.IsDamage(damages[0].Err) {
				t.Fatalf("node %d tells of %v", damaged, damages)
			}
			if f.nodes[damaged].Holds(shard) || len(f.nodes[3].Damages()) > 0 {
				t.Error("the damaged member is in service, or another one is not")
			}
			f.write()
			f.check()
			flaw.Store(false) // the new member has other files
			if err := f.change(f.replace(damaged, damaged, f.nodes[damaged].StoreID())); err != nil {
				t.Fatal(err)
			}
			f.settled("[1 2 3]")
			if damages := f.nodes[damaged].Damages(); len(damages) > 0 {
				t.Errorf("rebuilt, node %d still tells of %v", damaged, damages)
			}
			f.write()
			f.check()
			f.kill(3)
			f.write()
			f.check()
		})
	}
}

// TestDamage_file flips a byte in a table, among the rows of a shard. When the node meets it, in the background, the member is
// out of service, and is not back after a restart; it is rebuilt from the others.
func TestDamage_file(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := launchFleet(t, 3, 3, func(_ storage.NodeID, state *storage.State) node.Machine { return state })
		for i := range byte(100) {
			value := make([]byte, 400)
			rand.NewChaCha8([32]byte{i}).Read(value)
			command := kv.Command{Writes: []kv.Write{{Kind: kv.Put, Key: []byte{'k', i}, Value: value, MaxValue: 400, Expect: kv.AnyVersion}}}
			if _, err := node.Execute(t.Context(), f.nodes[1].Group(shard), command.AppendTo(nil)); err != nil {
				t.Fatal(err)
			}
		}
		f.write()
		time.Sleep(time.Second) // by the clock of the test: until node 2 has all
		synctest.Wait()
		if err := f.nodes[2].Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		disk := f.disks[2]
		f.kill(2)
		flipInTable(t, disk)
		f.start(2, disk, nil)
		f.write()
		time.Sleep(time.Second) // until there is something to merge
		synctest.Wait()
		if err := f.nodes[2].Compact(t.Context()); err != nil && !node.IsDamage(err) { // nil if it was met before
			t.Fatal(err)
		}
		for restart := range 2 {
			time.Sleep(10 * time.Second) // by the clock of the test
			synctest.Wait()
			if damages := f.nodes[2].Damages(); len(damages) != 1 || f.nodes[2].Holds(shard) {
				t.Fatalf("node 2 tells of %v", damages)
			}
			f.write()
			f.check()
			if err := f.nodes[2].Compact(t.Context()); err != nil {
				t.Errorf("the damage is in the way of merges: %v", err)
			}
			if restart == 0 {
				f.kill(2)
				f.start(2, disk, nil)
			}
		}
		if err := f.change(f.replace(2, 2, f.nodes[2].StoreID())); err != nil {
			t.Fatal(err)
		}
		f.settled("[1 2 3]")
		if damages := f.nodes[2].Damages(); len(damages) > 0 {
			t.Errorf("rebuilt, node 2 still tells of %v", damages)
		}
		f.kill(3)
		f.write()
		f.check()
	})
}

// flipInTable changes a byte of the largest table, which has the log's rows before those of the state: one of the latter.
func flipInTable(t *testing.T, disk vfs.FS) {
	t.Helper()
	names, err := disk.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	table, size := "", int64(0)
	for _, name := range names {
		info, err := disk.Stat(disk.PathJoin(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if path.Ext(name) == ".sst" && info.Size() > size {
			table, size = name, info.Size()
		}
	}
	file, err := disk.OpenReadWrite(disk.PathJoin(dir, table), vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	_, err = file.ReadAt(b, size*3/4)
	b[0] ^= 0x40
	if err == nil {
		_, err = file.WriteAt(b, size*3/4)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestDamage_atStart: damage that a member meets at once, in what it has to apply again, is no other.
func TestDamage_atStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flaw atomic.Bool
		f := launchFleet(t, 3, 3, func(id storage.NodeID, state *storage.State) node.Machine {
			if id == 2 {
				return flawed{state, &flaw}
			}
			return state
		})
		f.write()
		f.kill(2)
		flaw.Store(true)
		f.start(2, f.disks[2], nil)
		f.write()
		time.Sleep(10 * time.Second) // by the clock of the test
		if damages := f.nodes[2].Damages(); len(damages) != 1 || damages[0].Shard != shard {
			t.Errorf("node 2 tells of %v", damages)
		}
		f.check()
	})
}

// TestDamage_alone: where nobody else has the shard, damage is the end of it.
func TestDamage_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flaw atomic.Bool
		told := make(chan error, 1)
		n, err := node.Open(node.Options{
			ID: 1, Found: nodetest.Alone(1), MaxInFlight: 1 << 20, Storage: storage.Options{Dir: dir, FS: vfs.NewMem()},
			Machine:   func(state *storage.State) node.Machine { return flawed{state, &flaw} },
			OnFailure: func(err error) { told <- err }, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if err := n.AwaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		flaw.Store(true)
		command := (&kv.Command{Writes: []kv.Write{{Kind: kv.Put, Key: []byte("k"), MaxValue: 10, Expect: kv.AnyVersion}}}).AppendTo(nil)
		if _, err := node.Execute(context.Background(), n.Group(shard), command); !errors.Is(err, node.ErrStopped) {
			t.Errorf("the write: %v", err)
		}
		if err := <-told; !node.IsDamage(err) {
			t.Errorf("the node tells of %v", err)
		}
		if len(n.Damages()) > 0 {
			t.Errorf("a member is out of service, and nobody else has the shard: %v", n.Damages())
		}
	})
}
