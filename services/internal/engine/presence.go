package engine

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// presence notices that the folder of the store is not where it was: removed, emptied, replaced by another, or on a
// disk that was taken off. Files that are open go on as if nothing had happened, and all that is written to them is
// lost with the process.
type presence struct {
	fs    vfs.FS
	paths []string // the folder, and a file in it that is there as long as the store is open
	were  []os.FileInfo
}

// newPresence remembers what is there. With onDisk, fs is that of the machine, where a file has an identity.
func newPresence(fsys vfs.FS, dir string, onDisk bool) (*presence, error) {
	p := &presence{fs: fsys, paths: []string{dir, fsys.PathJoin(dir, "LOCK")}}
	if !onDisk {
		return p, nil
	}
	for _, path := range p.paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		p.were = append(p.were, info)
	}
	return p, nil
}

// check returns an error if something is missing, or another than it was. That it cannot be seen is for others to find.
func (p *presence) check() error {
	for i, path := range p.paths {
		same := true
		var err error
		if p.were == nil {
			_, err = p.fs.Stat(path)
		} else {
			var info os.FileInfo
			if info, err = os.Stat(path); err == nil {
				same = os.SameFile(info, p.were[i])
			}
		}
		switch {
		case os.IsNotExist(err):
			return fmt.Errorf("%s was removed while the server runs; put the folder back, or restore a backup into an empty one, and start again: %w", path, fs.ErrNotExist)
		case err == nil && !same:
			return fmt.Errorf("%s is another than the server has opened: the folder was replaced, or its disk was taken off; put it back and start again", path)
		}
	}
	return nil
}
