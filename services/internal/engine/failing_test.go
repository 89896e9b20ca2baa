package engine

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// TestUnreadable: what cannot be read is not taken for damaged, whichever half of a mark that is: a start on a
// disk that reads again finds everything.
func TestUnreadable(t *testing.T) {
	all, want := sample(t, fillSample, false)
	disk, err := all.disk()
	if err != nil {
		t.Fatal(err)
	}
	begin(t, disk).end(t)
	begin(t, disk).end(t) // it changes nothing: one half alone knows of its manifest
	if all, err = readFiles(disk); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{manifestMarkName, markPrefix + "0"} {
		refused := 0
		for half := range int64(2) {
			disk, err := all.disk()
			if err != nil {
				t.Fatal(err)
			}
			store, err := openTest(Options{FS: errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind == errorfs.OpFileReadAt && strings.HasSuffix(op.Path, name) && op.Offset == half*placeDistance {
					refused++
					return syscall.EIO
				}
				return nil
			}))})
			if err == nil {
				store.end(t)
			} else if IsDamage(err) || !errors.Is(err, syscall.EIO) {
				t.Errorf("with half %d of %s unreadable: %v", half, name, err)
			}
			left, err := readFiles(disk)
			if err != nil {
				t.Fatal(err)
			}
			if refusal, wrong := left.examine("", want); refusal != nil || wrong != nil {
				t.Errorf("when half %d of %s can be read again: %v, %v", half, name, refusal, wrong)
			}
		}
		if refused != 2 {
			t.Errorf("%d reads of %s were refused: this test has lost its subject", refused, name)
		}
	}
}

// TestOpen_failsMerging: when a file cannot get its name, or the folder cannot be listed, while Pebble opens a store that
// has tables to merge, the start ends with the reason. Pebble, were it told, would close what the merging uses, and the
// process would die of that.
func TestOpen_failsMerging(t *testing.T) {
	disk, merged := vfs.NewMem(), 0
	for n := 0; merged == 0; n++ {
		if n == 20 {
			t.Fatal("no start has merged tables: this test has lost its subject")
		}
		store := begin(t, disk)
		store.must(t, put("key", fmt.Sprint("value ", n)))
		for _, level := range store.Metrics().Levels[1:] {
			merged += int(level.TablesCount)
		}
		all, err := readFiles(disk) // as after kill -9: the next start makes a table of the log
		if err != nil {
			t.Fatal(err)
		}
		store.end(t)
		if disk, err = all.disk(); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []errorfs.OpKind{errorfs.OpRename, errorfs.OpList} {
			for left := int64(0); failsAt(t, all, kind, left); left++ {
			}
		}
	}
}

// failsAt starts a store on a disk that fails at an operation of a kind, when so many have succeeded, and says whether
// there were as many.
func failsAt(t *testing.T, all files, kind errorfs.OpKind, succeed int64) (failed bool) {
	t.Helper()
	disk, err := all.disk()
	if err != nil {
		t.Fatal(err)
	}
	var left atomic.Int64
	left.Store(succeed)
	store, err := openTest(Options{FS: errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == kind && left.Add(-1) == -1 {
			return syscall.EIO
		}
		return nil
	}))})
	if err == nil {
		store.end(t)
	}
	if failed = left.Load() < 0; failed != errors.Is(err, syscall.EIO) {
		t.Errorf("when operation %d of kind %v fails (%t): %v", succeed, kind, failed, err)
	}
	return failed
}

// TestClose_fails: what is to be written at the end may have to wait for tables. When these cannot be written, Close ends.
func TestClose_fails(t *testing.T) {
	full := make(chan struct{})
	store := begin(t, errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate && isTable(op.Path) {
			<-full
			return syscall.ENOSPC
		}
		return nil
	})))
	closed := make(chan error, 1)
	go func() {
		closed <- store.Store.Close(func() error {
			for range 100 { // more than the tables in memory take
				batch := store.NewBatch()
				if err := batch.Set(rowKey('k', "key"), make([]byte, 1<<20), nil); err != nil {
					return err
				}
				if err := store.Commit(batch, false); err != nil {
					return err
				}
			}
			return nil
		})
	}()
	for !store.waiting.Load() {
		runtime.Gosched()
	}
	close(full)
	select {
	case err := <-closed:
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it hangs")
	}
}
