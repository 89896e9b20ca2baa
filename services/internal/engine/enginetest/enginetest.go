// Package enginetest is for tests of what lies on an engine's store: its files as values that can be changed, disks that
// crash at each operation or become full, and random numbers that a failure tells how to repeat.
package enginetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// Dir is the folder of the store. It is two levels deep, so that a folder that nobody synced is missed.
const Dir = "/srv/store"

// Files are the contents of a folder.
type Files map[string][]byte

// ReadFiles reads the files of Dir.
func ReadFiles(fsys vfs.FS) (Files, error) {
	names, err := fsys.List(Dir)
	if err != nil {
		return nil, err
	}
	all := make(Files)
	for _, name := range names {
		file, err := fsys.Open(fsys.PathJoin(Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
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

// Disk returns a file system with these files.
func (f Files) Disk() (*vfs.MemFS, error) { return f.On(vfs.NewMem()) }

// On puts the files on a disk, synced.
func (f Files) On(disk *vfs.MemFS) (*vfs.MemFS, error) {
	if err := disk.MkdirAll(Dir, 0o755); err != nil {
		return nil, err
	}
	for name, content := range f {
		file, err := disk.Create(disk.PathJoin(Dir, name), vfs.WriteCategoryUnspecified)
		if err != nil {
			return nil, err
		}
		_, err = file.Write(bytes.Clone(content)) // under the race detector this file system writes to it
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return nil, err
		}
	}
	for _, dir := range []string{Dir, path.Dir(Dir), "/"} {
		if err := syncDir(disk, dir); err != nil {
			return nil, err
		}
	}
	return disk, nil
}

// With returns the files with another content for one of them; nil takes it away.
func (f Files) With(name string, content []byte) Files {
	changed := maps.Clone(f)
	if changed[name] = content; content == nil {
		delete(changed, name)
	}
	return changed
}

// NewestLog returns the name of the newest write-ahead log.
func (f Files) NewestLog() (name string) {
	for other := range f {
		if path.Ext(other) == ".log" {
			name = max(name, other)
		}
	}
	return name
}

// Examine has files read, one of which was changed. It returns how that was refused, or an error when it was not refused as
// damage that is named, or something else came out than is wanted.
func (f Files) Examine(changed string, want []string, read func(vfs.FS) ([]string, error), isDamage func(error) bool) (refusal, wrong error) {
	disk, err := f.Disk()
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			wrong = fmt.Errorf("panic: %v", p)
		}
	}()
	got, err := read(disk)
	switch {
	case err == nil:
		return nil, Difference(got, want)
	case !isDamage(err):
		return err, fmt.Errorf("the error is none of damage: %w", err)
	case !strings.Contains(err.Error(), changed):
		return err, fmt.Errorf("the error does not name the file: %w", err)
	}
	return err, nil
}

// Difference returns an error that tells the first line in which two texts differ.
func Difference(got, want []string) error {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return fmt.Errorf("line %d of what is there is %.200q, not %.200q", i, got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
	return nil
}

// Random returns a source of random numbers, from STORE_SEED if that is set. A failure says how to repeat it; where names
// the package of the test.
func Random(tb testing.TB, where string) *rand.Rand {
	seed := rand.Uint64()
	if text := os.Getenv("STORE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			tb.Fatalf("STORE_SEED: %v", err)
		}
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("to repeat: STORE_SEED=%d go test %s -count=1 -run '^%s$'", seed, where, tb.Name())
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// Flip changes a byte: all of its bits, one, or into the next number, which may be that of another log.
func Flip(random *rand.Rand, content []byte, i int) []byte {
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

// FlipAll changes bytes of all files, one at a time and about one of step bytes, and has what comes of each examined. It returns how
// many were refused. What was found wrong is an error of the test.
func (f Files) FlipAll(tb testing.TB, random *rand.Rand, step int, examine func(files Files, changed string) (refusal, wrong error)) (refused int) {
	tb.Helper()
	for name, content := range f {
		for i := random.IntN(step); i < len(content); i += step {
			refusal, wrong := examine(f.With(name, Flip(random, content, i)), name)
			if wrong != nil {
				tb.Errorf("byte %d of %s: %v", i, name, wrong)
			}
			if refusal != nil {
				refused++
			}
		}
	}
	return refused
}

// CrashPoints opens and closes something on a disk, and returns what crashes at each of its changes of the disk would
// leave: nothing, half, or all of what was not synced.
func CrashPoints(random *rand.Rand, disk *vfs.MemFS, use func(vfs.FS) error) (left []*vfs.MemFS, err error) {
	var mu sync.Mutex // of left and random
	err = use(errorfs.Wrap(Crashing{disk}, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
			return nil
		}
		if err := KeepManifest(disk, op); err != nil {
			return err
		}
		mu.Lock() // Pebble deletes files in a goroutine of its own
		defer mu.Unlock()
		for _, percent := range []int{0, 50, 100} {
			left = append(left, disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: random}))
		}
		return nil
	})))
	return left, err
}

// Crashing is a disk that crashes while several goroutines use it. The one below takes its lock twice to use a file again: with
// a crash in between, both would wait for ever.
type Crashing struct{ *vfs.MemFS }

// ReuseForWrite implements vfs.FS.
func (c Crashing) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := c.Rename(oldname, newname); err != nil {
		return nil, err
	}
	return c.OpenReadWrite(newname, category)
}

// KeepManifest is to be called before each operation on a crashable disk. Pebble syncs a new manifest, makes the file that
// points to it, and only then syncs the folder. It counts on what file systems do, but this one in memory does
// not: the name of a file that was synced is on the disk too.
func KeepManifest(disk vfs.FS, op errorfs.Op) error {
	if op.Kind != errorfs.OpCreate || !strings.HasPrefix(path.Base(op.Path), "marker.manifest.") {
		return nil
	}
	return syncDir(disk, path.Dir(op.Path))
}

func syncDir(disk vfs.FS, dir string) error {
	folder, err := disk.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
