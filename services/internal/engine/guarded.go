package engine

import (
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guardName is a file that no program of layout 1 gets past: it says to Pebble that the folder has a format from the
// far future. Such a program would take masked tables for damaged ones, and write others without a mask. Pebble does
// not see the file here.
const guardName = "marker.format-version.999999.999"

// guardedFS is a file system without the guard.
type guardedFS struct{ vfs.FS }

// List implements vfs.FS.
func (g guardedFS) List(dir string) ([]string, error) {
	names, err := g.FS.List(dir)
	return slices.DeleteFunc(names, func(name string) bool { return name == guardName }), err
}

func writeGuard(fs vfs.FS, dir string) error {
	file, err := fs.Create(fs.PathJoin(dir, guardName), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return syncDir(fs, dir)
}
