package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/kv"
)

const testDir = "/srv/raftkv"

var (
	voters  = []uint64{1}
	discard = slog.New(slog.DiscardHandler)
)

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
	if options.Log == nil {
		options.Log = discard
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
	if t.state, err = t.OpenState(0); err != nil {
		return err
	}
	if t.log, err = t.OpenLog(0, voters, t.state.Applied()); err != nil {
		return err
	}
	t.Start()
	return t.replay()
}

// replay applies what is in the log and not yet in the state.
func (t *testStore) replay() error {
	first, last := t.state.Applied()+1, t.log.last.index
	if first > last {
		return nil
	}
	entries, err := t.log.Entries(first, last+1, 1<<60)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if _, _, err := t.state.Apply(entry.GetTerm(), entry.GetIndex(), entry.GetIndex(), [][]byte{entry.GetData()}); err != nil {
			return err
		}
		t.replayed++
	}
	return nil
}

// execute has a command appended, synced and applied.
func (t *testStore) execute(command []byte) (kv.Reply, error) {
	index := t.log.last.index + 1
	entry := &raftpb.Entry{Term: new(uint64(1)), Index: &index, Data: command}
	hard := &raftpb.HardState{Term: new(uint64(1)), Vote: new(uint64(1)), Commit: new(index - 1)}
	pending, err := t.log.Append([]*raftpb.Entry{entry}, hard)
	if err != nil {
		return kv.Reply{}, err
	}
	if err := pending.Wait(); err != nil {
		return kv.Reply{}, err
	}
	replies, _, err := t.state.Apply(1, index, index, [][]byte{command})
	if err != nil {
		return kv.Reply{}, err
	}
	t.log.Applied(index)
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
			err = errors.Join(t.log.Truncate(t.log.last.index-2), t.db.Flush())
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
	entries, err := t.log.Entries(t.log.last.index-1, t.log.last.index+1, 1<<60)
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
	row, err := t.state.changes.read(clientKey(0, stateSession, client))
	if err != nil {
		return "", err
	}
	row = slices.Clone(row)
	large, err := t.state.changes.read(clientKey(0, stateLargeReply, client))
	return fmt.Sprintf("client %d: dropped %t, session %x, large reply %x", client[0], dropped, row, large), err
}

// files are the contents of a folder.
type files map[string][]byte

func readFiles(fs vfs.FS) (files, error) {
	names, err := fs.List(testDir)
	if err != nil {
		return nil, err
	}
	all := make(files)
	for _, name := range names {
		file, err := fs.Open(fs.PathJoin(testDir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // Pebble has just deleted it
		}
		if err != nil {
			return nil, err
		}
		all[name], err = io.ReadAll(file)
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// disk returns a file system with these files.
func (f files) disk() (*vfs.MemFS, error) { return f.on(vfs.NewMem()) }

// on puts the files on a disk, synced.
func (f files) on(fs *vfs.MemFS) (*vfs.MemFS, error) {
	if err := fs.MkdirAll(testDir, 0o755); err != nil {
		return nil, err
	}
	for name, content := range f {
		file, err := fs.Create(fs.PathJoin(testDir, name), vfs.WriteCategoryUnspecified)
		if err != nil {
			return nil, err
		}
		_, err = file.Write(bytes.Clone(content)) // under the race detector this file system writes to it
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return nil, err
		}
	}
	for _, dir := range []string{testDir, fs.PathDir(testDir), "/"} {
		if err := syncDir(fs, dir); err != nil {
			return nil, err
		}
	}
	return fs, nil
}
