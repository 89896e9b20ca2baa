//go:build !linux

package engine

import "github.com/cockroachdb/pebble/v2/vfs"

var disk = privateFS{vfs.Default}

// allocate gives a new file a length, and the room for it on the disk.
func allocate(file vfs.File, length int64) error { return writeZeros(file, length) }
