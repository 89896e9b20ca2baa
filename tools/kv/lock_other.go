//go:build !unix

package main

import (
	"errors"
	"os"
)

// tryLock fails: kv has no locks on this system.
func tryLock(*os.File) (bool, error) {
	return false, errors.New("a session cannot be kept in a file on this system, as files cannot be locked")
}
