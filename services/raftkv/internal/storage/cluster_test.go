package storage

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/raftpb"
	"pgregory.net/rapid"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// bare opens a store, and nothing in it.
func bare(tb testing.TB, disk vfs.FS) *Store {
	tb.Helper()
	store, err := Open(Options{Dir: testDir, FS: disk, Logger: discard})
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// clusterOf returns a map with so many nodes, shards and replicas, in which the store is node self.
func clusterOf(tb testing.TB, store *Store, self NodeID, nodes, shards, replicas int) shard.Cluster {
	tb.Helper()
	var all []shard.Node
	for id := NodeID(1); id <= NodeID(nodes); id++ {
		all = append(all, shard.Node{ID: id, Store: shard.StoreID{byte(id)}, Address: fmt.Sprintf("n%d:6000", id)})
	}
	all[self-1].Store = store.StoreID()
	cluster, err := shard.Form(shard.ClusterID{7}, 3, all, shards, replicas)
	if err != nil {
		tb.Fatal(err)
	}
	return cluster
}

// TestForm: what a store was told of its cluster is there after every end, and each of its shards has the members that the
// map gives it, as Raft is told too.
func TestForm(t *testing.T) {
	for _, how := range reopenings {
		disk := vfs.NewCrashableMem()
		store := bare(t, disk)
		if cluster, self, err := store.Cluster(); cluster != nil || self != 0 || err != nil {
			t.Fatalf("a new store is node %d of %+v (%v)", self, cluster, err)
		}
		want := clusterOf(t, store, 2, 3, 4, 2)
		for range 2 { // the second time, nothing happens
			if err := store.Form(want, 2); err != nil {
				t.Fatal(err)
			}
		}
		left := disk
		switch how {
		case "killed":
			left = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
		case "power failed":
			left = disk.CrashClone(vfs.CrashCloneCfg{})
		}
		store.Close()
		store = bare(t, left)
		defer store.Close()
		if cluster, self, err := store.Cluster(); err != nil || self != 2 || !reflect.DeepEqual(*cluster, want) {
			t.Errorf("%s: it is node %d of %+v (%v), and should be node 2 of %+v", how, self, cluster, err, want)
		}
		for number, members := range want.Shards {
			state, err := store.OpenState(ShardID(number), 2)
			if err != nil {
				t.Fatal(err)
			}
			log, err := store.OpenLog(ShardID(number), 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, here := members.On(store.StoreID()); !here {
				members = shard.Members{}
			}
			if got := state.Members(); !reflect.DeepEqual(got, members) {
				t.Errorf("%s: shard %d has the members %+v; want %+v", how, number, got, members)
			}
			var voters []uint64
			for _, member := range members.Members {
				voters = append(voters, uint64(member.ID))
			}
			if _, conf, err := log.InitialState(); err != nil || !slices.Equal(conf.GetVoters(), voters) {
				t.Errorf("%s: Raft is told of the voters %v of shard %d (%v); want %v", how, conf.GetVoters(), number, err, voters)
			}
		}
	}
}

// TestForm_refuses: a store does not become one of a node whose store is another, nor one of a second cluster.
func TestForm_refuses(t *testing.T) {
	store := bare(t, vfs.NewMem())
	defer store.Close()
	good := clusterOf(t, store, 2, 3, 4, 2)
	refused := func(cluster shard.Cluster, self NodeID, want string) {
		t.Helper()
		before, _, _ := store.Cluster()
		if err := store.Form(cluster, self); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("node %d of %+v: %v; want %q", self, cluster, err, want)
		}
		if after, _, err := store.Cluster(); err != nil || !reflect.DeepEqual(after, before) {
			t.Errorf("the store was of %+v, and is of %+v (%v)", before, after, err)
		}
	}
	refused(good, 4, "has no node 4")
	refused(good, 3, "node 3 of cluster 07000000000000000000000000000000 has the store 03")
	refused(shard.Cluster{Nodes: good.Nodes}, 2, "no shards")
	if err := store.Form(good, 2); err != nil {
		t.Fatal(err)
	}
	other := good
	other.ID = shard.ClusterID{8}
	refused(other, 2, "name an empty folder")
	refused(clusterOf(t, store, 2, 3, 5, 2), 2, "another map")
	refused(clusterOf(t, store, 1, 3, 4, 2), 1, "as its node 2")
}

// TestForm_shares: how many clients a shard remembers depends on the number of shards of the cluster, whatever a node has of
// them, before and after a restart: it decides what replies are.
func TestForm_shares(t *testing.T) {
	disk := vfs.NewMem()
	for start := range 2 {
		store := bare(t, disk)
		if start == 0 {
			if err := store.Form(clusterOf(t, store, 1, 2, shard.MaxShards, 1), 1); err != nil {
				t.Fatal(err)
			}
		}
		state, err := store.OpenState(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		const most = kv.MaxSessions / shard.MaxShards
		var commands [][]byte
		for client := range most + 10 {
			commands = append(commands, ofClient(client+start*most, 1, kv.Put, "value"))
		}
		if _, _, err := state.Apply(Position{1, Index(start + 1)}, 1, commands); err != nil {
			t.Fatal(err)
		}
		if sessions := state.Figures().Sessions; sessions != most {
			t.Errorf("start %d: %d clients are remembered; want %d", start, sessions, most)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDescription: what is known of a cluster comes back as it was.
func TestDescription(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) shard.Node {
			return shard.Node{
				ID:      NodeID(rapid.Uint32Min(1).Draw(t, "number")),
				Store:   shard.StoreID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "store")),
				Address: rapid.String().Draw(t, "address"),
			}
		}), 1, 9, func(n shard.Node) NodeID { return n.ID }).Draw(t, "nodes")
		cluster, err := shard.Form(shard.ClusterID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "cluster")), rapid.Uint32().Draw(t, "placement"),
			nodes, rapid.IntRange(1, 20).Draw(t, "shards"), rapid.IntRange(1, len(nodes)).Draw(t, "replicas"))
		if err != nil {
			t.Fatal(err)
		}
		want := description{nodes[0].ID, cluster}
		got, err := decodeDescription(want.encode())
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Fatalf("%+v came back as %+v (%v)", want, got, err)
		}
	})
}

// TestCluster_damaged: rows that say nothing are damage, not a new store.
func TestCluster_damaged(t *testing.T) {
	for name, c := range map[string]struct {
		key  []byte
		row  string
		open bool // whether the store opens all the same
	}{
		"description": {clusterKey, `{"node":`, false},
		"no shards":   {clusterKey, `{"node":1,"cluster":{}}`, false},
		"members":     {newSlot(0).client(stateMembers, kv.ClientID{})[:prefixLen], `[`, true},
		"slot":        {slotKey(0), "u", true},
		"slots":       {slotKey(0), "st", true},
	} {
		disk := vfs.NewMem()
		store := begin(t, disk)
		batch := store.NewBatch()
		batch.Set(c.key, []byte(c.row), nil)
		if err := store.Commit(batch, true); err != nil {
			t.Fatal(err)
		}
		store.end(t)
		damaged, err := Open(Options{Dir: testDir, FS: disk, Logger: discard})
		if (err == nil) != c.open || err != nil && !IsDamage(err) {
			t.Errorf("%s: the store opens with %v", name, err)
		}
		if err != nil {
			continue
		}
		if _, err := damaged.OpenState(0, 1); !IsDamage(err) {
			t.Errorf("%s: the state opens with %v", name, err)
		}
		damaged.Close()
	}
}

// TestSlot_leftovers: what lies in the slot that does not count, because a crash came before it could, is not there after
// the next start. What does count is, in either slot.
func TestSlot_leftovers(t *testing.T) {
	for _, space := range []byte{firstSlot, secondSlot} {
		store := begin(t, vfs.NewCrashableMem())
		store.must(t, put(1, 1, "key", "value"))
		own := store.stateRows(t)
		batch := store.NewBatch()
		for _, slot := range []slot{{firstSlot, 0}, {secondSlot, 0}, {secondSlot, 1}, {firstSlot, 1}} {
			iterator, err := store.Rows(newSlot(0).span())
			if err != nil {
				t.Fatal(err)
			}
			for iterator.First(); iterator.Valid(); iterator.Next() {
				p := slot.prefix(iterator.Key()[prefixLen-1])
				batch.Set(append(p[:], iterator.Key()[prefixLen:]...), iterator.Value(), nil)
			}
			iterator.Close()
		}
		batch.Set(slotKey(0), []byte{space}, nil)
		if err := store.Commit(batch, true); err != nil {
			t.Fatal(err)
		}
		store = store.reopen(t, "power failed")
		for slot, want := range map[slot]bool{{space, 0}: true, slot{space, 0}.other(): false, {firstSlot, 1}: true, {secondSlot, 1}: true} {
			iterator, err := store.Rows(slot.span())
			if err != nil {
				t.Fatal(err)
			}
			if iterator.First() != want {
				t.Errorf("with %c: there are rows in %c of shard %d: %t", space, slot.space, slot.shard, !want)
			}
			iterator.Close()
		}
		if len(store.stateRows(t)) != len(own) || store.state.slot.Load().space != space {
			t.Errorf("with %c: the state has %v; want %v", space, store.stateRows(t), own)
		}
		store.must(t, put(1, 2, "key", "second"))
		store = store.reopen(t, "killed")
		if pairs := store.pairs(t); !slices.Equal(pairs, []string{"key is second"}) || len(store.state.Members().Members) != 1 {
			t.Errorf("with %c: there is %v", space, pairs)
		}
		store.end(t)
	}
}

// TestLog_snapshot: Raft is told which entry the state shows, which is not the last one of the log, and who the members are.
func TestLog_snapshot(t *testing.T) {
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	if _, err := store.log.Snapshot(); err == nil {
		t.Error("there is a snapshot of nothing")
	}
	store.must(t, put(1, 1, "key", "value"))
	store.log.write(t, []*raftpb.Entry{{Term: new(uint64(4)), Index: new(uint64(2)), Data: put(1, 2, "key", "later")}}, nil)
	snapshot, err := store.log.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if m := snapshot.GetMetadata(); m.GetIndex() != 1 || m.GetTerm() != 1 || !slices.Equal(m.GetConfState().GetVoters(), []uint64{1}) || snapshot.Data != nil {
		t.Errorf("the snapshot is %v", snapshot)
	}
}

// TestLearn: what a store learns of its cluster is there after every end, and what it knew better stays.
func TestLearn(t *testing.T) {
	for _, how := range reopenings {
		disk := vfs.NewCrashableMem()
		store := bare(t, disk)
		if err := store.Learn(clusterOf(t, store, 2, 3, 2, 2)); err == nil {
			t.Error("a store of no cluster has learned of one")
		}
		old := clusterOf(t, store, 2, 3, 2, 2)
		if err := store.Form(old, 2); err != nil {
			t.Fatal(err)
		}
		mustOpen(t, store, 0, 2)
		moved, changed := old, old
		moved.Nodes = []shard.Node{{ID: 3, Store: shard.StoreID{33}, Address: "elsewhere:6000", Version: 1}}
		changed.Shards = slices.Clone(old.Shards)
		changed.Shards[1] = old.Shards[1].After(beginOf(old.Shards[1], 1, 0))
		for _, news := range []shard.Cluster{moved, changed, old} {
			if err := store.Learn(news); err != nil {
				t.Fatal(err)
			}
		}
		other := old
		other.ID = shard.ClusterID{8}
		for _, wrong := range []shard.Cluster{other, clusterOf(t, store, 2, 3, 5, 2)} {
			if err := store.Learn(wrong); err == nil || !strings.Contains(err.Error(), "the map is of cluster") {
				t.Errorf("it has learned %+v (%v)", wrong, err)
			}
		}
		_, store = ended(t, disk, store, how)
		cluster, self, err := store.Cluster()
		if err != nil || self != 2 {
			t.Fatalf("%s: it is node %d (%v)", how, self, err)
		}
		if node, _ := cluster.Node(3); node.Address != "elsewhere:6000" || cluster.Shards[1].Learner == nil || !slices.Equal(cluster.Dead, []shard.StoreID{{3}}) {
			t.Errorf("%s: it knows %+v", how, cluster)
		}
		store.Close()
	}
}
