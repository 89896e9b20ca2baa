package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/internal/engine/enginetest"
)

// TestCheckLogs_crashes: no crash leaves logs that are refused, however they came about: tables written out at odd
// moments, entries larger than a table in memory, starts that were cut off in their middle.
func TestCheckLogs_crashes(t *testing.T) {
	random := enginetest.Random(t, "./services/internal/engine")
	const lives = 100
	disk, several, large := vfs.NewCrashableMem(), 0, 3
	for life := range byte(lives) {
		d := &dying{disk: disk, random: rand.New(rand.NewPCG(random.Uint64(), 1))}
		d.left.Store(random.Int64N(80))
		store, err := openTest(Options{FS: errorfs.Wrap(disk, d)})
		if err != nil {
			t.Fatalf("life %d: %v", life, err)
		}
		store.lazy = random.IntN(2) == 0
		for n := range random.Uint64N(12) {
			switch random.IntN(10) {
			case 0, 1, 2:
				_, err = store.db.AsyncFlush()
			case 3:
				err = store.cut(keptLog)
			default:
				value := "value"
				if large > 0 && random.IntN(50) == 0 {
					large--
					value = strings.Repeat("v", memTableSize)
				}
				store.must(t, put(fmt.Sprint("key", n), value))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		d.die()
		store.end(t)
		disk = d.remains
		if logs(t, disk) > 1 {
			several++
		}
	}
	if several == 0 {
		t.Error("there were never several logs: this test has lost its subject")
	}
	t.Logf("%d of %d crashes left several logs", several, lives)
}

// dying takes what a crash leaves of a disk, at one of the first operations that change it.
type dying struct {
	disk *vfs.MemFS
	left atomic.Int64 // operations until then

	once    sync.Once
	random  *rand.Rand
	remains *vfs.MemFS
}

func (d *dying) die() {
	d.once.Do(func() {
		d.remains = d.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50 * d.random.IntN(3), RNG: d.random})
	})
}

// MaybeError implements errorfs.Injector.
func (d *dying) MaybeError(op errorfs.Op) error {
	if err := enginetest.KeepManifest(d.disk, op); err != nil {
		return err
	}
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && d.left.Add(-1) < 0 {
		d.die()
	}
	return nil
}

func (d *dying) String() string { return "dying" }

func logs(t *testing.T, disk vfs.FS) (n int) {
	names, err := disk.List(testDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // the first life may have ended before there was a folder
		t.Fatal(err)
	}
	for _, name := range names {
		if path.Ext(name) == ".log" {
			n++
		}
	}
	return n
}
