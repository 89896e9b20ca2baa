//go:build unix

package main

import (
	"os"
	"syscall"
)

// tryLock locks a file until it is closed, unless somebody else has it.
func tryLock(file *os.File) (locked bool, err error) {
	for {
		switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case nil:
			return true, nil
		case syscall.EWOULDBLOCK:
			return false, nil
		case syscall.EINTR:
		default:
			return false, &os.PathError{Op: "lock", Path: file.Name(), Err: err}
		}
	}
}
