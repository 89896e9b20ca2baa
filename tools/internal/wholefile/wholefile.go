// Package wholefile writes files that are there whole or not at all: a program that is ended, or a disk that is full,
// leaves the file of that name as it was before.
package wholefile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file that is being written. It has its name from Commit on; until then it is NAME.partial. What was no regular
// file before, such as a pipe or /dev/stdout, is written to as it is.
type File struct {
	bufio.Writer
	file   *os.File
	target string      // the name to get; empty if file has it already
	mode   fs.FileMode // of the file that is replaced; 0 if there is none
}

// Create begins a file; a link is followed. The error is that of opening it, so that a name that cannot be written is
// known before there is something to write.
func Create(name string) (*File, error) {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		target = name // there is none yet; or opening it says what is wrong
	}
	f := &File{target: target}
	info, err := os.Stat(target)
	switch {
	case err == nil && !info.Mode().IsRegular():
		f.target = ""
		f.file, err = os.OpenFile(target, os.O_WRONLY, 0)
	case err == nil || errors.Is(err, fs.ErrNotExist):
		if info != nil {
			f.mode = info.Mode().Perm()
		}
		f.file, err = os.Create(target + ".partial")
	}
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		pathError.Path = name // and not .partial
	}
	if err != nil {
		return nil, err
	}
	f.Reset(f.file)
	return f, nil
}

// Commit gives the file its name. After an error there is none.
func (f *File) Commit() error {
	err := f.Flush()
	if err == nil && f.mode != 0 {
		err = f.file.Chmod(f.mode)
	}
	err = errors.Join(err, f.file.Close())
	if f.target == "" {
		return err
	}
	if err == nil {
		err = os.Rename(f.file.Name(), f.target)
	}
	if err != nil {
		os.Remove(f.file.Name())
	}
	return err
}

// Abandon gives the file up.
func (f *File) Abandon() {
	f.file.Close()
	if f.target != "" {
		os.Remove(f.file.Name())
	}
}

// Write makes or replaces the file of that name by what write writes.
func Write(name string, write func(io.Writer) error) error {
	file, err := Create(name)
	if err != nil {
		return err
	}
	if err := write(file); err != nil {
		file.Abandon()
		return err
	}
	return file.Commit()
}
