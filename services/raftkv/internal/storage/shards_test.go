package storage

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// openShard opens a shard of a store for one of its node's members.
func openShard(store *Store, number ShardID, id MemberID) (*member, error) {
	m := &member{Store: store}
	var err error
	if m.state, err = store.OpenState(number, id); err == nil {
		m.log, err = store.OpenLog(number, m.state.Applied())
	}
	return m, err
}

// mustOpen is openShard for one that must open.
func mustOpen(tb testing.TB, store *Store, number ShardID, id MemberID) *member {
	tb.Helper()
	m, err := openShard(store, number, id)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// put writes and applies an entry.
func (m *member) put(tb testing.TB, key, value string) {
	tb.Helper()
	index := uint64(m.log.last.Index) + 1
	entry := some(1, index, 1)
	entry[0].Data = put(1, index, key, value)
	m.log.write(tb, entry, hardly(1, 1, index))
	if _, _, err := m.state.Apply(PositionOf(entry[0]), kv.Millis(index), [][]byte{entry[0].Data}); err != nil {
		tb.Fatal(err)
	}
}

// stage stages a snapshot.
func (m *member) stage(snapshot []byte) (*Staged, error) {
	return m.state.Stage(bytes.NewReader(snapshot))
}

// knowsNothing returns an error if there is something of the shard in the state or in the log, or if the member has voted. It
// may have heard of a term.
func (m *member) knowsNothing() error {
	hard, conf, err := m.log.InitialState()
	first, errFirst := m.log.FirstIndex()
	last, errLast := m.log.LastIndex()
	if err := errors.Join(err, errFirst, errLast); err != nil {
		return err
	}
	if hard.GetVote()+hard.GetCommit() != 0 || len(conf.GetVoters()) > 0 || first != 1 || last != 0 {
		return fmt.Errorf("the log has entries %d to %d, with %v, and the members %v", first, last, hard, conf)
	}
	if f := m.state.Figures(); f != (Figures{}) || !reflect.DeepEqual(m.state.Members(), shard.Members{}) {
		return fmt.Errorf("the state has %+v, and the members %+v", f, m.state.Members())
	}
	if rows := m.countRows(m.state.shard); rows["s"]+rows["t"] > 0 || rows["r"] > 1 {
		return fmt.Errorf("there are rows: %v", rows)
	}
	return nil
}

// countRows returns how many rows each space has of a shard, unless it has none.
func (s *Store) countRows(number ShardID) map[string]int {
	rows := make(map[string]int)
	for _, space := range []byte{spaceRaft, firstSlot, secondSlot} {
		iterator, err := s.Rows(slot{space, number}.span())
		if err != nil {
			rows[err.Error()]++
			continue
		}
		for iterator.First(); iterator.Valid(); iterator.Next() {
			rows[string(space)]++
		}
		iterator.Close()
	}
	return rows
}

// joining is a map in which node 2, whose store it is, is to become a member of shard 0.
func joining(tb testing.TB, store *Store) shard.Cluster {
	cluster := clusterOf(tb, store, 2, 3, 1, 1)
	step := beginOf(cluster.Shards[0], 2, 0)
	step.Learner.Store = store.StoreID()
	cluster.Shards[0] = cluster.Shards[0].After(step)
	return cluster
}

// TestOpen_newMember crashes the first life of a member that joins a group at every operation. Until it has a snapshot, it
// knows nothing of the shard; then it has what that has.
func TestOpen_newMember(t *testing.T) {
	_, snapshot, _ := ahead(t)
	disk := vfs.NewCrashableMem()
	var after []string
	var done *vfs.MemFS
	left, err := enginetest.CrashPoints(seeded(t), disk, func(fs vfs.FS) error {
		store, err := Open(Options{Dir: testDir, FS: fs, Logger: discard})
		if err != nil {
			return err
		}
		if err := store.Form(joining(t, store), 2); err != nil {
			return err
		}
		m, err := openShard(store, 0, 2)
		if err != nil {
			return err
		}
		if err := m.knowsNothing(); err != nil {
			t.Error(err)
		}
		if _, err := m.log.Snapshot(); err == nil {
			t.Error("there is a snapshot of nothing")
		}
		m.log.write(t, nil, hardly(3, 0, 0))
		staged, err := m.stage(snapshot)
		if err != nil {
			return err
		}
		if err := m.log.Install(staged, hardly(3, 0, uint64(staged.Position.Index))); err != nil {
			return err
		}
		done = disk.CrashClone(vfs.CrashCloneCfg{})
		after, err = m.describe()
		return errors.Join(err, store.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for i, disk := range append(left, done) {
		store := bare(t, disk)
		if cluster, _, err := store.Cluster(); err != nil || cluster == nil {
			count["not formed"]++
			store.Close()
			continue
		}
		m, err := openShard(store, 0, 2)
		if err != nil {
			t.Fatalf("crash %d of %d: %v", i, len(left), err)
		}
		got, err := m.describe()
		switch {
		case err == nil && slices.Equal(got, after):
			count["installed"]++
		case err == nil && disk != done && m.knowsNothing() == nil:
			count["nothing"]++
		default:
			t.Errorf("crash %d of %d: there is %v (%v)", i, len(left), got, err)
		}
		store.Close()
	}
	if count["installed"] == 0 || count["nothing"] == 0 {
		t.Errorf("of the crashes, so many have left: %v: this test has lost its subject", count)
	}
}

// two opens a store of node 1, alone in its cluster of two shards, both of which have something.
func two(tb testing.TB, options Options) (store *Store, shards [2]*member) {
	tb.Helper()
	options.Dir, options.Logger = testDir, discard
	store, err := Open(options)
	if err != nil {
		tb.Fatal(err)
	}
	if err := store.Form(clusterOf(tb, store, 1, 1, 2, 1), 1); err != nil {
		tb.Fatal(err)
	}
	for i := range shards {
		shards[i] = mustOpen(tb, store, ShardID(i), 1)
		shards[i].put(tb, "key", "value")
		shards[i].put(tb, "other key", "value")
	}
	return store, shards
}

// TestCloseShard: a shard that is closed can be read no more, takes no snapshots, and is there with all that was applied
// when it is opened again, while another one is used.
func TestCloseShard(t *testing.T) {
	_, snapshot, _ := ahead(t)
	store, shards := two(t, Options{FS: vfs.NewMem(), SyncInterval: time.Microsecond})
	store.Start()
	over := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				shards[0].put(t, "key", "value")
			}
		}
	})
	m := shards[1]
	for round := range 30 {
		m.put(t, "key", fmt.Sprint(round))
		staged, err := m.stage(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		want := m.state.Figures()
		if err := store.CloseShard(1); err != nil {
			t.Fatal(err)
		}
		if _, _, err := m.state.Get([]byte("key")); !errors.Is(err, ErrClosed) {
			t.Errorf("a key is looked for in a closed shard: %v", err)
		}
		if err := m.state.Scan(Range{}, true, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("a scan of a closed shard: %v", err)
		}
		if err := m.state.WriteSnapshot(new(bytes.Buffer)); !errors.Is(err, ErrClosed) {
			t.Errorf("a snapshot of a closed shard: %v", err)
		}
		if _, err := m.stage(snapshot); !errors.Is(err, ErrClosed) && !errors.Is(err, ErrStaged) {
			t.Errorf("a snapshot for a closed shard: %v", err)
		}
		closed := m
		m = mustOpen(t, store, 1, 1)
		if got := m.state.Figures(); got != want {
			t.Errorf("opened again it has %+v, and had %+v", got, want)
		}
		if record, exists, err := m.state.Get([]byte("key")); !exists || err != nil || string(record.Value) != fmt.Sprint(round) {
			t.Errorf("opened again it has %v (%v), after %d", record, err, round)
		}
		own, err := m.stage(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		staged.Discard() // of the closed one
		if rows := store.countRows(1)[string(own.slot.space)]; rows == 0 {
			t.Error("what the closed shard had staged was discarded, and what the open one has is gone")
		}
		if err := closed.log.Install(staged, nil); err == nil {
			t.Error("a snapshot is installed in a closed shard")
		}
		own.Discard()
	}
	close(over)
	others.Wait()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCloseShard_awaits: a shard is not closed before its appends are on disk, which move its mark.
func TestCloseShard_awaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, shards := two(t, Options{FS: vfs.NewMem()})
		pending, err := shards[1].log.Append(some(1, 3, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan error, 1)
		go func() { closed <- store.CloseShard(1) }()
		synctest.Wait()
		if err := errors.Join(pending.Await(), <-closed); err != nil {
			t.Fatal(err)
		}
		if m := mustOpen(t, store, 1, 1); m.log.last.Index != 3 || m.log.mark.Last().Index != 3 {
			t.Errorf("the log ends after %v, and its mark says %v", m.log.last, m.log.mark.Last())
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestStage_closed: what arrives for a shard that is closed meanwhile leaves no rows for the next one who opens it.
func TestStage_closed(t *testing.T) {
	_, snapshot, _ := ahead(t)
	store, shards := two(t, Options{FS: vfs.NewMem()})
	defer store.Close()
	closing := closer{bytes.NewReader(snapshot), func() {
		if err := store.CloseShard(1); err != nil {
			t.Error(err)
		}
		if err := store.Drop(1); err != nil {
			t.Error(err)
		}
	}}
	if _, err := shards[1].state.Stage(&closing); !errors.Is(err, ErrClosed) {
		t.Errorf("it was staged: %v", err)
	}
	if rows := store.countRows(1); len(rows) > 0 {
		t.Errorf("it has left %v", rows)
	}
}

// closer is a reader that does something before it is read for the first time.
type closer struct {
	*bytes.Reader
	do func()
}

func (c *closer) Read(b []byte) (int, error) {
	if c.do != nil {
		c.do()
		c.do = nil
	}
	return c.Reader.Read(b)
}

// TestCloseShard_readers: who reads while the shard is dropped and becomes another member's finds what was there, or that it
// is closed; never that there is nothing.
func TestCloseShard_readers(t *testing.T) {
	store, shards := two(t, Options{FS: vfs.NewMem()})
	defer store.Close()
	m := shards[1]
	for incarnation := uint32(1); incarnation < 60; incarnation++ {
		var readers sync.WaitGroup
		long := strings.Repeat("x", 2*maxCached) // too long for the cache
		m.put(t, "long", long)
		if err := m.state.flush(); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"key", "long"} {
			readers.Go(func() {
				for {
					_, exists, err := m.state.Get([]byte(key))
					if errors.Is(err, ErrClosed) {
						return
					}
					if !exists || err != nil {
						t.Errorf("%q is there: %t (%v)", key, exists, err)
						return
					}
				}
			})
		}
		if err := errors.Join(store.CloseShard(1), store.Drop(1)); err != nil {
			t.Fatal(err)
		}
		readers.Wait()
		m = mustOpen(t, store, 1, shard.MemberOf(1, incarnation))
		m.put(t, "key", "value")
	}
}

// TestDrop: nothing is left of a shard that was dropped, neither a row nor a vote, whatever there was, and after every end;
// another member of the node begins with nothing; other shards stay.
func TestDrop(t *testing.T) {
	_, snapshot, _ := ahead(t)
	for _, how := range reopenings {
		disk := vfs.NewCrashableMem()
		store, shards := two(t, Options{FS: disk})
		if _, err := shards[1].stage(snapshot); err != nil {
			t.Fatal(err)
		}
		next := shard.MemberOf(1, 1)
		refused := func(err error, want string) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("it is refused with %v; want %q", err, want)
			}
		}
		refused(store.Drop(1), "open")
		_, err := store.OpenState(1, 1)
		refused(err, "open already")
		if err := store.CloseShard(1); err != nil {
			t.Fatal(err)
		}
		_, err = store.OpenState(1, next)
		refused(err, "the store has what is of member 1, and member 1#1 begins with nothing")
		_, err = store.OpenState(1, 2)
		refused(err, "cannot hold member 2")
		if held := store.Held(); !reflect.DeepEqual(held, map[ShardID]MemberID{0: 1, 1: 1}) {
			t.Errorf("the store holds %v", held)
		}
		if err := store.Drop(1); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if held := store.Held(); !reflect.DeepEqual(held, map[ShardID]MemberID{0: 1}) {
				t.Errorf("%s: the store holds %v", how, held)
			}
			if rows := store.countRows(1); len(rows) > 0 {
				t.Errorf("%s: it has left %v", how, rows)
			}
			disk, store = ended(t, disk, store, how)
		}
		m := mustOpen(t, store, 1, next)
		if err := m.knowsNothing(); err != nil || m.log.hard.term != 0 {
			t.Errorf("%s: the next member knows of term %d (%v)", how, m.log.hard.term, err)
		}
		m.put(t, "key", "another")
		_, store = ended(t, disk, store, how)
		if held := store.Held(); !reflect.DeepEqual(held, map[ShardID]MemberID{0: 1, 1: next}) {
			t.Errorf("%s: the store holds %v", how, held)
		}
		_, err = store.OpenState(1, 1)
		refused(err, "is of member 1#1, and member 1 begins")
		if m = mustOpen(t, store, 1, next); m.log.last.Index != 1 {
			t.Errorf("%s: the log of the next member ends after %v", how, m.log.last)
		}
		if m := mustOpen(t, store, 0, 1); m.log.last.Index != 2 || m.log.hard.vote != 1 {
			t.Errorf("%s: the log of the other shard ends after %v", how, m.log.last)
		}
		store.Close()
	}
}

// ended ends a store on a crashable disk, and opens what is left of it.
func ended(tb testing.TB, disk *vfs.MemFS, store *Store, how string) (*vfs.MemFS, *Store) {
	tb.Helper()
	old := disk
	switch how {
	case "killed":
		disk = old.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: seeded(tb)})
	case "power failed":
		disk = old.CrashClone(vfs.CrashCloneCfg{})
	}
	if err := store.Close(); err != nil {
		tb.Fatal(err)
	}
	return disk, bare(tb, disk)
}

// TestDrop_crashes crashes the dropping of a shard, and the first life of the next member, at every operation. As long as the
// store holds something of the old member, that is all that there was, or can be dropped again; the next one never sees any.
func TestDrop_crashes(t *testing.T) {
	_, snapshot, _ := ahead(t)
	disk := vfs.NewCrashableMem()
	store, shards := two(t, Options{FS: disk})
	if _, err := shards[1].stage(snapshot); err != nil {
		t.Fatal(err)
	}
	if err := store.flush(); err != nil {
		t.Fatal(err)
	}
	before, err := shards[0].describe()
	if err = errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	next := shard.MemberOf(1, 1)
	left, err := enginetest.CrashPoints(seeded(t), disk, func(fs vfs.FS) error {
		store, err := Open(Options{Dir: testDir, FS: fs, Logger: discard})
		if err != nil {
			return err
		}
		mustOpen(t, store, 0, 1)
		if err := store.Drop(1); err != nil {
			return err
		}
		m, err := openShard(store, 1, next)
		if err != nil {
			return err
		}
		m.log.write(t, nil, hardly(9, 0, 0))
		return store.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[MemberID]int)
	for i, disk := range left {
		store := bare(t, disk)
		if got, err := mustOpen(t, store, 0, 1).describe(); err != nil || !slices.Equal(got, before) {
			t.Errorf("crash %d: the other shard has %v (%v); want %v", i, got, err, before)
		}
		held := store.Held()[1]
		count[held]++
		if held == 1 {
			if _, err := openShard(store, 1, next); err == nil {
				t.Errorf("crash %d: the next member gets the rows of the one before", i)
			}
			if err := store.Drop(1); err != nil {
				t.Fatal(err)
			}
		}
		if err := mustOpen(t, store, 1, next).knowsNothing(); err != nil {
			t.Errorf("crash %d, when the store held something of member %v: %v", i, held, err)
		}
		store.Close()
	}
	if count[1] == 0 || count[0] == 0 || count[next] == 0 {
		t.Errorf("the crashes have left what is of these members: %v: this test has lost its subject", count)
	}
}
