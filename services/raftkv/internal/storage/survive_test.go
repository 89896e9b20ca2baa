package storage

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/shard"
)

// bereft fills a disk with a store of node 1, of a cluster of two nodes that both had both shards, and returns the map.
func bereft(tb testing.TB, disk vfs.FS) shard.Cluster {
	tb.Helper()
	store := bare(tb, disk)
	cluster := clusterOf(tb, store, 1, 2, 2, 2)
	if err := store.Form(cluster, 1); err != nil {
		tb.Fatal(err)
	}
	for number := range cluster.Shards {
		mustOpen(tb, store, ShardID(number), 1).put(tb, "key", "value")
	}
	if err := store.Close(); err != nil {
		tb.Fatal(err)
	}
	return cluster
}

// survivors returns what a store has of its shards.
func survivors(tb testing.TB, store *Store) []Survivor {
	tb.Helper()
	all, err := store.Survivors()
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// TestSurvive: the survivor of one shard is the only voter after every end, for the map, the state and Raft, and has all
// that it had; another shard stays as it is.
func TestSurvive(t *testing.T) {
	for _, how := range reopenings {
		disk := vfs.NewCrashableMem()
		before := bereft(t, disk)
		store := bare(t, disk)
		found := survivors(t, store)
		want := Survivor{Shard: 0, Member: 1, Members: before.Shards[0], Last: Position{1, 1}, Applied: 1}
		if len(found) != 2 || !reflect.DeepEqual(found[0], want) {
			t.Fatalf("found %+v; want %+v", found, want)
		}
		alone, err := store.Survive(found[0])
		if err != nil || !alone.Alone(1) {
			t.Fatalf("the members are %+v (%v)", alone, err)
		}
		_, store = ended(t, disk, store, how)
		cluster, _, err := store.Cluster()
		if err != nil || !reflect.DeepEqual(cluster.Shards, []shard.Members{alone, before.Shards[1]}) {
			t.Errorf("%s: the map has %+v (%v)", how, cluster, err)
		}
		m := mustOpen(t, store, 0, 1)
		_, conf, err := m.log.InitialState()
		if err != nil || !slices.Equal(conf.GetVoters(), []uint64{1}) || !reflect.DeepEqual(m.state.Members(), alone) {
			t.Errorf("%s: the state has %+v, and Raft %v (%v)", how, m.state.Members(), conf, err)
		}
		if record, exists, err := m.state.Get([]byte("key")); !exists || err != nil || string(record.Value) != "value" {
			t.Errorf("%s: the key has %v (%v)", how, record, err)
		}
		if other := mustOpen(t, store, 1, 1); !reflect.DeepEqual(other.state.Members(), before.Shards[1]) {
			t.Errorf("%s: the other shard has %+v", how, other.state.Members())
		}
		store.Close()
	}
}

// TestSurvive_crashes crashes it at every operation: the state and the map have the members of before, or both those after.
func TestSurvive_crashes(t *testing.T) {
	disk := vfs.NewCrashableMem()
	bereft(t, disk)
	left, err := enginetest.CrashPoints(seeded(t), disk, func(fs vfs.FS) error {
		store, err := Open(Options{Dir: testDir, FS: fs, Logger: discard})
		if err != nil {
			return err
		}
		found, err := store.Survivors()
		if err != nil {
			return err
		}
		for _, v := range found {
			if v.Refusal != nil {
				return v.Refusal
			}
		}
		_, err = store.Survive(found[1])
		return errors.Join(err, store.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[bool]int)
	for i, disk := range left {
		store := bare(t, disk)
		cluster, _, err := store.Cluster()
		if err != nil {
			t.Fatal(err)
		}
		of := mustOpen(t, store, 1, 1).state.Members()
		if !reflect.DeepEqual(of, cluster.Shards[1]) {
			t.Errorf("crash %d: the state has %+v, and the map %+v", i, of, cluster.Shards[1])
		}
		count[of.Alone(1)]++
		store.Close()
	}
	if count[true] == 0 || count[false] == 0 {
		t.Errorf("the crashes have left a member alone, or not: %v: this test has lost its subject", count)
	}
}

// TestSurvive_newer: the newest members that the store knows of count, whether the map has them or the state.
func TestSurvive_newer(t *testing.T) {
	for _, told := range []bool{true, false} {
		disk := vfs.NewMem()
		cluster := bereft(t, disk)
		store := bare(t, disk)
		step := beginOf(cluster.Shards[0], 3, 0)
		newer := cluster.Shards[0].After(step)
		if told {
			cluster.Shards[0] = newer
			if err := store.Learn(cluster); err != nil {
				t.Fatal(err)
			}
		} else {
			m := mustOpen(t, store, 0, 1)
			entry := some(1, 2, 1)
			m.log.write(t, entry, hardly(1, 1, 2))
			if _, _, err := m.state.ApplyMembers(PositionOf(entry[0]), func(m shard.Members) shard.Members { return m.After(step) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		store = bare(t, disk)
		alone, err := store.Survive(survivors(t, store)[0])
		if err != nil || alone.Version <= newer.Version || !alone.Alone(1) || !alone.Gone(step.Learner.ID) {
			t.Errorf("the map is newer: %v: %+v (%v)", told, alone, err)
		}
		store.Close()
	}
}

// TestSurvive_refused: who is alone already, has lost something, knows nothing, or was retired as the newer map knows, is refused,
// and stays what it is.
func TestSurvive_refused(t *testing.T) {
	for says, prepare := range map[string]func(store *Store) (*Store, error){
		ErrAlone.Error(): func(store *Store) (*Store, error) {
			_, err := store.Survive(survivors(t, store)[0])
			return store, err
		},
		"rows of the shard are lost": func(store *Store) (*Store, error) {
			batch := store.NewBatch()
			batch.Set(damageKey(0), []byte("a file"), nil)
			return store, store.Commit(batch, true)
		},
		"but entry 1 was synced": func(store *Store) (*Store, error) {
			batch := store.NewBatch()
			batch.Delete(entryKey(0, 1), nil)
			return store, store.Commit(batch, true)
		},
		"nothing of the shard has come": func(store *Store) (*Store, error) {
			if err := store.Close(); err != nil {
				return nil, err
			}
			store = bare(t, vfs.NewMem())
			cluster := clusterOf(t, store, 2, 2, 1, 1)
			step := beginOf(cluster.Shards[0], 2, 0)
			step.Learner.Store = store.StoreID()
			cluster.Shards[0] = cluster.Shards[0].After(step)
			return store, store.Form(cluster, 2)
		},
	} {
		disk := vfs.NewMem()
		bereft(t, disk)
		store, err := prepare(bare(t, disk))
		if err != nil {
			t.Fatalf("%s: %v", says, err)
		}
		for number := range ShardID(2) {
			if err := store.CloseShard(number); err != nil {
				t.Fatal(err)
			}
		}
		before, _, err := store.Cluster()
		if err != nil {
			t.Fatal(err)
		}
		v := survivors(t, store)[0]
		if _, err := store.Survive(v); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
		if after, _, err := store.Cluster(); err != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%s: the map was %+v, and is %+v (%v)", says, before, after, err)
		}
		store.Close()
	}
}

// TestOpenExisting: nothing is made where there is no store, and one of no cluster is refused.
func TestOpenExisting(t *testing.T) {
	disk := vfs.NewMem()
	options := Options{Dir: testDir, FS: disk, Logger: discard}
	if _, err := OpenExisting(options); err == nil || !strings.Contains(err.Error(), "there is no store in "+testDir) {
		t.Errorf("without a folder: %v", err)
	}
	if left, _ := disk.List(testDir); len(left) > 0 {
		t.Errorf("there is %v now", left)
	}
	if err := bare(t, disk).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenExisting(options); err == nil || !strings.Contains(err.Error(), "of no cluster yet") {
		t.Errorf("a new store: %v", err)
	}
	bare(t, disk).Close() // it was let go of
}
