package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWrite(t *testing.T) {
	folder := t.TempDir()
	name, link := filepath.Join(folder, "file"), filepath.Join(folder, "link")
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	text := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			io.WriteString(w, text)
			return err
		}
	}
	full := errors.New("the disk is full")
	for _, step := range []struct {
		name  string
		write func(io.Writer) error
		err   error
		want  string
	}{
		{name, text("one", full), full, ""}, // and no file
		{name, text("one", nil), nil, "one"},
		{name, text("two", full), full, "one"},
		{link, text("three", nil), nil, "three"},
		{name, text("", nil), nil, ""},
	} {
		if err := Write(step.name, step.write); !errors.Is(err, step.err) {
			t.Errorf("got %v; want %v", err, step.err)
		}
		if got, _ := os.ReadFile(name); string(got) != step.want {
			t.Errorf("the file has %q; want %q", got, step.want)
		}
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("the folder has %v, %v; want the file and the link", entries, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
}

// TestWrite_mode: a file keeps its mode when it is replaced, and what is no file is written to.
func TestWrite_mode(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }
	if err := Write(name, write); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 || info.Size() != 3 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if err := Write(os.DevNull, write); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is %v, %v", os.DevNull, info, err)
	}
	if err := Write(filepath.Join(t.TempDir(), "no", "file"), write); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}
