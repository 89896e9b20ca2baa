package peer

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/reason"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/storage"
)

// Errors of a group go to the node that has asked as what they are, with their text.

// kinds are the errors that have a number of their own. The order decides where an error is several.
var kinds = []struct {
	kind peerpb.Kind
	err  error
}{
	{peerpb.Kind_KIND_NOT_LEADER, node.ErrNotLeader},
	{peerpb.Kind_KIND_BUSY, node.ErrBusy},
	{peerpb.Kind_KIND_DEPOSED, node.ErrDeposed},
	{peerpb.Kind_KIND_STOPPED, node.ErrStopped},
	{peerpb.Kind_KIND_FAILED, node.ErrFailed},
	{peerpb.Kind_KIND_TIMEOUT, context.DeadlineExceeded},
}

// failureOf encodes an error of a group; nil for none.
func failureOf(err error) *peerpb.Failure {
	if err == nil {
		return nil
	}
	failure := &peerpb.Failure{Message: err.Error()}
	if node.IsDamage(err) { // which may be why a store has failed
		failure.Kind = peerpb.Kind_KIND_DAMAGE
		return failure
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			failure.Kind = k.kind
			break
		}
	}
	if notLeader, ok := errors.AsType[*node.NotLeader](err); ok {
		failure.Leader = uint64(notLeader.Leader)
	}
	return failure
}

// errorOf decodes what failureOf has encoded on another node.
func errorOf(failure *peerpb.Failure, from storage.NodeID) error {
	text := fmt.Sprintf("node %d: %s", from, failure.GetMessage())
	switch failure.GetKind() {
	case peerpb.Kind_KIND_NOT_LEADER:
		return &node.NotLeader{Leader: storage.NodeID(failure.GetLeader())}
	case peerpb.Kind_KIND_DAMAGE:
		return node.Damaged(text)
	}
	for _, k := range kinds {
		if k.kind == failure.GetKind() {
			return &passed{text, k.err}
		}
	}
	return errors.New(text)
}

// passed is an error of another node.
type passed struct {
	text string
	kind error
}

func (e *passed) Error() string { return e.text }
func (e *passed) Unwrap() error { return e.kind }

// errStopping is how streams of others end when the server stops.
func errStopping() error {
	s, err := status.New(codes.Unavailable, "the server is stopping").WithDetails(&peerpb.Failure{Kind: peerpb.Kind_KIND_STOPPED})
	if err != nil {
		panic(err) // the type can be encoded
	}
	return s.Err()
}

// stops says whether an error of another node is that it stops.
func stops(err error) bool {
	for _, detail := range status.Convert(err).Details() {
		if failure, ok := detail.(*peerpb.Failure); ok && failure.GetKind() == peerpb.Kind_KIND_STOPPED {
			return true
		}
	}
	return false
}

// busy refuses what is asked of a node, as too much is on its way to it.
func busy(id storage.NodeID) error {
	return &passed{fmt.Sprintf("too much is on its way to node %d, and was not answered", id), node.ErrBusy}
}

// perhaps is the end of what was sent to a node and not answered.
func perhaps(id storage.NodeID, err error) error {
	return &passed{fmt.Sprintf("node %d was lost before it answered (%v)", id, reason.Of(err)), node.ErrDeposed}
}
