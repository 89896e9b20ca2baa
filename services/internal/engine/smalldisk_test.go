package engine

import (
	"math"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// smallDisk is a disk in memory that has an end, and on which others may have files too.
type smallDisk struct {
	*vfs.MemFS
	total  atomic.Uint64
	others atomic.Uint64 // bytes of files of others
	silent atomic.Bool   // it says that there is room enough, whatever there is

	mu sync.Mutex // of a write, from the look at the room to its end
}

func newSmallDisk(total uint64) *smallDisk {
	d := &smallDisk{MemFS: vfs.NewCrashableMem()}
	d.total.Store(total)
	return d
}

func (d *smallDisk) used() uint64 {
	used := d.others.Load()
	names, _ := d.MemFS.List(testDir)
	for _, name := range names {
		if info, err := d.MemFS.Stat(d.PathJoin(testDir, name)); err == nil {
			used += uint64(info.Size())
		}
	}
	return used
}

func (d *smallDisk) free() uint64 {
	total := d.total.Load()
	return total - min(total, d.used())
}

// fill lets others take all but so many bytes of what is free.
func (d *smallDisk) fill(left uint64) { d.others.Add(d.free() - left) }

// GetDiskUsage implements vfs.FS.
func (d *smallDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	if d.silent.Load() {
		return vfs.DiskUsage{AvailBytes: math.MaxUint64 / 2, TotalBytes: d.total.Load()}, nil
	}
	return vfs.DiskUsage{AvailBytes: d.free(), TotalBytes: d.total.Load(), UsedBytes: d.used()}, nil
}

// Create implements vfs.FS.
func (d *smallDisk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.MemFS.Create(name, category)
	return smallFile{file, d}, err
}

// ReuseForWrite implements vfs.FS.
func (d *smallDisk) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.MemFS.ReuseForWrite(old, name, category)
	return smallFile{file, d}, err
}

type smallFile struct {
	vfs.File
	disk *smallDisk
}

// Write writes what there is room for, as a disk does.
func (f smallFile) Write(b []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	room := f.disk.free()
	if uint64(len(b)) <= room {
		return f.File.Write(b)
	}
	n, err := f.File.Write(b[:room])
	if err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}
