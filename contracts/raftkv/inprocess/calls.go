package inprocess

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

// call executes one operation as a call of its own.
func (s *Server) call(ctx context.Context, name string, operation *raftkvpb.Operation) (*raftkvpb.Answer, error) {
	s.note(name)
	fault := s.fault(operation)
	if fault == Lose {
		return nil, errLost
	}
	answer := s.execute(operation)
	if err := s.deliver(ctx, fault); err != nil {
		return nil, err
	}
	if e := answer.GetError(); e != nil {
		return nil, asStatus(e, "")
	}
	return answer, nil
}

func (s *Server) noteScan(r *raftkvpb.ScanRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scans = append(s.scans, proto.CloneOf(r))
}

func (s *Server) note(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alone = append(s.alone, name)
}

// deliver returns the error of a call whose answer gets lost.
func (s *Server) deliver(ctx context.Context, fault Fault) error {
	switch fault {
	case Drop:
		return errDropped
	case Swallow:
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// asStatus returns the error of an operation as a call has it.
func asStatus(e *raftkvpb.Error, prefix string) error {
	s := status.New(codes.Code(e.GetCode()), prefix+e.GetMessage())
	if e.GetRedirect() != nil {
		if with, err := s.WithDetails(e.GetRedirect()); err == nil {
			s = with
		}
	}
	return s.Err()
}

// Get implements the contract.
func (s *Server) Get(ctx context.Context, r *raftkvpb.GetRequest) (*raftkvpb.GetResponse, error) {
	answer, err := s.call(ctx, "Get", &raftkvpb.Operation{Operation: &raftkvpb.Operation_Get{Get: r}})
	return answer.GetGet(), err
}

// Put implements the contract.
func (s *Server) Put(ctx context.Context, r *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	answer, err := s.call(ctx, "Put", &raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: r}})
	return answer.GetPut(), err
}

// Append implements the contract.
func (s *Server) Append(ctx context.Context, r *raftkvpb.AppendRequest) (*raftkvpb.AppendResponse, error) {
	answer, err := s.call(ctx, "Append", &raftkvpb.Operation{Operation: &raftkvpb.Operation_Append{Append: r}})
	return answer.GetAppend(), err
}

// Delete implements the contract.
func (s *Server) Delete(ctx context.Context, r *raftkvpb.DeleteRequest) (*raftkvpb.DeleteResponse, error) {
	answer, err := s.call(ctx, "Delete", &raftkvpb.Operation{Operation: &raftkvpb.Operation_Delete{Delete: r}})
	return answer.GetDelete(), err
}

// Batch implements the contract.
func (s *Server) Batch(ctx context.Context, r *raftkvpb.BatchRequest) (*raftkvpb.BatchResponse, error) {
	s.note("Batch")
	operations, err := unpack(r)
	if err != nil {
		return nil, err
	}
	shard := s.cluster.shardOf(keyOf(operations[0]))
	for i, operation := range operations {
		if other := s.cluster.shardOf(keyOf(operation)); other != shard {
			return nil, status.Errorf(codes.InvalidArgument, "the keys of the batch are of the shards %d and %d; they must be of one", shard, other)
		}
		if e := s.refusal(shard, operation); e != nil {
			if e.GetRedirect() != nil {
				return nil, asStatus(e, "")
			}
			return nil, asStatus(e, prefix(i))
		}
	}
	fault := s.fault(operations[0])
	if fault == Lose {
		return nil, errLost
	}
	answers := s.cluster.execute(shard, r.GetRequestId(), operations...)
	if err := s.deliver(ctx, fault); err != nil {
		return nil, err
	}
	if e := answers[len(answers)-1].GetError(); e != nil {
		if e.GetCode() != int32(codes.FailedPrecondition) && e.GetCode() != int32(codes.OutOfRange) {
			return nil, asStatus(e, "") // of the batch's request id
		}
		return nil, asStatus(e, prefix(len(answers)-1))
	}
	return &raftkvpb.BatchResponse{Results: results(answers)}, nil
}

func results(answers []*raftkvpb.Answer) (all []*raftkvpb.WriteResult) {
	for _, a := range answers {
		result := new(raftkvpb.WriteResult)
		switch a := a.GetAnswer().(type) {
		case *raftkvpb.Answer_Put:
			result.Result = &raftkvpb.WriteResult_Put{Put: a.Put}
		case *raftkvpb.Answer_Append:
			result.Result = &raftkvpb.WriteResult_Append{Append: a.Append}
		case *raftkvpb.Answer_Delete:
			result.Result = &raftkvpb.WriteResult_Delete{Delete: a.Delete}
		}
		all = append(all, result)
	}
	return all
}

// Scan implements the contract. One of all shards shows them whoever leads them, one of a shard is for its leader. A part
// has two pairs, so that small tests have several.
func (s *Server) Scan(r *raftkvpb.ScanRequest, stream grpc.ServerStreamingServer[raftkvpb.ScanResponse]) error {
	if err := checkScan(r, len(s.cluster.shards)); err != nil {
		return err
	}
	s.noteScan(r)
	if r.Shard != nil && !s.ScanAll {
		if e := s.led(int(r.GetShard())); e != nil {
			return asStatus(e, "")
		}
	}
	pairs := s.inRange(r)
	for sent := 0; ; sent += 2 {
		if s.BreakScan != nil {
			if err := s.BreakScan(stream.Context(), sent, len(pairs)); err != nil {
				return err
			}
		}
		if len(pairs) == 0 {
			return nil
		}
		n := min(len(pairs), 2)
		if err := stream.Send(&raftkvpb.ScanResponse{Pairs: pairs[:n]}); err != nil {
			return err
		}
		pairs = pairs[n:]
	}
}

// inRange returns what a Scan shows, as of now.
func (s *Server) inRange(r *raftkvpb.ScanRequest) (pairs []*raftkvpb.Pair) {
	for _, pair := range s.cluster.Pairs() {
		key := string(pair.GetKey())
		if r.Shard != nil && !s.ScanAll && s.cluster.shardOf(pair.GetKey()) != int(r.GetShard()) {
			continue
		}
		if !strings.HasPrefix(key, string(r.GetPrefix())) || key < string(r.GetStart()) ||
			len(r.GetEnd()) > 0 && key >= string(r.GetEnd()) ||
			len(r.GetResumeAfter()) > 0 && bytes.Compare(pair.GetKey(), r.GetResumeAfter()) <= 0 {
			continue
		}
		if r.GetKeysOnly() {
			pair = proto.CloneOf(pair)
			pair.Value = nil
		}
		if pairs = append(pairs, pair); uint64(len(pairs)) == r.GetLimit() {
			break
		}
	}
	return pairs
}

// prefix begins the message of an error that one write of a batch has.
func prefix(write int) string { return fmt.Sprintf("write %d of the batch: ", write) }
