package raftkv

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
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

// store is the state of a cluster, with sessions as the contract has them. Several fakes may share it.
type store struct {
	mu       sync.Mutex
	pairs    map[string]*raftkvpb.Pair
	sessions map[string]*remembered
	version  uint64
	blind    bool // does not look at request ids, for controls
}

// remembered is the last write of a session, and its answer.
type remembered struct {
	sequence uint64
	answers  []*raftkvpb.Answer
}

func newStore() *store {
	return &store{pairs: make(map[string]*raftkvpb.Pair), sessions: make(map[string]*remembered)}
}

// forget drops all sessions.
func (s *store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

// requestID returns the request id of a write, or nil.
func requestID(operation *raftkvpb.Operation) *raftkvpb.RequestId {
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Put:
		return o.Put.GetRequestId()
	case *raftkvpb.Operation_Append:
		return o.Append.GetRequestId()
	case *raftkvpb.Operation_Delete:
		return o.Delete.GetRequestId()
	}
	return nil
}

// do executes operations under one request id, or repeats the answers that it got before.
func (s *store) do(id *raftkvpb.RequestId, operations ...*raftkvpb.Operation) []*raftkvpb.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blind {
		id = nil
	}
	client := string(id.GetClientId())
	last := s.sessions[client]
	switch {
	case id == nil:
	case last == nil && id.GetSequence() > 1:
		return refusal(codes.NotFound, "this client was forgotten")
	case last != nil && id.GetSequence() < last.sequence:
		return refusal(codes.Aborted, "a later write was seen")
	case last != nil && id.GetSequence() == last.sequence:
		return last.answers
	}
	var answers []*raftkvpb.Answer
	before := maps.Clone(s.pairs)
	for _, operation := range operations {
		answer := s.apply(operation)
		if answer.GetError() != nil {
			answers, s.pairs = []*raftkvpb.Answer{answer}, before
			break
		}
		answers = append(answers, answer)
	}
	if id != nil {
		s.sessions[client] = &remembered{sequence: id.GetSequence(), answers: answers}
	}
	return answers
}

func refusal(code codes.Code, message string) []*raftkvpb.Answer {
	return []*raftkvpb.Answer{failure(&raftkvpb.Error{Code: int32(code), Message: message})}
}

func failure(e *raftkvpb.Error) *raftkvpb.Answer {
	return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Error{Error: e}}
}

// apply executes one operation. The caller holds mu.
func (s *store) apply(operation *raftkvpb.Operation) *raftkvpb.Answer {
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Get:
		old := s.pairs[string(o.Get.GetKey())]
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Get{Get: &raftkvpb.GetResponse{Found: old != nil, Value: old.GetValue(), Version: old.GetVersion()}}}
	case *raftkvpb.Operation_Put:
		old, refused := s.expect(o.Put.GetKey(), o.Put.ExpectedVersion)
		if refused != nil {
			return refused
		}
		response := &raftkvpb.PutResponse{Version: s.set(o.Put.GetKey(), o.Put.GetValue()), Existed: old != nil}
		if o.Put.GetReturnPrevious() {
			response.Previous = old.GetValue()
		}
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Put{Put: response}}
	case *raftkvpb.Operation_Append:
		old, refused := s.expect(o.Append.GetKey(), o.Append.ExpectedVersion)
		if refused != nil {
			return refused
		}
		version := s.set(o.Append.GetKey(), slices.Concat(old.GetValue(), o.Append.GetValue()))
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Append{Append: &raftkvpb.AppendResponse{Previous: old.GetValue(), Version: version, Existed: old != nil}}}
	case *raftkvpb.Operation_Delete:
		old, refused := s.expect(o.Delete.GetKey(), o.Delete.ExpectedVersion)
		if refused != nil {
			return refused
		}
		delete(s.pairs, string(o.Delete.GetKey()))
		response := &raftkvpb.DeleteResponse{Existed: old != nil}
		if o.Delete.GetReturnPrevious() {
			response.Previous = old.GetValue()
		}
		return &raftkvpb.Answer{Answer: &raftkvpb.Answer_Delete{Delete: response}}
	}
	return failure(&raftkvpb.Error{Code: int32(codes.InvalidArgument), Message: "an operation that is none"})
}

// expect returns the pair of a key, or a refusal if it does not have the expected version.
func (s *store) expect(key []byte, version *uint64) (old *raftkvpb.Pair, refused *raftkvpb.Answer) {
	old = s.pairs[string(key)]
	if len(key) == 0 {
		return old, failure(&raftkvpb.Error{Code: int32(codes.InvalidArgument), Message: "the key is empty"})
	}
	if version != nil && *version != old.GetVersion() {
		return old, failure(&raftkvpb.Error{Code: int32(codes.FailedPrecondition), Message: "another version"})
	}
	return old, nil
}

func (s *store) set(key, value []byte) uint64 {
	s.version++
	s.pairs[string(key)] = &raftkvpb.Pair{Key: bytes.Clone(key), Value: bytes.Clone(value), Version: s.version}
	return s.version
}

// fault is what a fake does with an operation instead of what it should.
type fault int

const (
	none    fault = iota
	drop          // breaks the stream after executing the operation, without an answer
	lose          // breaks the stream without executing it
	swallow       // executes it and never answers
)

// fake is a server of the contract.
type fake struct {
	raftkvpb.UnimplementedRaftKVServer
	*store
	faults      func(*raftkvpb.Operation) fault           // may be nil
	refuse      func(*raftkvpb.Operation) *raftkvpb.Error // answers without executing, if not nil
	delay       time.Duration                             // before the answers to a message
	ending      error                                     // what a pipeline ends with at its first message, if not nil
	endingAfter int                                       // so many messages are answered before that
	gate        chan struct{}                             // a pipeline reads nothing before it is closed, if not nil
	broken      func(pairs int) error                     // what a Scan breaks with after so many pairs, if not nil
	scanned     chan struct{}                             // gets an element when a client has ended a Scan, if not nil

	seen     sync.Mutex
	messages [][]*raftkvpb.Operation // of pipelines, as they came
	alone    []string                // the other calls
}

// Pipeline executes operations in the order of their arrival.
func (f *fake) Pipeline(stream raftkvpb.RaftKV_PipelineServer) error {
	if f.gate != nil {
		select {
		case <-f.gate:
		case <-stream.Context().Done():
			return nil
		}
	}
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil
		}
		f.seen.Lock()
		f.messages = append(f.messages, request.GetOperations())
		ended := f.ending != nil && len(f.messages) > f.endingAfter
		f.seen.Unlock()
		if ended {
			return f.ending
		}
		response, err := f.answer(request)
		select {
		case <-time.After(f.delay): // in a test's own time
		case <-stream.Context().Done():
		}
		if len(response.GetAnswers()) > 0 && stream.Send(response) != nil || err != nil {
			return err
		}
	}
}

func (f *fake) answer(request *raftkvpb.PipelineRequest) (*raftkvpb.PipelineResponse, error) {
	response := new(raftkvpb.PipelineResponse)
	for _, operation := range request.GetOperations() {
		fault := none
		if f.faults != nil {
			fault = f.faults(operation)
		}
		if fault == lose {
			return response, status.Error(codes.Unavailable, "lost before execution")
		}
		answer := f.execute(operation)
		switch fault {
		case drop:
			return response, status.Error(codes.Unavailable, "lost after execution")
		case none:
			answer.Tag = operation.GetTag()
			response.Answers = append(response.Answers, answer)
		}
	}
	return response, nil
}

func (f *fake) execute(operation *raftkvpb.Operation) *raftkvpb.Answer {
	if f.refuse != nil {
		if e := f.refuse(operation); e != nil {
			return failure(e)
		}
	}
	return proto.CloneOf(f.do(requestID(operation), operation)[0])
}

// unary executes operations as a call of their own.
func (f *fake) unary(name string, id *raftkvpb.RequestId, operations ...*raftkvpb.Operation) ([]*raftkvpb.Answer, error) {
	f.seen.Lock()
	f.alone = append(f.alone, name)
	f.seen.Unlock()
	if f.refuse != nil {
		if e := f.refuse(operations[0]); e != nil {
			return nil, answerError(e)
		}
	}
	answers := f.do(id, operations...)
	if f.faults != nil && f.faults(operations[0]) == drop {
		return nil, status.Error(codes.Unavailable, "lost after execution")
	}
	if e := answers[0].GetError(); e != nil {
		return nil, answerError(e)
	}
	return answers, nil
}

func (f *fake) Put(_ context.Context, r *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	answers, err := f.unary("Put", r.GetRequestId(), &raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: r}})
	if err != nil {
		return nil, err
	}
	return answers[0].GetPut(), nil
}

func (f *fake) Append(_ context.Context, r *raftkvpb.AppendRequest) (*raftkvpb.AppendResponse, error) {
	answers, err := f.unary("Append", r.GetRequestId(), &raftkvpb.Operation{Operation: &raftkvpb.Operation_Append{Append: r}})
	if err != nil {
		return nil, err
	}
	return answers[0].GetAppend(), nil
}

func (f *fake) Batch(_ context.Context, r *raftkvpb.BatchRequest) (*raftkvpb.BatchResponse, error) {
	var operations []*raftkvpb.Operation
	for _, w := range r.GetWrites() {
		switch w := w.GetWrite().(type) {
		case *raftkvpb.Write_Put:
			operations = append(operations, &raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: w.Put}})
		case *raftkvpb.Write_Append:
			operations = append(operations, &raftkvpb.Operation{Operation: &raftkvpb.Operation_Append{Append: w.Append}})
		case *raftkvpb.Write_Delete:
			operations = append(operations, &raftkvpb.Operation{Operation: &raftkvpb.Operation_Delete{Delete: w.Delete}})
		}
	}
	answers, err := f.unary("Batch", r.GetRequestId(), operations...)
	if err != nil {
		return nil, err
	}
	response := new(raftkvpb.BatchResponse)
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
		response.Results = append(response.Results, result)
	}
	return response, nil
}

// Scan sends two pairs to a message.
func (f *fake) Scan(r *raftkvpb.ScanRequest, stream grpc.ServerStreamingServer[raftkvpb.ScanResponse]) error {
	if f.scanned != nil {
		defer func() { f.scanned <- struct{}{} }()
		defer func() { <-stream.Context().Done() }()
	}
	pairs := f.inRange(r)
	for sent := 0; ; sent += 2 {
		if f.broken != nil {
			if err := f.broken(sent); err != nil {
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

func (f *fake) inRange(r *raftkvpb.ScanRequest) (pairs []*raftkvpb.Pair) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(f.pairs)) {
		if !strings.HasPrefix(key, string(r.GetPrefix())) || key < string(r.GetStart()) ||
			len(r.GetEnd()) > 0 && key >= string(r.GetEnd()) ||
			len(r.GetResumeAfter()) > 0 && key <= string(r.GetResumeAfter()) {
			continue
		}
		pairs = append(pairs, proto.CloneOf(f.pairs[key]))
		if r.GetKeysOnly() {
			pairs[len(pairs)-1].Value = nil
		}
		if r.GetLimit() > 0 && uint64(len(pairs)) == r.GetLimit() {
			break
		}
	}
	return pairs
}

func (f *fake) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &raftkvpb.StatResponse{Keys: uint64(len(f.pairs)), Sessions: uint64(len(f.sessions))}, nil
}

func (f *fake) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	return &raftkvpb.TopologyResponse{MapVersion: 1}, nil
}

// network has the servers that run, by address.
type network struct {
	mu        sync.Mutex
	listeners map[string]*bufconn.Listener
}

func newNetwork() *network {
	return &network{listeners: make(map[string]*bufconn.Listener)}
}

// sent returns the operations of each message so far.
func (f *fake) sent() [][]*raftkvpb.Operation {
	f.seen.Lock()
	defer f.seen.Unlock()
	return slices.Clone(f.messages)
}

// start has a server run under an address until stop is called or the test ends.
func (n *network) start(t testing.TB, address string, server raftkvpb.RaftKVServer) (stop func()) {
	listener := bufconn.Listen(1 << 20)
	s := grpc.NewServer(grpc.MaxRecvMsgSize(17<<20), grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second}))
	raftkvpb.RegisterRaftKVServer(s, server)
	var running sync.WaitGroup
	running.Go(func() { s.Serve(listener) })
	n.mu.Lock()
	n.listeners[address] = listener
	n.mu.Unlock()
	stop = func() {
		n.mu.Lock()
		if n.listeners[address] == listener {
			delete(n.listeners, address)
		}
		n.mu.Unlock()
		s.Stop()
		running.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// connect is the dialer of a Clerk on this network.
func (n *network) connect(ctx context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	listener := n.listeners[address]
	n.mu.Unlock()
	if listener == nil {
		return nil, &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	}
	return listener.DialContext(ctx)
}

// dial returns a Clerk on this network that is closed at the end of the test.
func (n *network) dial(t testing.TB, servers ...string) *Clerk {
	t.Helper()
	c, err := Dial(servers, grpc.WithContextDialer(n.connect), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// one is the address of most servers in these tests. It is an address for gRPC not to look up a name.
const one, two, three = "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"

// serve starts a fake and returns a Clerk for it.
func serve(t testing.TB, f *fake) *Clerk {
	t.Helper()
	if f.store == nil {
		f.store = newStore()
	}
	n := newNetwork()
	n.start(t, one, f)
	return n.dial(t, one)
}
