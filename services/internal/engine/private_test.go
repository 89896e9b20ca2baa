package engine

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inFolder returns the options of a store in a folder of this machine, and what it logs.
func inFolder(dir string) (Options, *bytes.Buffer) {
	var log bytes.Buffer
	return Options{Dir: dir, Layout: testLayout, Logger: slog.New(slog.NewTextHandler(&log, nil))}, &log
}

// TestPrivate: whatever the umask, nobody else can read what a store makes, and others' folders stay as they are.
func TestPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	options, log := inFolder(dir)
	for range 2 { // the second time Pebble finds files, and makes others
		store, err := openTest(options)
		if err != nil {
			t.Fatal(err)
		}
		store.must(t, put("key", "value"))
		if err := store.Compact(t.Context(), nothing); err != nil {
			t.Fatal(err)
		}
		store.end(t)
		allPrivate(t, filepath.Dir(dir))
	}
	if log.Len() > 0 {
		t.Errorf("it said %s", log)
	}
}

// allPrivate fails the test for everything at or below a path that others may use.
func allPrivate(t *testing.T, path string) {
	t.Helper()
	tables := 0
	err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if isTable(path) {
			tables++
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if tables == 0 {
		t.Error("there are no tables: this test has lost its subject")
	}
}

// TestPrivate_wider: a folder that others can look into is used as it is, with a word on it.
func TestPrivate_wider(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // whatever the umask
		t.Fatal(err)
	}
	options, log := inFolder(dir)
	store, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(nothing); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "chmod 0700 "+dir) {
		t.Errorf("it said %q", log)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the folder is %v now (%v)", info.Mode(), err)
	}
}
