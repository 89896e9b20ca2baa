package storage

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// sharded is a store with the states of some shards, without logs: what is written is applied.
type sharded struct {
	*Store
	place  func([]byte) (ShardID, error)
	states map[ShardID]*State
}

// shardedStore makes the store of a plan's node, filled with a backup unless that is nil, and forms the cluster.
func shardedStore(tb testing.TB, plan Plan, backup []byte) *sharded {
	tb.Helper()
	options := Options{Dir: testDir, FS: vfs.NewMem(), Logger: discard, WriteBehind: 1}
	if backup != nil {
		options.Restore = reading{backup, plan}
	}
	store, err := Open(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { store.Close() })
	if err := store.Form(formed(plan, store), plan.Self); err != nil {
		tb.Fatal(err)
	}
	s := &sharded{store, plan.Place, make(map[ShardID]*State)}
	for _, number := range plan.held() {
		if s.states[number], err = store.OpenState(number, shard.MemberOf(plan.Self, 0)); err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

// formed is the cluster of a plan. The other stores have the numbers of their nodes.
func formed(plan Plan, store *Store) shard.Cluster {
	nodes := slices.Clone(plan.Cluster.Nodes)
	for i := range nodes {
		nodes[i].Store = shard.StoreID{byte(nodes[i].ID)}
		if nodes[i].ID == plan.Self {
			nodes[i].Store = store.StoreID()
		}
	}
	cluster, err := shard.Form(shard.ClusterID{8}, plan.Cluster.Placement, nodes, len(plan.Cluster.Shards), len(plan.Cluster.Shards[0].Members))
	if err != nil {
		panic(err)
	}
	return cluster
}

// apply applies a command to a shard, at a time that is after the last one by so much.
func (s *sharded) apply(tb testing.TB, to ShardID, after kv.Millis, command []byte) kv.Reply {
	tb.Helper()
	state := s.states[to]
	replies, _, err := state.Apply(Position{5, state.Applied() + 1}, state.Now()+after, [][]byte{command})
	if err != nil {
		tb.Fatal(err)
	}
	reply, err := kv.DecodeReply(replies[0])
	if err != nil {
		tb.Fatal(err)
	}
	return reply
}

// write is put at the shard of the key.
func (s *sharded) write(tb testing.TB, client byte, sequence uint64, key, value string) kv.Reply {
	tb.Helper()
	at, err := s.place([]byte(key))
	if err != nil {
		tb.Fatal(err)
	}
	return s.apply(tb, at, 1, put(client, sequence, key, value))
}

// parts returns the parts of a backup.
func (s *sharded) parts(tb testing.TB, id shard.BackupID) (parts [][]byte) {
	tb.Helper()
	for number := range ShardID(len(s.states)) {
		var part bytes.Buffer
		if err := s.states[number].Backup(id, &part); err != nil {
			tb.Fatal(err)
		}
		parts = append(parts, part.Bytes())
	}
	return parts
}

func (s *sharded) backUp(tb testing.TB) []byte {
	tb.Helper()
	return bytes.Join(s.parts(tb, shard.BackupID{4}), nil)
}

// snapshots returns what each shard has, but for what a snapshot says of the members' stores.
func (s *sharded) snapshots(tb testing.TB) map[ShardID][]byte {
	tb.Helper()
	all := make(map[ShardID][]byte)
	for number, state := range s.states {
		var rows bytes.Buffer
		if err := state.writeRows(&rows, nil, func(kind byte) bool { return kind != stateMembers }); err != nil {
			tb.Fatal(err)
		}
		all[number] = rows.Bytes()
	}
	return all
}

// written is a write that was answered.
type written struct {
	client   byte
	sequence uint64
	key      string
	reply    kv.Reply
}

// fourShards makes a store of four shards. Each client belongs to one of them, and its last write is returned; two clients
// were dropped.
func fourShards(tb testing.TB) (store *sharded, last []written, dropped []byte) {
	tb.Helper()
	store = shardedStore(tb, alone(4), nil)
	for client := range byte(2) {
		store.write(tb, client, 1, fmt.Sprintf("early%d", client), "v")
	}
	for number := range ShardID(4) {
		store.apply(tb, number, 1000*kv.Millis(number+1), kv.AppendForget(nil, 1000))
	}
	for client := byte(10); client < 30; client++ {
		key := fmt.Sprintf("key%d", client)
		store.write(tb, client, 1, key, strings.Repeat("first", int(client)))
		reply := store.write(tb, client, 2, key, "second") // whose reply, with the value before, is large or not
		last = append(last, written{client, 2, key, reply})
	}
	return store, last, []byte{0, 1}
}
