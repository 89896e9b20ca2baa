package inprocess

import (
	"bytes"
	"maps"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// shard is the state of one shard. The Cluster's mu guards it.
type shard struct {
	pairs    map[string]*raftkvpb.Pair
	sessions map[string]remembered // by client id
	version  uint64                // the last that a key has got
}

// remembered is the last write of a client, and its answers.
type remembered struct {
	sequence uint64
	answers  []*raftkvpb.Answer
}

func newShard() *shard {
	return &shard{pairs: make(map[string]*raftkvpb.Pair), sessions: make(map[string]remembered)}
}

// execute does operations, all or none, or repeats the answers that their request id got before. It returns one answer for
// each, or the error of the first that was refused, behind the answers of those before it.
func (s *shard) execute(id *raftkvpb.RequestId, operations []*raftkvpb.Operation) []*raftkvpb.Answer {
	if id == nil {
		return s.apply(operations)
	}
	last, known := s.sessions[string(id.GetClientId())]
	switch {
	case !known && id.GetSequence() > 1:
		return refusal(codes.NotFound, "the client id is not known: it was forgotten, or began with a number greater than 1")
	case id.GetSequence() < last.sequence:
		return refusal(codes.Aborted, "a later write of this client was seen")
	case known && id.GetSequence() == last.sequence:
		if !fit(last.answers, operations) {
			return refusal(codes.InvalidArgument, "the request id was used for another request")
		}
		return last.answers
	}
	answers := s.apply(operations)
	if isRemembered(answers) {
		s.sessions[string(id.GetClientId())] = remembered{sequence: id.GetSequence(), answers: answers}
	}
	return answers
}

// isRemembered reports whether a write is the last of its client now: not if it was refused for what it is.
func isRemembered(answers []*raftkvpb.Answer) bool {
	e := answers[len(answers)-1].GetError()
	code := codes.Code(e.GetCode())
	return e == nil || code == codes.FailedPrecondition || code == codes.OutOfRange
}

// fit reports whether answers can be those of operations, by their kinds.
func fit(answers []*raftkvpb.Answer, operations []*raftkvpb.Operation) bool {
	if answers[len(answers)-1].GetError() != nil {
		return true
	}
	return slices.EqualFunc(answers, operations, func(a *raftkvpb.Answer, o *raftkvpb.Operation) bool {
		return (a.GetPut() != nil) == (o.GetPut() != nil) && (a.GetAppend() != nil) == (o.GetAppend() != nil) && (a.GetDelete() != nil) == (o.GetDelete() != nil)
	})
}

// apply executes operations, all or none.
func (s *shard) apply(operations []*raftkvpb.Operation) (answers []*raftkvpb.Answer) {
	pairs, version := s.pairs, s.version
	if len(operations) > 1 {
		pairs = maps.Clone(s.pairs)
	}
	for _, operation := range operations {
		answer := s.applyOne(operation)
		answers = append(answers, answer)
		if answer.GetError() != nil {
			s.pairs, s.version = pairs, version
			break
		}
	}
	return answers
}

// applyOne executes one operation, which has been checked. It changes nothing if its answer is an error.
func (s *shard) applyOne(operation *raftkvpb.Operation) *raftkvpb.Answer {
	key := keyOf(operation)
	old := s.pairs[string(key)]
	if expected := expectedOf(operation); expected != nil && *expected != old.GetVersion() {
		return failure(codes.FailedPrecondition, "the key has another version: %d; expected is %d", old.GetVersion(), *expected)
	}
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Get:
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Get{Get: &raftkvpb.GetResponse{Found: old != nil, Value: old.GetValue(), Version: old.GetVersion()}}}
	case *raftkvpb.Operation_Put:
		response := &raftkvpb.PutResponse{Version: s.set(key, o.Put.GetValue()), Existed: old != nil}
		if o.Put.GetReturnPrevious() {
			response.Previous = old.GetValue()
		}
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Put{Put: response}}
	case *raftkvpb.Operation_Append:
		if n := len(old.GetValue()) + len(o.Append.GetValue()); n > maxValue {
			return failure(codes.OutOfRange, "the value would be %d bytes long; the longest has %d", n, maxValue)
		}
		version := s.set(key, slices.Concat(old.GetValue(), o.Append.GetValue()))
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Append{Append: &raftkvpb.AppendResponse{Previous: old.GetValue(), Version: version, Existed: old != nil}}}
	case *raftkvpb.Operation_Delete:
		delete(s.pairs, string(key))
		response := &raftkvpb.DeleteResponse{Existed: old != nil}
		if o.Delete.GetReturnPrevious() {
			response.Previous = old.GetValue()
		}
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Delete{Delete: response}}
	}
	return failure(codes.Internal, "the operation was not checked")
}

// set changes a key and returns its version. Pairs are never changed, so that answers may share their values.
func (s *shard) set(key, value []byte) uint64 {
	s.version++
	s.pairs[string(key)] = &raftkvpb.Pair{Key: bytes.Clone(key), Value: bytes.Clone(value), Version: s.version}
	return s.version
}

func refusal(code codes.Code, message string) []*raftkvpb.Answer {
	return []*raftkvpb.Answer{failure(code, "%s", message)}
}

func failure(code codes.Code, format string, arguments ...any) *raftkvpb.Answer {
	return failed(status.Errorf(code, format, arguments...))
}

// failed returns a status as the answer of an operation.
func failed(err error) *raftkvpb.Answer {
	s := status.Convert(err)
	return errorAnswer(&raftkvpb.Error{Code: int32(s.Code()), Message: s.Message()})
}

func errorAnswer(e *raftkvpb.Error) *raftkvpb.Answer {
	return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Error{Error: e}}
}
