package engine

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// manifestMark is a small file that says how far the manifest was synced, and what it holds up to there. Like the
// marks of logs it is written after each sync and not synced itself, so that it never says too much. But what it says
// of a new manifest is synced before that comes into use: of the one in use it always says something.
//
// A manifest that is shorter has lost its end, which its records alone do not show; one that holds something else
// was damaged, or is an older one or another store's.
type manifestMark struct {
	fs     vfs.FS
	path   string
	id     storeID
	places *places // nil until the first manifest is synced
	found  []syncedManifest
}

// syncedManifest is what is known of a manifest.
type syncedManifest struct {
	number uint64 // of the file
	length uint64 // in bytes, of what was synced
	sum    uint32 // CRC-32C of that
}

const (
	manifestPrefix   = "MANIFEST-"       // of the name of a manifest; its number follows
	manifestMarkName = "manifest-synced" // unlike a log's mark it may be there before there is a store
	manifestMarkSize = storeIDSize + 8 + 8 + 4
)

// openManifestMark opens the mark of a folder, if it is there.
func openManifestMark(fsys vfs.FS, dir string, id storeID) (*manifestMark, error) {
	m := &manifestMark{fs: fsys, path: fsys.PathJoin(dir, manifestMarkName), id: id}
	there, err := isThere(fsys, m.path)
	if err != nil || !there {
		return m, err
	}
	var found [2][]byte
	if m.places, found, err = openPlaces(fsys, m.path, manifestMarkSize); err != nil {
		return nil, err
	}
	m.found = make([]syncedManifest, 2)
	for i, content := range found {
		if content == nil {
			continue
		}
		if err := id.owns(m.path, content); err != nil {
			_ = m.close()
			return nil, err
		}
		m.found[i] = syncedManifest{
			number: binary.LittleEndian.Uint64(content[storeIDSize:]),
			length: binary.LittleEndian.Uint64(content[storeIDSize+8:]),
			sum:    binary.LittleEndian.Uint32(content[storeIDSize+16:]),
		}
	}
	return m, nil
}

// check refuses a manifest, the one in use, that is not as it was synced.
func (m *manifestMark) check(path string, content []byte) error {
	number := fileNumber(m.fs.PathBase(path))
	var synced syncedManifest
	for i, known := range m.found {
		if known.number == number && known.length >= synced.length {
			synced, m.places.turn = known, 1-i
		}
	}
	switch {
	case m.places == nil:
		return &damage{what: m.path + " is missing"}
	case synced.number == 0 && m.places.unreadable != nil:
		return m.places.unreadable // nothing has changed what is there
	case synced.number == 0:
		return &damage{what: fmt.Sprintf("marker.manifest.* names %s, but %s knows of others alone", path, m.path)}
	case uint64(len(content)) < synced.length:
		return &damage{what: fmt.Sprintf("%s has %d bytes, but %d were synced (%s): its end is missing", path, len(content), synced.length, m.path)}
	case crc32.Checksum(content[:synced.length], castagnoli) != synced.sum:
		return &damage{what: fmt.Sprintf("%s is not the file whose first %d bytes were synced (%s)", path, synced.length, m.path)}
	}
	return nil
}

// set says how far a manifest is synced. What it says of a new one has to survive a power failure.
func (m *manifestMark) set(synced syncedManifest, fresh bool) (err error) {
	content := binary.LittleEndian.AppendUint64(m.id[:], synced.number)
	content = binary.LittleEndian.AppendUint64(content, synced.length)
	content = binary.LittleEndian.AppendUint32(content, synced.sum)
	if m.places == nil {
		m.places, err = createPlaces(m.fs, m.path, content)
		return err
	}
	if err := m.places.write(content); err != nil || !fresh {
		return err
	}
	return m.places.file.Sync()
}

// forget is for when there is no manifest yet that the mark could know: what it says was left by an attempt to make one.
func (m *manifestMark) forget() {
	_ = m.close()
	m.places = nil
}

func (m *manifestMark) close() error {
	if m.places == nil {
		return nil
	}
	return m.places.file.Close()
}

// watchedManifest is a manifest that is being written.
type watchedManifest struct {
	vfs.File
	mark   *manifestMark
	synced syncedManifest // as it will be when all that was written is synced
	marked bool
}

// Write implements vfs.File.
func (w *watchedManifest) Write(b []byte) (int, error) {
	w.synced.length += uint64(len(b))
	w.synced.sum = crc32.Update(w.synced.sum, castagnoli, b)
	return w.File.Write(b)
}

// Sync implements vfs.File.
func (w *watchedManifest) Sync() error { return w.sync(w.File.Sync) }

// SyncData implements vfs.File.
func (w *watchedManifest) SyncData() error { return w.sync(w.File.SyncData) }

func (w *watchedManifest) sync(sync func() error) error {
	if err := sync(); err != nil {
		return err
	}
	fresh := !w.marked
	w.marked = true
	return w.mark.set(w.synced, fresh)
}
