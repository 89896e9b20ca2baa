package wire

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/shard"
)

// Redirection makes the detail that says where to send a call that was not executed, of who leads its shard; 0 if that is
// not known.
type Redirection func(leader shard.NodeID) *raftkvpb.Redirect

var errOtherRequest = status.Error(codes.InvalidArgument,
	"this request id was used for another request; a repetition must be the same request")

// WriteStatus maps an error of a group to a status, for a write: as the contract's table has it.
func WriteStatus(err error, to Redirection) error {
	return groupStatus(err, to, "the write may or may not have happened; send it again with the same request id")
}

// ReadStatus is WriteStatus for reads.
func ReadStatus(err error, to Redirection) error {
	if errors.Is(err, node.ErrFailed) && !node.IsDamage(err) {
		return status.Error(codes.Unavailable, err.Error()) // trying again is of no use
	}
	return groupStatus(err, to, "try again")
}

// ChangeStatus is WriteStatus for a change of a shard's members. What has no kind of its own says why it cannot be.
func ChangeStatus(err error, to Redirection) error {
	s := groupStatus(err, to, "the change may have begun; ask for the members")
	if status.Code(s) == codes.Internal {
		return status.Errorf(codes.FailedPrecondition, "%v; nothing was changed", err)
	}
	return s
}

func groupStatus(err error, to Redirection, advice string) error {
	code := codes.Internal
	switch {
	case errors.Is(err, node.ErrNotLeader):
		leader := shard.NodeID(0)
		if other, ok := errors.AsType[*node.NotLeader](err); ok {
			leader = other.Leader
		}
		return Redirected(err, AskLeader, to(leader))
	case errors.Is(err, node.ErrBusy):
		return status.Errorf(codes.ResourceExhausted, "%v; nothing happened now: try again later", err)
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	case node.IsDamage(err):
		return status.Error(codes.DataLoss, err.Error())
	case errors.Is(err, node.ErrStopped), errors.Is(err, node.ErrDeposed), errors.Is(err, node.ErrFailed):
		code = codes.Unavailable
	}
	return status.Errorf(code, "%v; %s", err, advice)
}

// AskLeader is the advice for calls that another server may do now.
const AskLeader = "ask its leader, or try again"

// Redirected says that a server has not begun what another one may do, or this one later.
func Redirected(err error, advice string, to *raftkvpb.Redirect) error {
	s, detailErr := status.New(codes.Unavailable, fmt.Sprintf("%v; nothing happened: %s", err, advice)).WithDetails(to)
	if detailErr != nil {
		return status.Error(codes.Internal, detailErr.Error())
	}
	return s.Err()
}

// refusal is the status of a command that was not done.
func refusal(writes []kv.Write, reply *kv.Reply) error {
	switch reply.Outcome {
	case kv.VersionMismatch:
		return status.Errorf(codes.FailedPrecondition, "%sthe key has version %d, not %s; nothing was changed",
			where(writes, reply), reply.Actual, expected(writes, reply))
	case kv.ValueTooLong:
		return status.Errorf(codes.OutOfRange, "%sthe value would become %d bytes long; the limit is %s bytes (--max-value); nothing was changed",
			where(writes, reply), reply.Actual, limit(writes, reply))
	case kv.SequenceTooLow:
		return status.Errorf(codes.Aborted, "the request id is an old one: the client's last sequence is %d; nothing was changed now", reply.Actual)
	case kv.UnknownClient:
		return status.Error(codes.NotFound, "the client id was forgotten, or did not begin with sequence 1; nothing was changed now: "+
			"take a new client id (an earlier copy of this write may have happened)")
	case kv.TooMuch:
		return status.Errorf(codes.ResourceExhausted, "%sthe previous values that writes of this moment return are too long together; nothing was changed now: "+
			"try again later", where(writes, reply))
	case kv.BatchTooMuch:
		return status.Errorf(codes.OutOfRange, "%sthe previous values that the batch returns are longer than %d bytes together; nothing was changed: "+
			"send fewer writes at a time, or do not ask for the values", where(writes, reply), kv.MaxPrevious)
	default:
		return status.Errorf(codes.Internal, "the reply has the outcome %d", reply.Outcome)
	}
}

// where names the refused write of a batch.
func where(writes []kv.Write, reply *kv.Reply) string {
	if len(writes) == 1 {
		return ""
	}
	return fmt.Sprintf("write %d of the batch: ", reply.Refused)
}

// expected and limit look at the request, which is another one than the refused one when a client uses a
// request id twice.
func expected(writes []kv.Write, reply *kv.Reply) string {
	if reply.Refused >= len(writes) || writes[reply.Refused].Expect == kv.AnyVersion {
		return "the expected one"
	}
	return fmt.Sprint(writes[reply.Refused].Expect)
}

func limit(writes []kv.Write, reply *kv.Reply) string {
	if reply.Refused >= len(writes) {
		return "fewer"
	}
	return fmt.Sprint(writes[reply.Refused].MaxValue)
}
