package engine

import (
	"errors"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"
)

// disk is the file system of this machine, but for one thing: a write-ahead log gets its full length when it
// is made. Pebble reserves the space and lets the file grow into it, so that each sync has to write the new
// length too: on ext4 that takes half as long again. What is not written yet reads as zeros, which Pebble, when
// it opens the log, takes for its end.
var disk vfs.FS = fullLength{privateFS{vfs.Default}}

type fullLength struct{ vfs.FS }

// Create implements vfs.FS.
func (f fullLength) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, category)
	if err != nil || filepath.Ext(name) != ".log" {
		return file, err
	}
	return fullLengthFile{file}, nil
}

type fullLengthFile struct{ vfs.File }

// Preallocate implements vfs.File.
func (f fullLengthFile) Preallocate(offset, length int64) error {
	return unix.Fallocate(int(f.Fd()), 0, offset, length)
}

// allocate gives a new file a length, and the room for it on the disk.
func allocate(file vfs.File, length int64) error {
	if file.Fd() != vfs.InvalidFd {
		if err := unix.Fallocate(int(file.Fd()), 0, 0, length); !errors.Is(err, unix.EOPNOTSUPP) {
			return err
		}
	}
	return writeZeros(file, length)
}
