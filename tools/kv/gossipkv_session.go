package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"numstore.example/contracts/gossipkv"
)

// sessionFile is the file of --session: the text of what the session has seen, on a line. An empty file is a session that has seen
// nothing. One process at a time has it, by a lock on the file that has the name; so the file that replaces it is locked before
// it gets the name.
type sessionFile struct {
	name string // without links
	file *os.File
	text string // what is in it
}

// openSessionFile opens a file, which is made if there is none, and returns what the session in it has seen. While another process has it,
// that is waited for.
func openSessionFile(ctx context.Context, name string) (*sessionFile, *gossipkv.Seen, error) {
	f, err := lockSessionFile(ctx, name)
	if err != nil {
		return nil, nil, fmt.Errorf("--session: %w", err)
	}
	seen, err := f.read()
	if err != nil {
		f.close()
		return nil, nil, fmt.Errorf("--session: %s: %w; nothing was done. To begin a new session, which knows nothing of what this one has seen, move the file away", name, err)
	}
	return f, seen, nil
}

// lockSessionFile opens the file, and waits until nobody else has it.
func lockSessionFile(ctx context.Context, name string) (*sessionFile, error) {
	for {
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		var target string
		if err = awaitLock(ctx, file); err == nil {
			target, err = nameOf(file, name)
		}
		if err == nil {
			return &sessionFile{name: target, file: file}, nil
		}
		file.Close()
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}

// nameOf returns the name of an open file without links. The error is fs.ErrNotExist when another file has the name by now.
func nameOf(file *os.File, name string) (target string, err error) {
	if target, err = filepath.EvalSymlinks(name); err != nil {
		return "", err
	}
	have, err := file.Stat()
	if err != nil {
		return "", err
	}
	named, err := os.Stat(target)
	if err == nil && !os.SameFile(have, named) {
		err = fs.ErrNotExist
	}
	return target, err
}

// lockPause is after how long a lock is tried again.
const lockPause = 20 * time.Millisecond

func awaitLock(ctx context.Context, file *os.File) error {
	for {
		locked, err := tryLock(file)
		if locked || err != nil {
			return err
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return fmt.Errorf("another kv works with %s, a kv shell perhaps; wait for its end, or use another file", file.Name())
		}
	}
}

func (f *sessionFile) read() (*gossipkv.Seen, error) {
	if info, err := f.file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, errors.New("it is no regular file"))
	}
	content, err := io.ReadAll(f.file)
	if err != nil {
		return nil, err
	}
	if len(content) == 0 {
		return new(gossipkv.Seen), nil
	}
	f.text = strings.TrimSuffix(string(content), "\n")
	return gossipkv.ParseSeen(f.text)
}

// keep has the file say what the session has seen by now. It is there whole, as before or as it is to be, whatever happens, and has
// reached the disk when keep returns.
func (f *sessionFile) keep(text string) error {
	if text == f.text {
		return nil
	}
	next, err := os.OpenFile(f.name+".partial", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := f.replace(next, text); err != nil {
		next.Close()
		os.Remove(next.Name())
		return err
	}
	f.file.Close()
	f.file, f.text = next, text
	return syncFolder(filepath.Dir(f.name))
}

// replace writes a file, and gives it the name.
func (f *sessionFile) replace(next *os.File, text string) error {
	info, err := f.file.Stat()
	if err == nil {
		err = next.Chmod(info.Mode().Perm())
	}
	if err == nil {
		_, err = io.WriteString(next, text+"\n")
	}
	if err == nil {
		err = next.Sync()
	}
	if err == nil {
		_, err = tryLock(next) // nobody else has it, as nobody else has the file that it replaces
	}
	if err == nil {
		err = os.Rename(next.Name(), f.name)
	}
	return err
}

func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// close lets others have the file.
func (f *sessionFile) close() { f.file.Close() }
