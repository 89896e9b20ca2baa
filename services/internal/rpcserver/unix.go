//go:build unix

package rpcserver

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// socketMode lets the server's user and the group of the file connect. A folder with the set-group-id bit gives
// the file a group of its own.
const socketMode = 0o660

// listenUnix makes the file of a socket and listens on it. A file that a dead process has left behind is
// replaced; one that somebody listens on, or that is no socket, is not touched. The file goes when the listener
// is closed.
func listenUnix(path string) (net.Listener, error) {
	// Two servers that start at once must not both take the file for a dead one's, so that the later one takes
	// the name away from the other. The lock is on the folder, because a file of its own would stay behind.
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("locking the folder %s: %w", folder.Name(), err)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// removeStale removes a socket that nobody listens on. It fails when the name is taken by anything else.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return errors.New("the file exists and is no socket; choose another name")
	}
	conn, err := net.Dial("unix", path)
	switch {
	case err == nil:
		conn.Close()
		return errors.New("another process listens on it; stop that or choose another name")
	case !errors.Is(err, syscall.ECONNREFUSED): // a full queue of connections, for one, is no sign of death
		return fmt.Errorf("the file may be in use: %w", err)
	}
	return os.Remove(path)
}

// descriptorLimit is how many files and connections the process may have open. Go has raised it to what the process
// may raise it to (the hard limit) before main runs.
func descriptorLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return int(min(limit.Cur, math.MaxInt32)) // there may be none
}
