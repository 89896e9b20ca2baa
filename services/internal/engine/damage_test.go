package engine

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/internal/engine/enginetest"
)

// sample makes a store, and returns its files and what they hold. One that was not
// closed looks as after kill -9: all that was written to files is there.
func sample(t *testing.T, fill func(*testStore) error, closed bool) (all files, want []string) {
	t.Helper()
	fs := vfs.NewMem()
	store, err := openTest(Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	err = fill(store)
	if err == nil && !closed {
		all, err = readFiles(fs)
		defer store.Close()
	}
	if err == nil {
		want, err = store.contents()
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

// stride is how many times further apart the bytes that are changed lie under the race detector: with it, all of them would take
// minutes.
func stride() int {
	if enginetest.Racing {
		return 23
	}
	return 1
}

// damage changes every byte of a file, one at a time, and examines what comes of each. Of what lies between the two
// places of a mark, which nobody reads, it changes some.
func (f files) damage(t *testing.T, random *rand.Rand, name string, want []string) {
	t.Helper()
	content, refused := f[name], 0
	mark := name == manifestMarkName || strings.HasPrefix(name, markPrefix)
	for i := random.IntN(stride()); i < len(content); i += stride() {
		if mark && i > manifestMarkSize+4 && i < placeDistance-1 && random.IntN(100) > 0 {
			continue
		}
		refusal, wrong := f.with(name, enginetest.Flip(random, content, i)).examine(name, want)
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
			random := enginetest.Random(t, "./services/internal/engine")
			all, want := sample(t, fillSample, closed)
			if _, wrong := all.examine("", want); wrong != nil {
				t.Fatal(wrong)
			}
			for name := range all {
				if !closed && name != all.newestLog() {
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
		if err := t.execute(put(fmt.Sprint("key", i), strings.Repeat("v", 600))); err != nil {
			return err
		}
	}
	return nil
}

// TestDamage_blocks: a log of several blocks is read another way than one that ends in its first.
func TestDamage_blocks(t *testing.T) {
	random := enginetest.Random(t, "./services/internal/engine")
	all, want := sample(t, fillBlocks, false)
	name := all.newestLog()
	for step, i := 97*stride(), random.IntN(97*stride()); i < len(all[name]); i += step {
		if _, wrong := all.with(name, enginetest.Flip(random, all[name], i)).examine(name, want); wrong != nil {
			t.Errorf("byte %d of %s: %v", i, name, wrong)
		}
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
		store.must(t, put("key", "before"))
		store.end(t)
		if store, err = openTest(Options{FS: fs}); err != nil {
			t.Fatal(err)
		}
	}
	slow.Store(true)
	for log := range 3 {
		for i := range uint64(8) {
			store.must(t, put(fmt.Sprintf("key%d of log %d", i, log), "v"))
		}
		if err := store.cut(keptLog); err != nil {
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
			random := enginetest.Random(t, "./services/internal/engine")
			all, want := severalLogs(t, reopened)
			if refusal, wrong := all.examine("", want); refusal != nil || wrong != nil {
				t.Fatal(refusal, wrong)
			}
			for _, name := range neededLogs(all) {
				all.damage(t, random, name, want)
				fewer := all.with(name, nil)
				if refusal, wrong := fewer.examine("missing", want); refusal == nil || wrong != nil {
					t.Errorf("without %s: %v, %v; want it missed", name, refusal, wrong)
				}
				if name == all.newestLog() {
					continue // TestTornTail
				}
				for length := random.IntN(stride()); length < len(all[name])-recordHeader-4; length += stride() {
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
		if name == all.newestLog() {
			continue // Pebble has read the others, and begun a new one
		}
		if refusal, wrong := left.with(name, all[name]).examine(name, want); refusal != nil || wrong != nil {
			t.Errorf("with %s put back: %v, %v", name, refusal, wrong)
		}
	}
}

// TestDamage_missing: no file that is needed can disappear in silence, nor with the others.
func TestDamage_missing(t *testing.T) {
	all, want := sample(t, fillSample, true)
	for name := range all {
		fewer := all.with(name, nil)
		refusal, wrong := fewer.examine("missing", want)
		if wrong != nil {
			t.Errorf("without %s: %v", name, wrong)
		}
		t.Logf("without %s: %v", name, refusal)
		fewer = fewer.with(fmt.Sprint(markPrefix, 0), nil)
		if refusal, wrong := fewer.examine("missing", want); strings.HasPrefix(name, "marker.manifest") && (refusal == nil || wrong != nil) {
			t.Errorf("without %s and the mark: %v, %v; want a refusal", name, refusal, wrong)
		}
	}
}

// TestDamage_length: a table that was cut, or has grown, is damage like any other, and is named.
func TestDamage_length(t *testing.T) {
	random := enginetest.Random(t, "./services/internal/engine")
	all, want := sample(t, fillSample, true)
	for name, content := range all {
		if !isTable(name) {
			continue
		}
		cut, grown := content[:random.IntN(len(content))], append(slices.Clone(content), 0)
		for _, other := range [][]byte{{}, cut, content[:len(content)-1], grown} {
			refusal, wrong := all.with(name, other).examine(name, want)
			if refusal == nil || wrong != nil || !strings.Contains(refusal.Error(), "restore a backup") {
				t.Errorf("%d of %d bytes of %s: %v, %v; want a refusal that names it and says what to do", len(other), len(content), name, refusal, wrong)
			}
		}
	}
}

// TestDamage_options: what a damaged file of options asks for, to be removed, helps.
func TestDamage_options(t *testing.T) {
	all, want := sample(t, fillSample, true)
	for name := range all {
		if !strings.HasPrefix(name, "OPTIONS") {
			continue
		}
		refusal, wrong := all.with(name, []byte("damaged")).examine(name, want)
		if wrong != nil || refusal == nil || !strings.Contains(refusal.Error(), "remove it") {
			t.Errorf("%s damaged: %v, %v; want advice to remove it", name, refusal, wrong)
		}
		fewer := all.with(name, nil)
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
		store.must(t, put("key", fmt.Sprint("value ", i)))
		if err := store.Compact(t.Context(), nothing); err != nil {
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

// TestDamage_remedy: who is told of damage is told what its user advises, for the whole store or for rows.
func TestDamage_remedy(t *testing.T) {
	disk := vfs.NewMem()
	store := begin(t, disk)
	value := make([]byte, 10_000)
	rand.NewChaCha8([32]byte{}).Read(value)
	for i := range 20 { // each is a block of its own
		store.must(t, put(fmt.Sprintf("key%02d", i), string(value)))
	}
	if err := store.Compact(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	store.end(t)
	all, err := readFiles(disk)
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Dir: testDir, Layout: testLayout, Logger: discard, Remedy: "ask the others for all", RowsRemedy: "ask the others for some"}
	advised := make(map[string]bool)
	for name := range all {
		if !strings.HasPrefix(name, manifestPrefix) && !isTable(name) {
			continue
		}
		content := all[name]
		disk, err := all.with(name, enginetest.Flip(rand.New(rand.NewPCG(1, 1)), content, len(content)/3)).disk()
		if err != nil {
			t.Fatal(err)
		}
		options.FS = disk
		opened, err := Open(options)
		want := options.Remedy
		if err == nil {
			for i := 0; i < 20 && err == nil; i++ {
				_, err = opened.Row(rowKey('k', fmt.Sprintf("key%02d", i)))
			}
			want = options.RowsRemedy
		}
		switch {
		case err == nil: // an older manifest
		case !IsDamage(err) || !strings.HasSuffix(err.Error(), want):
			t.Errorf("%s: %v; want %q", name, err, want)
		default:
			advised[want] = true
		}
		if opened != nil {
			opened.Close(func() error { return nil })
		}
	}
	if len(advised) != 2 {
		t.Errorf("of what is advised, %v was met", advised)
	}
}
