package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
)

const (
	testDir    = enginetest.Dir
	testLayout = 2
)

var discard = slog.New(slog.DiscardHandler)

// testStore is a store as a service may use it. Each write sets or deletes a key, adds a row to a log, and counts: all in
// one batch, synced before the write has happened. The mark knows how far that was.
//
//	k KEY     a value
//	l NUMBER  the value that this write has set
//	n         the number of the last write
type testStore struct {
	*Store
	mark    *Mark
	written uint64
	lazy    bool // writes are not synced, nor marked
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

// newestLog returns the name of the newest write-ahead log.
func (f files) newestLog() string { return enginetest.Files(f).NewestLog() }

// openTest opens a store. What options do not say is as usual.
func openTest(options Options) (*testStore, error) {
	if options.Dir == "" {
		options.Dir = testDir
	}
	if options.Logger == nil {
		options.Logger = discard
	}
	options.Layout = testLayout
	store, err := Open(options)
	if err != nil {
		return nil, err
	}
	t := &testStore{Store: store}
	if err := t.load(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.Watch()
	return t, nil
}

// load compares the last write with the mark.
func (t *testStore) load() error {
	row, err := t.Row([]byte{'n'})
	if err != nil {
		return err
	}
	if row != nil {
		t.written = binary.BigEndian.Uint64(row)
	}
	t.mark, err = t.OpenMark("0", Synced{1, t.written}, t.written == 0)
	return err
}

func (t *testStore) Close() error {
	return t.Store.Close(func() error {
		if t.mark == nil {
			return nil
		}
		return t.mark.Close()
	})
}

// nothing is what the store must not forget to write before it is compacted or closed.
func nothing() error { return nil }

func (t *testStore) end(tb testing.TB) {
	tb.Helper()
	if err := t.Close(); err != nil {
		tb.Fatal(err)
	}
}

// begin opens a store on a disk.
func begin(tb testing.TB, disk vfs.FS) *testStore {
	tb.Helper()
	store, err := openTest(Options{FS: disk})
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// write is what a test store does.
type write struct {
	key, value string
	deletes    bool
}

func put(key, value string) write { return write{key: key, value: value} }

func remove(key string) write { return write{key: key, deletes: true} }

func rowKey(kind byte, key string) []byte { return append([]byte{kind}, key...) }

func numberKey(number uint64) []byte { return binary.BigEndian.AppendUint64([]byte{'l'}, number) }

// execute does a write.
func (t *testStore) execute(w write) error {
	t.written++
	batch := t.NewBatch()
	if w.deletes {
		batch.Delete(rowKey('k', w.key), nil)
	} else {
		batch.Set(rowKey('k', w.key), []byte(w.value), nil)
	}
	batch.Set(numberKey(t.written), []byte(w.value), nil)
	batch.Set([]byte{'n'}, binary.BigEndian.AppendUint64(nil, t.written), nil)
	if t.lazy {
		return t.Commit(batch, false)
	}
	if err := t.Begin(batch); err != nil {
		return err
	}
	if err := t.Await(batch); err != nil {
		return err
	}
	if err := t.mark.Set(Synced{1, t.written}); err != nil {
		return err
	}
	return batch.Close()
}

func (t *testStore) must(tb testing.TB, w write) {
	tb.Helper()
	if err := t.execute(w); err != nil {
		tb.Fatal(err)
	}
}

// keptLog is how many rows of the log are always kept.
const keptLog = 2

// cut removes all of the log but the last rows. It is not synced.
func (t *testStore) cut(left uint64) error {
	batch := t.NewBatch()
	defer batch.Close()
	batch.DeleteRange(numberKey(0), numberKey(t.written+1-min(left, t.written)), nil)
	return t.Commit(batch, false)
}

// has says whether there is a key.
func (t *testStore) has(key string) (bool, error) {
	row, err := t.Row(rowKey('k', key))
	return row != nil, err
}

// contents describes all rows that must be there.
func (t *testStore) contents() (lines []string, err error) {
	rows, err := t.Rows([]byte{'a'}, []byte{'z'})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.First(); rows.Valid(); rows.Next() {
		value, err := rows.ValueAndErr()
		if err != nil {
			return nil, t.ReadError(err)
		}
		cut := rows.Key()[0] == 'l' && binary.BigEndian.Uint64(rows.Key()[1:])+keptLog <= t.written // or may be
		if !cut && rows.Key()[0] != layoutKey[0] {                                                  // which differs from store to store
			lines = append(lines, fmt.Sprintf("%q is %q", rows.Key(), value))
		}
	}
	return lines, t.ReadError(rows.Error())
}

// fillSample makes a small store of everything: tables of several levels, several logs, rows that were deleted.
func fillSample(t *testStore) (err error) {
	for round := range 3 {
		for i := range 8 {
			err = errors.Join(err, t.execute(put(fmt.Sprintf("key%d", i), fmt.Sprintf("value %d of round %d", i, round))))
		}
		err = errors.Join(err, t.execute(put("large", strings.Repeat(string(rune('a'+round)), 200))), t.execute(remove("key7")))
		switch {
		case err != nil:
			return err
		case round == 0:
			err = t.Compact(context.Background(), nothing)
		case round == 1:
			err = errors.Join(t.cut(keptLog), t.db.Flush())
		}
	}
	return err
}
