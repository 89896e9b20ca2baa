//go:build !linux

package storage

import "github.com/cockroachdb/pebble/v2/vfs"

var disk = privateFS{vfs.Default}
