package inprocess

import (
	"context"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/raftkvpb"
)

// Fault is what a server does with an operation instead of what it should.
type Fault int

// The faults. Streams and calls that break have UNAVAILABLE.
const (
	None    Fault = iota
	Drop          // breaks the stream, or the call, after executing the operation, without an answer
	Lose          // breaks the stream, or the call, without executing it
	Swallow       // executes it and never answers
)

// Server is one server of a Cluster. The zero Server does all that it should, once it is started. The fields are set
// before that, or while no call is on its way. Their functions are called from any number of goroutines; operations that
// they get stay as they are.
type Server struct {
	// Faults says what goes wrong with an operation.
	Faults func(*raftkvpb.Operation) Fault

	// Refuse returns the answer to an operation that is not to be executed, and nil for others. The first write of a
	// batch that it refuses is the batch's error.
	Refuse func(*raftkvpb.Operation) *raftkvpb.Error

	// EndStream returns what a pipeline ends with instead of executing a message, and nil for it to go on.
	EndStream func(message []*raftkvpb.Operation) error

	// BreakScan is called before each part of a Scan, and at its end, with how many pairs were sent and how many are
	// left. The Scan ends with its error, if it is one.
	BreakScan func(ctx context.Context, sent, left int) error

	// ScanAll has a Scan show all shards, also when it asks for one, as servers do that are older than that.
	ScanAll bool

	// Delay is how long the answers to a message of a pipeline wait. The stream reads nothing meanwhile.
	Delay time.Duration

	// Gate, if there is one, keeps pipelines from reading anything before it is closed: a server that hangs.
	Gate chan struct{}

	// Reverse has the operations of a message take effect in the opposite order, which the contract allows.
	Reverse bool

	raftkvpb.UnimplementedRaftKVServer
	cluster *Cluster
	address string

	mu       sync.Mutex
	messages [][]*raftkvpb.Operation
	alone    []string
	scans    []*raftkvpb.ScanRequest
}

// Messages returns the operations of each message that has come on pipelines, in order.
func (s *Server) Messages() [][]*raftkvpb.Operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Alone returns the names of the calls of their own that were for keys: Get, Put, Append, Delete and Batch.
func (s *Server) Alone() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.alone)
}

// Scans returns the requests of the Scans that were not refused, in the order in which they came.
func (s *Server) Scans() []*raftkvpb.ScanRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.scans)
}

// Pipeline implements the contract.
func (s *Server) Pipeline(stream raftkvpb.RaftKV_PipelineServer) error {
	if s.Gate != nil {
		select {
		case <-s.Gate:
		case <-stream.Context().Done():
			return nil
		}
	}
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil // the client has ended it, or has gone
		}
		if err := s.accept(request.GetOperations()); err != nil {
			return err
		}
		response, err := s.answer(request.GetOperations())
		select {
		case <-time.After(s.Delay):
		case <-stream.Context().Done():
		}
		if len(response.GetAnswers()) > 0 && stream.Send(response) != nil || err != nil {
			return err
		}
	}
}

// accept notes a message, and returns what the stream is to end with.
func (s *Server) accept(operations []*raftkvpb.Operation) error {
	s.mu.Lock()
	s.messages = append(s.messages, operations)
	s.mu.Unlock()
	if n := len(operations); n > maxOperations {
		return status.Errorf(codes.InvalidArgument, "the message has %d operations; it may have at most %d", n, maxOperations)
	}
	if s.EndStream != nil {
		return s.EndStream(operations)
	}
	return nil
}

// answer executes a message. It returns the answers until the stream breaks, and why it does.
func (s *Server) answer(operations []*raftkvpb.Operation) (*raftkvpb.PipelineResponse, error) {
	if s.Reverse {
		operations = slices.Clone(operations)
		slices.Reverse(operations)
	}
	response := new(raftkvpb.PipelineResponse)
	for _, operation := range operations {
		fault := s.fault(operation)
		if fault == Lose {
			return response, errLost
		}
		answer := s.execute(operation)
		switch fault {
		case Drop:
			return response, errDropped
		case None:
			answer.Tag = operation.GetTag()
			response.Answers = append(response.Answers, answer)
		}
	}
	return response, nil
}

var (
	errLost    = status.Error(codes.Unavailable, "lost before execution")
	errDropped = status.Error(codes.Unavailable, "lost after execution")
)

func (s *Server) fault(operation *raftkvpb.Operation) Fault {
	if s.Faults == nil {
		return None
	}
	return s.Faults(operation)
}

// execute returns the answer to one operation, for its caller to change.
func (s *Server) execute(operation *raftkvpb.Operation) *raftkvpb.Answer {
	if err := check(operation); err != nil {
		return failed(err)
	}
	shard := s.cluster.shardOf(keyOf(operation))
	if e := s.refusal(shard, operation); e != nil {
		return errorAnswer(e)
	}
	return proto.CloneOf(s.cluster.execute(shard, RequestID(operation), operation)[0])
}

// refusal returns why the server does not execute an operation, or nil if it does.
func (s *Server) refusal(shard int, operation *raftkvpb.Operation) *raftkvpb.Error {
	if s.Refuse != nil {
		if e := s.Refuse(operation); e != nil {
			return proto.CloneOf(e)
		}
	}
	return s.led(shard)
}

// led returns where to send what is for a shard, or nil if the server answers for it.
func (s *Server) led(shard int) *raftkvpb.Error {
	if redirect := s.cluster.redirect(s.address, shard); redirect != nil {
		return &raftkvpb.Error{Code: int32(codes.Unavailable), Message: "another server leads the shard", Redirect: redirect}
	}
	return nil
}

// Stat implements the contract, but for the counters of calls. Keys, bytes and clients are those of the whole cluster.
func (s *Server) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	response := &raftkvpb.StatResponse{
		StartTime: timestamppb.Now(),
		Limits:    &raftkvpb.Limits{Key: maxKey, Value: maxValue, Message: maxMessage},
	}
	for _, pair := range s.cluster.Pairs() {
		response.Keys++
		response.Bytes += uint64(len(pair.GetKey()) + len(pair.GetValue()))
	}
	for i := range s.cluster.shards {
		response.Sessions += uint64(s.cluster.Sessions(i))
		response.Shards = append(response.Shards, &raftkvpb.ShardStat{Shard: uint32(i), Role: raftkvpb.Role_ROLE_LEADER})
	}
	return response, nil
}

// Topology implements the contract.
func (s *Server) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	return s.cluster.topology(), nil
}
