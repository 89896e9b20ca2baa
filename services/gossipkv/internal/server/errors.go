package server

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/services/gossipkv/internal/node"
)

// writeStatus maps an error of the node to a status, for a write: as the contract's table has it.
func writeStatus(err error) error {
	return statusOf(err, "the write may or may not have happened")
}

// readStatus is writeStatus for reads.
func readStatus(err error) error {
	return statusOf(err, "ask another server, or try again")
}

// forgetStatus is writeStatus for Forget.
func forgetStatus(err error) error {
	switch {
	case errors.Is(err, node.ErrUnknown):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, node.ErrSelf):
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return statusOf(err, "it may or may not be forgotten; ask for the status")
}

// linkStatus is writeStatus for links.
func linkStatus(err error) error {
	switch {
	case errors.Is(err, node.ErrUnreachable):
		return status.Errorf(codes.Unavailable, "%v; it is tried again and again, until Disconnect", err)
	case errors.Is(err, node.ErrRefused):
		return status.Error(codes.FailedPrecondition, err.Error())
	case errors.Is(err, node.ErrNoLink):
		return status.Error(codes.NotFound, err.Error())
	}
	return statusOf(err, "it may or may not have been done; ask for the status")
}

func statusOf(err error, advice string) error {
	code := codes.Internal
	switch {
	case err == nil:
		return nil
	case errors.Is(err, node.ErrTime):
		return status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, node.ErrOut):
		return status.Error(codes.FailedPrecondition, err.Error())
	case errors.Is(err, node.ErrBusy):
		return status.Errorf(codes.ResourceExhausted, "%v; nothing happened now", err)
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	case node.IsDamage(err):
		return status.Error(codes.DataLoss, err.Error())
	case errors.Is(err, node.ErrFailed), errors.Is(err, node.ErrStopped):
		code = codes.Unavailable
	case errors.Is(err, node.ErrFull):
		return status.Errorf(codes.Unavailable, "%v; nothing happened: reads and deletions are done; make room, and it is taken again", err)
	}
	return status.Errorf(code, "%v; %s", err, advice)
}
