package enginetest

import (
	"math"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// SmallDisk is a disk in memory that has an end, and on which others may have files too.
type SmallDisk struct {
	*vfs.MemFS
	Total  atomic.Uint64 // bytes that it has, free or not
	others atomic.Uint64 // bytes of files of others
	Silent atomic.Bool   // it says that there is room enough, whatever there is

	mu sync.Mutex // of a write, from the look at the room to its end
}

// NewSmallDisk returns an empty disk of so many bytes.
func NewSmallDisk(total uint64) *SmallDisk {
	d := &SmallDisk{MemFS: vfs.NewCrashableMem()}
	d.Total.Store(total)
	return d
}

// Used returns how many bytes are used, by Dir and by others.
func (d *SmallDisk) Used() uint64 {
	used := d.others.Load()
	names, _ := d.MemFS.List(Dir)
	for _, name := range names {
		if info, err := d.MemFS.Stat(d.PathJoin(Dir, name)); err == nil {
			used += uint64(info.Size())
		}
	}
	return used
}

// Free returns how many bytes are not used.
func (d *SmallDisk) Free() uint64 {
	total := d.Total.Load()
	return total - min(total, d.Used())
}

// Fill lets others take all but so many bytes of what is free.
func (d *SmallDisk) Fill(left uint64) { d.others.Add(d.Free() - left) }

// GetDiskUsage implements vfs.FS.
func (d *SmallDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	if d.Silent.Load() {
		return vfs.DiskUsage{AvailBytes: math.MaxUint64 / 2, TotalBytes: d.Total.Load()}, nil
	}
	return vfs.DiskUsage{AvailBytes: d.Free(), TotalBytes: d.Total.Load(), UsedBytes: d.Used()}, nil
}

// Create implements vfs.FS.
func (d *SmallDisk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.MemFS.Create(name, category)
	return smallFile{file, d}, err
}

// ReuseForWrite implements vfs.FS.
func (d *SmallDisk) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.MemFS.ReuseForWrite(old, name, category)
	return smallFile{file, d}, err
}

type smallFile struct {
	vfs.File
	disk *SmallDisk
}

// Write writes what there is room for, as a disk does.
func (f smallFile) Write(b []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	room := f.disk.Free()
	if uint64(len(b)) <= room {
		return f.File.Write(b)
	}
	n, err := f.File.Write(b[:room])
	if err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}
