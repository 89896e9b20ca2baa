package engine

import (
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// boundFS is a file system in which what Pebble writes is bound to the store, so that files and blocks that are whole,
// but come from elsewhere, are noticed: its tables are masked (see mask), and it is written down how far its
// manifests were synced (see manifestMark). The batches in its write-ahead logs begin with the store's id (see
// Store.NewBatch).
//
// Pebble never writes to a table that it reads, so none is opened for both.
type boundFS struct {
	vfs.FS
	identity identity
	manifest *manifestMark
}

// Create implements vfs.FS.
func (b boundFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := b.FS.Create(name, category)
	if err == nil && strings.HasPrefix(b.PathBase(name), manifestPrefix) {
		return &watchedManifest{File: file, mark: b.manifest, synced: syncedManifest{number: fileNumber(b.PathBase(name))}}, nil
	}
	return b.masked(name, file, err)
}

// Open implements vfs.FS.
func (b boundFS) Open(name string, options ...vfs.OpenOption) (vfs.File, error) {
	file, err := b.FS.Open(name, options...)
	return b.masked(name, file, err)
}

// masked puts a file that was opened under its mask, if it is a table of this store's.
func (b boundFS) masked(name string, file vfs.File, err error) (vfs.File, error) {
	number := fileNumber(b.PathBase(name))
	if err != nil || !isTable(name) || number < b.identity.since {
		return file, err
	}
	return &maskedFile{File: file, mask: newMask(b.identity.id, number)}, nil
}
