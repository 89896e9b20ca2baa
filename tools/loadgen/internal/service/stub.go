package service

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

// stub makes unary calls with the generated client, each once. Its requests are kept: gRPC is done with one
// when the call has ended.
type stub struct {
	client raftkvpb.RaftKVClient
	id     raftkvpb.RequestId
	get    raftkvpb.GetRequest
	put    raftkvpb.PutRequest
	append raftkvpb.AppendRequest
	delete raftkvpb.DeleteRequest
}

// anySize takes answers beyond gRPC's own limit of 4 MiB: values may be longer.
var anySize = grpc.MaxCallRecvMsgSize(math.MaxInt32)

func openStubs(target Target, worker int) ask {
	s := &stub{client: raftkvpb.NewRaftKVClient(target.Servers[0].conn(worker))}
	return s.ask
}

func (s *stub) ask(ctx context.Context, q question) (reply, error) {
	if q.call == get {
		s.get.Key = q.key
		r, err := s.client.Get(ctx, &s.get, anySize)
		return reply{r.GetFound(), r.GetValue(), r.GetVersion()}, err
	}
	s.nextID()
	r, err := s.write(ctx, q)
	switch status.Code(err) {
	case codes.OK, codes.FailedPrecondition, codes.OutOfRange: // the number has its answer
	default:
		s.id.ClientId = nil
	}
	return r, err
}

// nextID numbers the next write, the first under a client id that is made up for it.
func (s *stub) nextID() {
	if s.id.ClientId == nil {
		s.id.ClientId, s.id.Sequence = make([]byte, 16), 0
		rand.Read(s.id.ClientId) // never fails
	}
	s.id.Sequence++
}

func (s *stub) write(ctx context.Context, q question) (reply, error) {
	switch q.call {
	case put, compareAndSet:
		s.put.Key, s.put.Value, s.put.RequestId, s.put.ReturnPrevious = q.key, q.value, &s.id, q.previous
		s.put.ExpectedVersion = nil
		if q.call == compareAndSet {
			s.put.ExpectedVersion = proto.Uint64(q.expected)
		}
		r, err := s.client.Put(ctx, &s.put, anySize)
		return reply{r.GetExisted(), r.GetPrevious(), r.GetVersion()}, err
	case appendTo:
		s.append.Key, s.append.Value, s.append.RequestId = q.key, q.value, &s.id
		r, err := s.client.Append(ctx, &s.append, anySize)
		return reply{r.GetExisted(), r.GetPrevious(), r.GetVersion()}, err
	case remove:
		s.delete.Key, s.delete.RequestId, s.delete.ReturnPrevious = q.key, &s.id, q.previous
		r, err := s.client.Delete(ctx, &s.delete, anySize)
		return reply{r.GetExisted(), r.GetPrevious(), 0}, err
	default:
		panic(fmt.Sprintf("raftkv has no write %d", q.call))
	}
}
