package storage

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// damagedShard is the one in the middle of three, which has nearly all rows.
const damagedShard = 1

// three opens the three shards of a store that is node 1 of a cluster of two, unless they are damaged.
func three(options Options) (store *Store, shards [3]*member, err error) {
	options.Dir, options.Logger = testDir, discard
	if store, err = Open(options); err != nil {
		return nil, shards, err
	}
	cluster, _, err := store.Cluster()
	if err == nil && cluster == nil {
		nodes := []shard.Node{{ID: 1, Store: store.StoreID()}, {ID: 2, Store: shard.StoreID{2}}}
		var formed shard.Cluster
		if formed, err = shard.Form(shard.ClusterID{7}, 1, nodes, 3, 2); err == nil {
			err = store.Form(formed, 1)
		}
	}
	for i := range shards {
		if err == nil {
			if shards[i], err = openShard(store, ShardID(i), shard.MemberOf(1, store.held[ShardID(i)])); IsDamage(err) {
				shards[i], err = nil, nil
			}
		}
	}
	store.Start()
	return store, shards, err
}

// write appends and applies an entry.
func (m *member) write(key, value string) error {
	index := uint64(m.log.last.Index) + 1
	entry := &raftpb.Entry{Term: new(uint64(1)), Index: &index, Data: put(1, index, key, value)}
	pending, err := m.log.Append([]*raftpb.Entry{entry}, hardly(1, 1, index))
	if err == nil {
		err = pending.Await()
	}
	if err == nil {
		_, _, err = m.state.Apply(PositionOf(entry), kv.Millis(index), [][]byte{entry.Data})
	}
	m.log.Applied(Index(index))
	return err
}

// keysOf is how many keys the shards of bigShard have.
var keysOf = [3]int{20, 300, 20}

// valueOf is the value of a key of bigShard. It is long, and nothing makes it shorter.
func valueOf(number, key int) string {
	value := make([]byte, 400)
	rand.NewChaCha8([32]byte{byte(number), byte(key), byte(key >> 8)}).Read(value)
	return string(value)
}

// bigShard returns the files of a store with three shards, in one table of many blocks, and a snapshot of the large one.
func bigShard(tb testing.TB) (all files, snapshot []byte) {
	tb.Helper()
	disk := vfs.NewMem()
	store, shards, err := three(Options{FS: disk})
	if err != nil {
		tb.Fatal(err)
	}
	for i, m := range shards {
		for k := range keysOf[i] {
			if err := m.write(fmt.Sprintf("key%03d", k), valueOf(i, k)); err != nil {
				tb.Fatal(err)
			}
		}
		if err := m.log.Truncate(m.log.last.Index - 1); err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	err = shards[damagedShard].state.WriteSnapshot(&b)
	if err = errors.Join(err, store.Compact(tb.Context()), store.Close()); err != nil {
		tb.Fatal(err)
	}
	if all, err = readFiles(disk); err != nil {
		tb.Fatal(err)
	}
	return all, b.Bytes()
}

// withMore returns files with one more table, which has rows of all shards, most of them of the large one.
func (f files) withMore(tb testing.TB) files {
	tb.Helper()
	disk, err := f.disk()
	if err != nil {
		tb.Fatal(err)
	}
	store, shards, err := three(Options{FS: disk})
	if err != nil {
		tb.Fatal(err)
	}
	for k := range 60 {
		if err := shards[damagedShard].write(fmt.Sprintf("more%02d", k), valueOf(damagedShard, 1000+k)); err != nil {
			tb.Fatal(err)
		}
	}
	m := shards[damagedShard]
	err = errors.Join(shards[0].write("more", "a"), shards[2].write("more", "b"), m.log.Truncate(m.log.last.Index-1), store.flush())
	err = errors.Join(err, store.CutOut(engine.Span{Lower: []byte("u"), Upper: []byte("u\x00")}), store.Close()) // which writes a table
	if err != nil {
		tb.Fatal(err)
	}
	all, err := readFiles(disk)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// table returns the name of the largest table.
func (f files) table() (name string) {
	for other, content := range f {
		if path.Ext(other) == ".sst" && (name == "" || len(content) > len(f[name])) {
			name = other
		}
	}
	return name
}

// damaged returns files in which a byte of the largest table has changed.
func (f files) damaged(at int) files {
	content := slices.Clone(f[f.table()])
	content[at] ^= 0x40
	return f.with(f.table(), content)
}

// inTheMiddle returns files in which a byte has changed that is of the large shard.
func (f files) inTheMiddle() files { return f.damaged(len(f[f.table()]) / 2) }

// read reads all keys that a member of bigShard has. What is not there, or wrong, is an error that is none of damage.
func (m *member) read() error {
	number := int(m.state.shard)
	for k := range keysOf[number] {
		record, exists, err := m.state.Get(fmt.Appendf(nil, "key%03d", k))
		if err != nil {
			return err
		}
		if !exists || string(record.Value) != valueOf(number, k) {
			return fmt.Errorf("key %d is there: %t, with %.20q", k, exists, record.Value)
		}
	}
	return nil
}

// othersAreWell returns an error unless the shards beside the damaged one have all that they had, and take writes.
func othersAreWell(shards [3]*member) error {
	for _, i := range []int{0, 2} {
		if shards[i] == nil {
			return fmt.Errorf("shard %d is damaged", i)
		}
		if err := errors.Join(shards[i].read(), shards[i].write("another", "key")); err != nil {
			return err
		}
	}
	return nil
}

// lost is a shard of which OnDamage was told.
type lost struct {
	shard ShardID
	err   error
}

func tellingLosses() (options Options, losses chan lost) {
	losses = make(chan lost, 16)
	return Options{OnDamage: func(shard ShardID, err error) { losses <- lost{shard, err} }}, losses
}
