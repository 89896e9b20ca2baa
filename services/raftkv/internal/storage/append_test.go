package storage

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestAppends: appends to several logs reach the disk together, in their order, and the mark of each log says so.
func TestAppends(t *testing.T) {
	for _, awaited := range []bool{false, true} {
		disk := vfs.NewCrashableMem()
		store, shards := two(t, Options{FS: disk})
		appends := store.NewAppends()
		appends.Add(shards[0].log, some(1, 3, 5), nil)
		appends.Add(shards[1].log, some(1, 3, 2), nil)
		appends.Add(shards[0].log, some(2, 5, 1), hardly(2, 1, 2)) // in place of the last three
		if err := appends.Begin(); err != nil {
			t.Fatal(err)
		}
		if awaited {
			if err := appends.Await(); err != nil {
				t.Fatal(err)
			}
		}
		for percent := 0; percent <= 100; percent += 50 {
			left := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(1, 1))})
			again, err := Open(Options{Dir: testDir, FS: left, Logger: discard})
			if err != nil {
				t.Fatal(err)
			}
			ends := [2]Position{mustOpen(t, again, 0, 1).log.last, mustOpen(t, again, 1, 1).log.last}
			all := [2]Position{{Term: 2, Index: 5}, {Term: 1, Index: 4}}
			none := [2]Position{{Term: 1, Index: 2}, {Term: 1, Index: 2}}
			if ends != all && (awaited || ends != none) {
				t.Errorf("after a crash with %d per cent of what was not synced, the logs end after %v (awaited: %v)", percent, ends, awaited)
			}
			if err := again.Close(); err != nil {
				t.Error(err)
			}
		}
		if !awaited {
			if err := appends.Await(); err != nil {
				t.Fatal(err)
			}
		}
		for i, m := range shards {
			if m.log.mark.Last() != synced(m.log.last) {
				t.Errorf("the mark of shard %d says %v; its log ends after %v", i, m.log.mark.Last(), m.log.last)
			}
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestShare: many shards have no more in memory than one, but for what is worth a write.
func TestShare(t *testing.T) {
	for _, c := range []struct{ shards, whole, least, want int }{
		{1, 1000, 100, 1000},
		{4, 1000, 100, 250},
		{100, 1000, 100, 100},
		{100, 50, 100, 50},
	} {
		if got := (&Store{shards: c.shards}).Share(c.whole, c.least); got != c.want {
			t.Errorf("each of %d shards has %d of %d, and %d at least; want %d", c.shards, got, c.whole, c.least, c.want)
		}
	}
	store, shards := two(t, Options{FS: vfs.NewMem(), WriteBehind: 2 * leastWriteBehind})
	defer store.Close()
	shards[0].put(t, "key", string(make([]byte, leastWriteBehind)))
	if m := shards[0]; m.state.kept != m.log.last.Index {
		t.Errorf("of two shards, one keeps more than its share in memory: entries %d to %d", m.state.kept+1, m.log.last.Index)
	}
}
