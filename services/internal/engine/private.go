package engine

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// What the store makes is for its own user alone: values are nobody else's business. A folder or a file that is
// there already stays as it is.
const (
	privateDir  fs.FileMode = 0o700
	privateFile fs.FileMode = 0o600
)

// privateFS is the file system of this machine, but for the modes of what is made. Pebble asks for 0755 and 0644. The
// umask of the process would do as well, but it would also change the modes of what others make, such as sockets.
type privateFS struct{ vfs.FS }

// Create implements vfs.FS. No moment passes in which others could open the file.
func (p privateFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if err := makePrivate(name); err != nil {
		return nil, err
	}
	return p.FS.OpenReadWrite(name, category)
}

// MkdirAll implements vfs.FS.
func (p privateFS) MkdirAll(dir string, _ os.FileMode) error { return p.FS.MkdirAll(dir, privateDir) }

// Lock implements vfs.FS. A file that exists is not opened here: to close it would give up a lock that this process
// has on it.
func (p privateFS) Lock(name string) (io.Closer, error) {
	if err := makePrivate(name); err != nil && !os.IsExist(err) {
		return nil, err
	}
	return p.FS.Lock(name)
}

func makePrivate(name string) error {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, privateFile)
	if err != nil {
		return err
	}
	return file.Close()
}

// tooWide says what to do about a folder that others than its user can look into; it is empty if there is nothing.
func tooWide(fsys vfs.FS, dir string) string {
	info, err := fsys.Stat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&^privateDir == 0 {
		return ""
	}
	return fmt.Sprintf("chmod %04o %s", privateDir, dir)
}
