package main

import (
	"bytes"
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/raftkvpb"
)

// fake is a server of the contract without sessions: nothing breaks in these tests. Keys that begin with
// "refused" are refused.
type fake struct {
	raftkvpb.UnimplementedRaftKVServer
	raftkvpb.UnimplementedRaftKVAdminServer
	mu      sync.Mutex
	pairs   map[string]*raftkvpb.Pair
	version uint64
	scanned error    // what a Scan ends with
	backup  []string // the parts of a Backup
	backed  error    // what a Backup ends with
	silent  bool     // a Backup says nothing more after its parts
	reverse bool     // the operations of a message take effect in the opposite order
	ended   error    // what the stream of a Pipeline ends with, once a key "end" is written
	token   string   // which administrative calls must have
	done    []string // administrative calls
}

func (f *fake) Pipeline(stream raftkvpb.RaftKV_PipelineServer) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil
		}
		response := new(raftkvpb.PipelineResponse)
		if f.reverse {
			slices.Reverse(request.Operations)
		}
		for _, o := range request.GetOperations() {
			if f.ended != nil && string(o.GetPut().GetKey()) == "end" {
				return f.ended
			}
			answer := f.apply(o)
			answer.Tag = o.GetTag()
			response.Answers = append(response.Answers, answer)
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

func (f *fake) apply(operation *raftkvpb.Operation) *raftkvpb.Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Get:
		old := f.pairs[string(o.Get.GetKey())]
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Get{Get: &raftkvpb.GetResponse{Found: old != nil, Value: old.GetValue(), Version: old.GetVersion()}}}
	case *raftkvpb.Operation_Put:
		old, refused := f.expect(o.Put.GetKey(), o.Put.ExpectedVersion)
		if refused != nil {
			return refused
		}
		response := &raftkvpb.PutResponse{Version: f.set(o.Put.GetKey(), o.Put.GetValue()), Existed: old != nil}
		if o.Put.GetReturnPrevious() {
			response.Previous = old.GetValue()
		}
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Put{Put: response}}
	case *raftkvpb.Operation_Append:
		old, refused := f.expect(o.Append.GetKey(), o.Append.ExpectedVersion)
		if refused != nil {
			return refused
		}
		version := f.set(o.Append.GetKey(), slices.Concat(old.GetValue(), o.Append.GetValue()))
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Append{Append: &raftkvpb.AppendResponse{Previous: old.GetValue(), Version: version, Existed: old != nil}}}
	case *raftkvpb.Operation_Delete:
		old, refused := f.expect(o.Delete.GetKey(), o.Delete.ExpectedVersion)
		if refused != nil {
			return refused
		}
		delete(f.pairs, string(o.Delete.GetKey()))
		response := &raftkvpb.DeleteResponse{Existed: old != nil}
		if o.Delete.GetReturnPrevious() {
			response.Previous = old.GetValue()
		}
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Delete{Delete: response}}
	}
	return refusal(codes.InvalidArgument, "an operation that is none")
}

// expect returns the pair of a key, or a refusal if it does not have the expected version.
func (f *fake) expect(key []byte, version *uint64) (old *raftkvpb.Pair, refused *raftkvpb.Answer) {
	old = f.pairs[string(key)]
	switch {
	case bytes.HasPrefix(key, []byte("refused")):
		return old, refusal(codes.InvalidArgument, "not this key")
	case version != nil && *version != old.GetVersion():
		return old, refusal(codes.FailedPrecondition, "another version")
	}
	return old, nil
}

func refusal(code codes.Code, message string) *raftkvpb.Answer {
	return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Error{Error: &raftkvpb.Error{Code: int32(code), Message: message}}}
}

func (f *fake) set(key, value []byte) uint64 {
	f.version++
	f.pairs[string(key)] = &raftkvpb.Pair{Key: bytes.Clone(key), Value: bytes.Clone(value), Version: f.version}
	return f.version
}

// hold sets a key for a program of another process.
func (f *fake) hold(key, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set([]byte(key), []byte(value))
}

// keys returns the keys that there are, in order.
func (f *fake) keys() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.pairs))
}

// Put is how large values come.
func (f *fake) Put(_ context.Context, r *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	return f.apply(&raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: r}}).GetPut(), nil
}

// Batch refuses as the server does, with the number of the write, but not before it has done those that came before.
func (f *fake) Batch(_ context.Context, r *raftkvpb.BatchRequest) (*raftkvpb.BatchResponse, error) {
	response := new(raftkvpb.BatchResponse)
	for i, write := range r.GetWrites() {
		result := new(raftkvpb.WriteResult)
		operation := new(raftkvpb.Operation)
		switch w := write.GetWrite().(type) {
		case *raftkvpb.Write_Put:
			operation.Operation = &raftkvpb.Operation_Put{Put: w.Put}
		case *raftkvpb.Write_Append:
			operation.Operation = &raftkvpb.Operation_Append{Append: w.Append}
		case *raftkvpb.Write_Delete:
			operation.Operation = &raftkvpb.Operation_Delete{Delete: w.Delete}
		}
		answer := f.apply(operation)
		switch a := answer.GetAnswer().(type) {
		case *raftkvpb.Answer_Put:
			result.Result = &raftkvpb.WriteResult_Put{Put: a.Put}
		case *raftkvpb.Answer_Append:
			result.Result = &raftkvpb.WriteResult_Append{Append: a.Append}
		case *raftkvpb.Answer_Delete:
			result.Result = &raftkvpb.WriteResult_Delete{Delete: a.Delete}
		default:
			return nil, status.Errorf(codes.Code(answer.GetError().GetCode()), "write %d of the batch: %s", i, answer.GetError().GetMessage())
		}
		response.Results = append(response.Results, result)
	}
	return response, nil
}

func (f *fake) Scan(r *raftkvpb.ScanRequest, stream grpc.ServerStreamingServer[raftkvpb.ScanResponse]) error {
	for _, pair := range f.scan(r) {
		if err := stream.Send(&raftkvpb.ScanResponse{Pairs: []*raftkvpb.Pair{pair}}); err != nil {
			return err
		}
	}
	return f.scanned
}

// scan returns the pairs of one moment.
func (f *fake) scan(r *raftkvpb.ScanRequest) (pairs []*raftkvpb.Pair) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(f.pairs)) {
		if !strings.HasPrefix(key, string(r.GetPrefix())) || key < string(r.GetStart()) || len(r.GetEnd()) > 0 && key >= string(r.GetEnd()) {
			continue
		}
		if r.GetLimit() > 0 && uint64(len(pairs)) == r.GetLimit() {
			break
		}
		pair := &raftkvpb.Pair{Key: f.pairs[key].GetKey(), Version: f.pairs[key].GetVersion()}
		if !r.GetKeysOnly() {
			pair.Value = f.pairs[key].GetValue()
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

func (f *fake) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	return &raftkvpb.StatResponse{
		StartTime: timestamppb.New(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)), Keys: 42, Limits: &raftkvpb.Limits{Key: 1024},
		Shards: []*raftkvpb.ShardStat{{Role: raftkvpb.Role_ROLE_LEADER, Leader: 1, Term: 3, AppliedIndex: 99}},
	}, nil
}

func (f *fake) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	return &raftkvpb.TopologyResponse{
		MapVersion: 7, Placement: raftkvpb.Placement_PLACEMENT_HASH,
		Nodes:  []*raftkvpb.Node{{Id: 1}, {Id: 2, Address: "b:6000"}},
		Shards: []*raftkvpb.Shard{{Replicas: []uint64{1, 2}, Leader: 2}, {Shard: 1, Replicas: []uint64{2}}},
	}, nil
}

// admit notes an administrative call, and refuses it without the token.
func (f *fake) admit(ctx context.Context, call string) error {
	header, _ := metadata.FromIncomingContext(ctx)
	if f.token != "" && !slices.Equal(header.Get("authorization"), []string{"Bearer " + f.token}) {
		return status.Error(codes.Unauthenticated, "the wrong token")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = append(f.done, call)
	return nil
}

func (f *fake) Shutdown(ctx context.Context, r *raftkvpb.ShutdownRequest) (*raftkvpb.ShutdownResponse, error) {
	if r.GetAll() {
		return new(raftkvpb.ShutdownResponse), f.admit(ctx, "shutdown all")
	}
	return new(raftkvpb.ShutdownResponse), f.admit(ctx, "shutdown")
}

func (f *fake) Compact(ctx context.Context, _ *raftkvpb.CompactRequest) (*raftkvpb.CompactResponse, error) {
	return new(raftkvpb.CompactResponse), f.admit(ctx, "compact")
}

func (f *fake) Backup(_ *raftkvpb.BackupRequest, stream grpc.ServerStreamingServer[raftkvpb.BackupResponse]) error {
	if err := f.admit(stream.Context(), "backup"); err != nil {
		return err
	}
	for _, part := range f.backup {
		if err := stream.Send(&raftkvpb.BackupResponse{Chunk: []byte(part)}); err != nil {
			return err
		}
	}
	if f.silent {
		<-stream.Context().Done()
	}
	return f.backed
}

// serve starts a fake on a free port of this machine and returns the flag that names it.
func serve(t *testing.T, f *fake) (flag string) {
	t.Helper()
	return listen(t, f, "tcp", "localhost:0")
}

// listen starts a fake on an address and returns the flag that names it.
func listen(t *testing.T, f *fake, network, name string, options ...grpc.ServerOption) (flag string) {
	t.Helper()
	f.pairs = make(map[string]*raftkvpb.Pair)
	listener, err := net.Listen(network, name)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(append(options, grpc.MaxRecvMsgSize(17<<20))...)
	raftkvpb.RegisterRaftKVServer(server, f)
	raftkvpb.RegisterRaftKVAdminServer(server, f)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	if network == "unix" {
		return "--servers=unix:" + name
	}
	return "--servers=" + listener.Addr().String()
}

// nobody is the flag of an address where nothing listens.
const nobody = "--servers=127.0.0.1:1"
