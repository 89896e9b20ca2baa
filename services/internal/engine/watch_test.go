package engine

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestPresence: a folder that is removed, emptied or replaced under the store is a failure of the store.
func TestPresence(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"removed": os.RemoveAll,
		"emptied": func(dir string) error {
			names, err := filepath.Glob(filepath.Join(dir, "*"))
			for _, name := range names {
				err = os.Remove(name)
			}
			return err
		},
		"replaced": func(dir string) error {
			if err := os.Rename(dir, dir+".away"); err != nil {
				return err
			}
			return os.CopyFS(dir, os.DirFS(dir+".away"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			s, err := openTest(Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			s.must(t, put("key", "value"))
			if s.Failure() != nil {
				t.Fatal("it has failed before")
			}
			if err := change(dir); err != nil {
				t.Fatal(err)
			}
			select {
			case <-s.failed:
			case <-time.After(time.Minute):
				t.Fatal("nobody notices")
			}
			if err := s.execute(put("key", "value")); err == nil {
				t.Error("a write is acknowledged")
			}
		})
	}
}

// hangingDisk is a disk whose syncs wait while it hangs.
type hangingDisk struct {
	*vfs.MemFS
	gate atomic.Pointer[chan struct{}] // a sync waits until it is closed
}

func (d *hangingDisk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.MemFS.Create(name, category)
	return hangingFile{file, d}, err
}

func (d *hangingDisk) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.MemFS.ReuseForWrite(old, name, category)
	return hangingFile{file, d}, err
}

type hangingFile struct {
	vfs.File
	disk *hangingDisk
}

func (f hangingFile) Sync() error     { <-*f.disk.gate.Load(); return f.File.Sync() }
func (f hangingFile) SyncData() error { <-*f.disk.gate.Load(); return f.File.SyncData() }

// TestStall: a sync that does not end is told once it has taken too long, and once it is over.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := make(chan struct{})
		close(good)
		disk := &hangingDisk{MemFS: vfs.NewMem()}
		disk.gate.Store(&good)
		told := make(chan bool, 10)
		s, err := openTest(Options{FS: disk, DiskStall: 2 * time.Second, OnStall: func(stalled bool) { told <- stalled }})
		if err != nil {
			t.Fatal(err)
		}
		s.must(t, put("key", "value"))
		time.Sleep(10 * time.Second) // by the clock of the test
		synctest.Wait()
		if len(told) > 0 || s.Disk().Stalled > 0 {
			t.Fatal("a disk that nobody has asked anything is said to hang")
		}
		hanging := make(chan struct{})
		disk.gate.Store(&hanging)
		written := make(chan error)
		go func() { err := s.execute(put("key", "value")); written <- err }()
		time.Sleep(1900 * time.Millisecond)
		synctest.Wait()
		if len(told) > 0 {
			t.Error("it is told too early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := len(told); n != 1 || !<-told || s.Disk().Stalled <= 2*time.Second {
			t.Errorf("after four seconds it was told %d times, and the disk has hung for %v", n, s.Disk().Stalled)
		}
		close(hanging)
		if err := <-written; err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := len(told); n != 1 || <-told || s.Disk().Stalled > 0 {
			t.Errorf("afterwards it was told %d times, and the disk has hung for %v", n, s.Disk().Stalled)
		}
		s.end(t)
	})
}
