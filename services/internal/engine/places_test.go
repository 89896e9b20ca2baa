package engine

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// TestPlaces_fails: whatever fails while the file is made, it is closed, and made anew by the next try.
func TestPlaces_fails(t *testing.T) {
	for n := int64(0); ; n++ {
		disk := &counting{FS: vfs.NewMem()}
		refused := errors.New("refused")
		left := n
		fs := errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if left--; left == -1 && op.Kind != errorfs.OpFileClose {
				return refused
			}
			return nil
		}))
		p, err := createPlaces(fs, "/mark", []byte("content"))
		if err == nil {
			if n < 5 {
				t.Errorf("only %d operations could fail: this test has lost its subject", n)
			}
			if p.file.Close(); left >= 0 {
				return
			}
			continue
		}
		if !errors.Is(err, refused) || disk.open != 0 {
			t.Errorf("when operation %d fails: %v; %d files are open", n, err, disk.open)
		}
		if p, err := createPlaces(disk, "/mark", []byte("content")); err != nil {
			t.Errorf("after operation %d failed: %v", n, err)
		} else {
			p.file.Close()
		}
	}
}

// counting counts the files that are open.
type counting struct {
	vfs.FS
	open int
}

func (c *counting) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := c.FS.Create(name, category)
	if err == nil {
		c.open++
	}
	return countedFile{file, c}, err
}

type countedFile struct {
	vfs.File
	fs *counting
}

func (c countedFile) Close() error { c.fs.open--; return c.File.Close() }
