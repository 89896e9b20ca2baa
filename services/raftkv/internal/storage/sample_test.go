package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
)

const testDir = enginetest.Dir

var discard = slog.New(slog.DiscardHandler)

// testStore is a store with the log and the state of one shard, without Raft: what is appended counts as
// committed, and each entry is one command.
type testStore struct {
	*Store
	state *State
	log   *Log

	replayed uint64 // entries that were applied again when it was opened
}

// openTest opens the store of a file system as a start of the server does, up to the last entry of the log.
func openTest(options Options) (*testStore, error) {
	if options.Dir == "" {
		options.Dir = testDir
	}
	if options.Logger == nil {
		options.Logger = discard
	}
	if options.WriteBehind == 0 {
		options.WriteBehind = 1
	}
	store, err := Open(options)
	if err != nil {
		return nil, err
	}
	t := &testStore{Store: store}
	if err := t.load(); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return t, nil
}

func (t *testStore) load() (err error) {
	if err := formLone(t.Store); err != nil {
		return err
	}
	if t.state, err = t.OpenState(0, 1); err != nil {
		return err
	}
	if t.log, err = t.OpenLog(0, t.state.Applied()); err != nil {
		return err
	}
	t.Start()
	return t.replay()
}

// formLone makes a new store that of a cluster of one node, with one shard.
func formLone(store *Store) error {
	cluster, _, err := store.Cluster()
	if cluster != nil || err != nil {
		return err
	}
	d, err := lone(store.StoreID())
	if err != nil {
		return err
	}
	return store.Form(d.Cluster, d.Node)
}

// replay applies what is in the log and not yet in the state.
func (t *testStore) replay() error {
	first, last := uint64(t.state.Applied())+1, uint64(t.log.last.Index)
	if first > last {
		return nil
	}
	entries, err := t.log.Entries(first, last+1, 1<<60)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.GetType() == raftpb.EntryConfChangeV2 {
			err = t.applyStep(entry)
		} else {
			_, _, err = t.state.Apply(PositionOf(entry), kv.Millis(entry.GetIndex()), [][]byte{entry.GetData()})
		}
		if err != nil {
			return err
		}
		t.replayed++
	}
	return nil
}

// execute has a command appended, synced and applied.
func (t *testStore) execute(command []byte) (kv.Reply, error) {
	index := uint64(t.log.last.Index) + 1
	entry := &raftpb.Entry{Term: new(uint64(1)), Index: &index, Data: command}
	hard := &raftpb.HardState{Term: new(uint64(1)), Vote: new(uint64(1)), Commit: new(index - 1)}
	pending, err := t.log.Append([]*raftpb.Entry{entry}, hard)
	if err != nil {
		return kv.Reply{}, err
	}
	if err := pending.Await(); err != nil {
		return kv.Reply{}, err
	}
	replies, _, err := t.state.Apply(PositionOf(entry), kv.Millis(index), [][]byte{command})
	if err != nil {
		return kv.Reply{}, err
	}
	t.log.Applied(Index(index))
	return kv.DecodeReply(replies[0])
}

// put is a command of a numbered client.
func put(client byte, sequence uint64, key, value string) []byte {
	c := kv.Command{
		Request: kv.RequestID{Client: kv.ClientID{client}, Sequence: sequence},
		Writes:  []kv.Write{{Kind: kv.Put, Key: []byte(key), Value: []byte(value), Expect: kv.AnyVersion, Previous: true}},
	}
	return c.AppendTo(nil)
}

// fillSample makes a small store of everything: tables of several levels, several logs, sessions with small
// and large replies, a dropped client, and a log that was cut off.
func fillSample(t *testStore) (err error) {
	execute := func(command []byte) {
		if err != nil {
			return
		}
		var reply kv.Reply
		if reply, err = t.execute(command); err == nil && reply.Outcome != kv.Done {
			err = fmt.Errorf("a write ended with outcome %d", reply.Outcome)
		}
	}
	for i := range byte(8) {
		execute(put(i, 1, fmt.Sprintf("key%d", i), "first"))
	}
	execute(kv.AppendForget(nil, 3)) // drops all but the last clients
	for round := range uint64(3) {
		for i := range byte(4) {
			execute(put(10+i, 2*round+1, fmt.Sprintf("key%d", i), fmt.Sprintf("value %d of round %d", i, round)))
		}
		execute(put(10, 2*round+2, "large", strings.Repeat(string(rune('a'+round)), 200)))
		switch {
		case err != nil:
			return err
		case round == 0:
			err = t.Compact(context.Background())
		case round == 1:
			err = errors.Join(t.log.Truncate(t.log.last.Index-2), t.Compact(context.Background()))
		}
	}
	return err
}

// contents describes everything that a store holds, line by line.
func (t *testStore) contents() (lines []string, err error) {
	err = t.state.Scan(Range{}, true, func(key []byte, record kv.Record) (bool, error) {
		lines = append(lines, fmt.Sprintf("%s is %s, version %d", key, record.Value, record.Version))
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for i := range byte(20) {
		line, err := t.session(kv.ClientID{i})
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	lines = append(lines, fmt.Sprintf("%+v", t.state.Figures()))
	entries, err := t.log.Entries(uint64(t.log.last.Index-1), uint64(t.log.last.Index+1), 1<<60)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		lines = append(lines, fmt.Sprintf("entry %d of term %d: %x", entry.GetIndex(), entry.GetTerm(), entry.GetData()))
	}
	hard := t.log.hard
	return append(lines, fmt.Sprintf("term %d, vote %d, up to %v", hard.term, hard.vote, t.log.last)), nil
}

// session describes what is remembered of a client.
func (t *testStore) session(client kv.ClientID) (string, error) {
	if err := t.state.flush(); err != nil {
		return "", err
	}
	defer t.state.changes.release()
	dropped, err := t.state.changes.Dropped(client)
	if err != nil {
		return "", err
	}
	row, err := t.state.changes.read(t.state.slot.Load().client(stateSession, client))
	if err != nil {
		return "", err
	}
	row = slices.Clone(row)
	large, err := t.state.changes.read(t.state.slot.Load().client(stateLargeReply, client))
	return fmt.Sprintf("client %d: dropped %t, session %x, large reply %x", client[0], dropped, row, large), err
}

// files are those of a test store.
type files enginetest.Files

func readFiles(fs vfs.FS) (files, error) {
	all, err := enginetest.ReadFiles(fs)
	return files(all), err
}

func (f files) with(name string, content []byte) files {
	return files(enginetest.Files(f).With(name, content))
}

func (f files) disk() (*vfs.MemFS, error) { return enginetest.Files(f).Disk() }

func (f files) on(disk *vfs.MemFS) (*vfs.MemFS, error) { return enginetest.Files(f).On(disk) }

// sample makes a store that writes so many bytes behind, and returns its files and what they hold. One that was not
// closed looks as after kill -9: all that was written to files is there.
func sample(t *testing.T, fill func(*testStore) error, behind int, closed bool) (all files, want []string) {
	t.Helper()
	fs := vfs.NewMem()
	store, err := openTest(Options{FS: fs, WriteBehind: behind})
	if err != nil {
		t.Fatal(err)
	}
	err = fill(store)
	if err == nil && !closed {
		all, err = readFiles(fs)
		defer store.Close()
	}
	if err == nil {
		want, err = store.contents() // which writes what was behind
	}
	if err == nil && closed {
		if err = store.Close(); err == nil {
			all, err = readFiles(fs)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return all, want
}

// examine opens files, one of which was changed, and reads everything.
func (f files) examine(changed string, want []string) (refusal, wrong error) {
	return enginetest.Files(f).Examine(changed, want, func(disk vfs.FS) (got []string, err error) {
		store, err := openTest(Options{FS: disk})
		if err != nil {
			return nil, err
		}
		got, err = store.contents()
		return got, cmp.Or(err, store.Close())
	}, IsDamage)
}

// seeded returns a source of random numbers; a failure says how to repeat it.
func seeded(tb testing.TB) *rand.Rand {
	return enginetest.Random(tb, "./services/raftkv/internal/storage")
}
