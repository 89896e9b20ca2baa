package node

import (
	"errors"
	"fmt"

	"numstore.example/services/gossipkv/internal/merge"
)

var (
	// ErrBusy: the write was not done, as too much waits for the disk.
	ErrBusy = errors.New("too many bytes of writes wait for the disk; try again later")
	// ErrStopped: the node was stopped, or has failed; the write may or may not have been done.
	ErrStopped = errors.New("the server has stopped")
	// ErrTime: the write was not done, as the session's time is none of this system's.
	ErrTime = fmt.Errorf("it is more than 2^40 (%d) ahead of all that this server has seen: it is none of this system's; begin a new session", uint64(merge.MaxLead))
	// ErrOut: the write was not done, as the server is none of the system's any more; the reason is behind it.
	ErrOut = errors.New("this server takes no writes")
	// ErrSelf: a server is asked to forget itself.
	ErrSelf = errors.New("a server cannot forget itself; ask another one")
	// ErrUnknown: there is no server of that number.
	ErrUnknown = errors.New("there is no such server")
)
