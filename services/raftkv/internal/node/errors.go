package node

import (
	"errors"
	"fmt"

	"numstore.example/services/raftkv/internal/storage"
)

var (
	// ErrNotLeader: the proposal or read was not executed, because who was asked does not lead the shard. It comes as a
	// *NotLeader.
	ErrNotLeader = errors.New("this server does not lead the shard")
	// ErrBusy: the proposal was not executed, because too much is in flight already.
	ErrBusy = errors.New("too many bytes of writes wait for the disk")
	// ErrStopped: the replica was stopped or has failed; the proposal may or may not have been executed.
	ErrStopped = errors.New("the shard has stopped")
	// ErrDeposed: the replica lost its leadership, or the node that it was passed on to was lost; the proposal may or may
	// not have been executed.
	ErrDeposed = errors.New("the shard's leader changed")
)

// NotLeader is an ErrNotLeader, with who leads instead.
type NotLeader struct {
	Leader storage.NodeID // 0 if it is not known
}

func (e *NotLeader) Error() string {
	if e.Leader == 0 {
		return "the shard has no leader that this server knows of"
	}
	return fmt.Sprintf("%v; node %d does", ErrNotLeader, e.Leader)
}

// Is makes it an ErrNotLeader.
func (e *NotLeader) Is(target error) bool { return target == ErrNotLeader }

// leaderOf returns who leads according to an error; 0 if it does not say.
func leaderOf(err error) storage.NodeID {
	var e *NotLeader
	if errors.As(err, &e) {
		return e.Leader
	}
	return 0
}

// Damaged returns an error that IsDamage recognises, with a text that another node has sent.
func Damaged(text string) error { return storage.Damaged(text) }
