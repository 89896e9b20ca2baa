package enginetest

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ToldDisk is a disk in memory of 8 MiB that says what it is told to say of its room, whatever there is on it.
type ToldDisk struct {
	vfs.FS
	Free atomic.Uint64 // bytes
}

// NewToldDisk returns such a disk on which all is free.
func NewToldDisk(disk vfs.FS) *ToldDisk {
	d := &ToldDisk{FS: disk}
	d.Free.Store(toldSize)
	return d
}

const toldSize = 8 << 20

// GetDiskUsage implements vfs.FS.
func (d *ToldDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.Free.Load(), TotalBytes: toldSize}, nil
}

// Empty says that all is free again.
func (d *ToldDisk) Empty() { d.Free.Store(toldSize) }
