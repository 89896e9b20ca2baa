package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

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

// examine opens files, one of which was changed, and reads everything. It returns how that was refused, or
// an error when it was not refused as it should be, or something else came out than is wanted.
func (f files) examine(changed string, want []string) (refusal, wrong error) {
	disk, err := f.disk()
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			wrong = fmt.Errorf("panic: %v", p)
		}
	}()
	var got []string
	store, err := openTest(Options{FS: disk})
	if err == nil {
		got, err = store.contents()
		if closeErr := store.Close(); err == nil {
			err = closeErr
		}
	}
	switch {
	case err == nil:
		return nil, difference(got, want)
	case !IsDamage(err):
		return err, fmt.Errorf("the error is none of damage: %w", err)
	case !strings.Contains(err.Error(), changed):
		return err, fmt.Errorf("the error does not name the file: %w", err)
	}
	return err, nil
}

func difference(got, want []string) error {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return fmt.Errorf("line %d of what is there is %.200q, not %.200q", i, got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
	return nil
}

// with returns the files with another content for one of them.
func (f files) with(name string, content []byte) files {
	changed := make(files, len(f))
	for other := range f {
		changed[other] = f[other]
	}
	changed[name] = content
	return changed
}

// seeded returns a source of random numbers, from RAFTKV_SEED if that is set. A failure says how to repeat it.
func seeded(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	if text := os.Getenv("RAFTKV_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("RAFTKV_SEED: %v", err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to repeat: RAFTKV_SEED=%d go test ./services/raftkv/internal/storage -count=1 -run '^%s$'", seed, t.Name())
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// flip changes a byte: all of its bits, one, or into the next number, which may be that of another log.
func flip(random *rand.Rand, content []byte, i int) []byte {
	content = slices.Clone(content)
	switch random.IntN(3) {
	case 0:
		content[i] ^= 0xff
	case 1:
		content[i] ^= 1 << random.IntN(8)
	case 2:
		content[i]++
	}
	return content
}

// damage changes every byte of a file, one at a time, and examines what comes of each. Of what lies between the two
// places of a mark, which nobody reads, it changes some.
func (f files) damage(t *testing.T, random *rand.Rand, name string, want []string) {
	t.Helper()
	content, refused := f[name], 0
	mark := name == manifestMarkName || strings.HasPrefix(name, markPrefix)
	for i := random.IntN(stride); i < len(content); i += stride {
		if mark && i > manifestMarkSize+4 && i < placeDistance-1 && random.IntN(100) > 0 {
			continue
		}
		refusal, wrong := f.with(name, flip(random, content, i)).examine(name, want)
		if wrong != nil {
			t.Errorf("byte %d of %s: %v", i, name, wrong)
		}
		if refusal != nil {
			refused++
		}
	}
	t.Logf("%s: %d changes of %d bytes were refused, the others do no harm", name, refused, len(content))
}

// TestDamage changes every single byte of every file of a small store, one at a time. Either all that was
// acknowledged is there, or the store refuses to open, and names the file.
func TestDamage(t *testing.T) {
	for _, closed := range []bool{true, false} {
		t.Run(fmt.Sprintf("closed=%t", closed), func(t *testing.T) {
			t.Parallel()
			random := seeded(t)
			all, want := sample(t, fillSample, 1, closed)
			if _, wrong := all.examine("", want); wrong != nil {
				t.Fatal(wrong)
			}
			for name := range all {
				if !closed && name != newest(all) {
					continue // it is as in a store that was closed, or in TestDamage_severalLogs
				}
				all.damage(t, random, name, want)
			}
		})
	}
}

// fillBlocks makes a write-ahead log of several blocks of 32 KiB.
func fillBlocks(t *testStore) error {
	for i := range uint64(100) {
		if _, err := t.execute(put(1, i+1, fmt.Sprint("key", i), strings.Repeat("v", 600))); err != nil {
			return err
		}
	}
	return nil
}

// TestDamage_blocks: a log of several blocks is read another way than one that ends in its first.
func TestDamage_blocks(t *testing.T) {
	random := seeded(t)
	all, want := sample(t, fillBlocks, 1, false)
	name := newest(all)
	for i := random.IntN(97); i < len(all[name]); i += 97 {
		if _, wrong := all.with(name, flip(random, all[name], i)).examine(name, want); wrong != nil {
			t.Errorf("byte %d of %s: %v", i, name, wrong)
		}
	}
}

// fillBehind makes a store whose state is in the log alone, one half of it in a table.
func fillBehind(t *testStore) error {
	for i := range uint64(40) {
		if _, err := t.execute(put(byte(i%5), i/5+1, fmt.Sprint("key", i%7), fmt.Sprint("value ", i))); err != nil {
			return err
		}
		if i == 20 {
			if err := t.db.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestDamage_behind is TestDamage for a store that was killed before the state was written.
func TestDamage_behind(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	all, want := sample(t, fillBehind, 1<<20, false)
	for name := range all {
		all.damage(t, random, name, want)
	}
}

// severalLogs are the files, and the contents, of a store that was killed while Pebble wrote out tables: three
// write-ahead logs are needed.
func severalLogs(t *testing.T, reopened bool) (all files, want []string) {
	disk := vfs.NewMem()
	var slow atomic.Bool
	written := make(chan struct{})
	fs := errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if slow.Load() && op.Kind == errorfs.OpCreate && isTable(op.Path) {
			<-written
		}
		return nil
	}))
	store, err := openTest(Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	if reopened {
		store.must(t, put(1, 1, "key", "before"))
		store.end(t)
		if store, err = openTest(Options{FS: fs}); err != nil {
			t.Fatal(err)
		}
	}
	slow.Store(true)
	for log := range 3 {
		for i := range uint64(8) {
			store.must(t, put(2, 8*uint64(log)+i+1, fmt.Sprintf("key%d of log %d", i, log), "v"))
		}
		if err := store.log.Truncate(store.log.last.index - 2); err != nil {
			t.Fatal(err)
		}
		if log < 2 {
			if _, err := store.db.AsyncFlush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if all, err = readFiles(disk); err == nil {
		want, err = store.contents()
	}
	if err != nil {
		t.Fatal(err)
	}
	close(written)
	store.end(t)
	return all, want
}

// neededLogs returns the names of the last three write-ahead logs: there may be another that was not deleted yet.
func neededLogs(all files) []string {
	var logs []string
	for name := range all {
		if strings.HasSuffix(name, ".log") {
			logs = append(logs, name)
		}
	}
	slices.Sort(logs)
	return logs[len(logs)-3:]
}

// TestDamage_severalLogs: of the logs before the newest one, whose entries may all have been cut off, nothing
// can be lost in silence: no byte, no end, no file.
func TestDamage_severalLogs(t *testing.T) {
	for _, reopened := range []bool{false, true} {
		t.Run(fmt.Sprintf("reopened=%t", reopened), func(t *testing.T) {
			t.Parallel()
			random := seeded(t)
			all, want := severalLogs(t, reopened)
			if refusal, wrong := all.examine("", want); refusal != nil || wrong != nil {
				t.Fatal(refusal, wrong)
			}
			for _, name := range neededLogs(all) {
				all.damage(t, random, name, want)
				fewer := all.with(name, nil)
				delete(fewer, name)
				if refusal, wrong := fewer.examine("missing", want); refusal == nil || wrong != nil {
					t.Errorf("without %s: %v, %v; want it missed", name, refusal, wrong)
				}
				if name == newest(all) {
					continue // TestTornTail
				}
				for length := random.IntN(stride); length < len(all[name])-recordHeader-4; length += stride {
					if refusal, wrong := all.with(name, all[name][:length]).examine(name, want); refusal == nil || wrong != nil {
						t.Errorf("%d of %d bytes of %s: %v, %v; want a refusal", length, len(all[name]), name, refusal, wrong)
					}
				}
			}
		})
	}
}

// TestDamage_putBack: a start that was refused for a missing log leaves what is there for when it is put back, also
// when the store was never opened since it was made.
func TestDamage_putBack(t *testing.T) {
	all, want := severalLogs(t, false)
	for _, name := range neededLogs(all) {
		fewer := all.with(name, nil)
		delete(fewer, name)
		disk, err := fewer.disk()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openTest(Options{FS: disk}); !IsDamage(err) {
			t.Errorf("without %s: %v; want damage", name, err)
		}
		left, err := readFiles(disk)
		if err != nil {
			t.Fatal(err)
		}
		if name == newest(all) {
			continue // Pebble has read the others, and begun a new one
		}
		if refusal, wrong := left.with(name, all[name]).examine(name, want); refusal != nil || wrong != nil {
			t.Errorf("with %s put back: %v, %v", name, refusal, wrong)
		}
	}
}

// TestDamage_missing: no file that is needed can disappear in silence, nor with the others.
func TestDamage_missing(t *testing.T) {
	all, want := sample(t, fillSample, 1, true)
	for name := range all {
		fewer := all.with(name, nil)
		delete(fewer, name)
		refusal, wrong := fewer.examine("missing", want)
		if wrong != nil {
			t.Errorf("without %s: %v", name, wrong)
		}
		t.Logf("without %s: %v", name, refusal)
		delete(fewer, fmt.Sprint(markPrefix, 0))
		if refusal, wrong := fewer.examine("missing", want); strings.HasPrefix(name, "marker.manifest") && (refusal == nil || wrong != nil) {
			t.Errorf("without %s and the mark: %v, %v; want a refusal", name, refusal, wrong)
		}
	}
}

// TestDamage_length: a table that was cut, or has grown, is damage like any other, and is named.
func TestDamage_length(t *testing.T) {
	random := seeded(t)
	all, want := sample(t, fillSample, 1, true)
	for name, content := range all {
		if !isTable(name) {
			continue
		}
		cut, grown := content[:random.IntN(len(content))], append(slices.Clone(content), 0)
		for _, other := range [][]byte{nil, cut, content[:len(content)-1], grown} {
			refusal, wrong := all.with(name, other).examine(name, want)
			if refusal == nil || wrong != nil || !strings.Contains(refusal.Error(), "restore a backup") {
				t.Errorf("%d of %d bytes of %s: %v, %v; want a refusal that names it and says what to do", len(other), len(content), name, refusal, wrong)
			}
		}
	}
}

// newest returns the name of the newest write-ahead log.
func newest(all files) (name string) {
	for other := range all {
		if strings.HasSuffix(other, ".log") {
			name = max(name, other)
		}
	}
	return name
}

// TestDamage_options: what a damaged file of options asks for, to be removed, helps.
func TestDamage_options(t *testing.T) {
	all, want := sample(t, fillSample, 1, true)
	for name := range all {
		if !strings.HasPrefix(name, "OPTIONS") {
			continue
		}
		refusal, wrong := all.with(name, []byte("damaged")).examine(name, want)
		if wrong != nil || refusal == nil || !strings.Contains(refusal.Error(), "remove it") {
			t.Errorf("%s damaged: %v, %v; want advice to remove it", name, refusal, wrong)
		}
		fewer := all.with(name, nil)
		delete(fewer, name)
		if refusal, wrong := fewer.examine("", want); refusal != nil || wrong != nil {
			t.Errorf("without %s: %v, %v", name, refusal, wrong)
		}
	}
}

// TestDamage_copied: a copy of the folder that was taken file by file while the server ran is refused, and the message
// says what may have happened.
func TestDamage_copied(t *testing.T) {
	disk := vfs.NewMem()
	store := begin(t, disk)
	defer store.end(t)
	var moments [2]files
	for i := range moments {
		store.must(t, put(1, uint64(i)+1, "key", fmt.Sprint("value ", i)))
		if err := store.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if moments[i], err = readFiles(disk); err != nil {
			t.Fatal(err)
		}
	}
	copied := moments[1]
	for name := range copied {
		if name < identityName { // they are copied in the order of their names: logs and tables come first
			delete(copied, name)
		}
	}
	for name, content := range moments[0] {
		if name < identityName {
			copied[name] = content
		}
	}
	refusal, wrong := copied.examine("", nil)
	if refusal == nil || !IsDamage(refusal) || !strings.Contains(refusal.Error(), "copied while the server ran") {
		t.Errorf("the refusal is %v (%v)", refusal, wrong)
	}
}
