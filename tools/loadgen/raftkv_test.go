package main

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/internal/ring"
)

// kv is a server of raftkv that keeps everything in memory, and is wrong in one way, if any, at every
// tenth occasion.
type kv struct {
	raftkvpb.UnimplementedRaftKVServer
	fault    string
	topology *raftkvpb.TopologyResponse // nil if the server does not tell; set before the first call

	mu        sync.Mutex
	pairs     map[string]pair
	before    map[string]pair // what pairs had been before their last change
	version   uint64
	occasions int
	longest   int // value
	unary     int // calls
	gets      int
	ids       int // writes with a request id
}

type pair struct {
	value   []byte
	version uint64 // 0 if the key does not exist
}

// The faults.
const (
	staleRead    = "stale read"
	lostAppend   = "lost append"
	doubleAppend = "append that is done twice"
	blindCompare = "compare and set that ignores the version"
)

// wrong says whether the time has come for a fault.
func (s *kv) wrong(fault string) bool {
	if s.fault != fault {
		return false
	}
	s.occasions++
	return s.occasions%10 == 0
}

// write changes a key, and returns what it was before.
func (s *kv) write(key []byte, expected *uint64, id *raftkvpb.RequestId, change func(old []byte) (value []byte, exists bool)) (old, now pair, err error) {
	old = s.pairs[string(key)]
	if id != nil {
		s.ids++
	}
	if expected != nil && *expected != old.version && !s.wrong(blindCompare) {
		return old, old, status.Errorf(codes.FailedPrecondition, "the version is %d, not %d", old.version, *expected)
	}
	s.before[string(key)] = old
	s.version++
	value, exists := change(old.value)
	if exists {
		now = pair{value, s.version}
	}
	s.pairs[string(key)] = now
	s.longest = max(s.longest, len(value))
	return old, now, nil
}

func (s *kv) get(r *raftkvpb.GetRequest) *raftkvpb.GetResponse {
	s.gets++
	found := s.pairs[string(r.GetKey())]
	if s.wrong(staleRead) {
		found = s.before[string(r.GetKey())]
	}
	return &raftkvpb.GetResponse{Found: found.version > 0, Value: found.value, Version: found.version}
}

func (s *kv) put(r *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	old, now, err := s.write(r.GetKey(), r.ExpectedVersion, r.GetRequestId(), func([]byte) ([]byte, bool) { return r.GetValue(), true })
	if err != nil {
		return nil, err
	}
	response := &raftkvpb.PutResponse{Version: now.version, Existed: old.version > 0}
	if r.GetReturnPrevious() {
		response.Previous = old.value
	}
	return response, nil
}

func (s *kv) append(r *raftkvpb.AppendRequest) (*raftkvpb.AppendResponse, error) {
	old, now, err := s.write(r.GetKey(), r.ExpectedVersion, r.GetRequestId(), func(old []byte) ([]byte, bool) {
		value := append(append([]byte(nil), old...), r.GetValue()...)
		switch {
		case s.wrong(lostAppend):
			value = old
		case s.wrong(doubleAppend):
			value = append(value, r.GetValue()...)
		}
		return value, true
	})
	return &raftkvpb.AppendResponse{Version: now.version, Existed: old.version > 0, Previous: old.value}, err
}

func (s *kv) delete(r *raftkvpb.DeleteRequest) (*raftkvpb.DeleteResponse, error) {
	old, _, err := s.write(r.GetKey(), r.ExpectedVersion, r.GetRequestId(), func([]byte) ([]byte, bool) { return nil, false })
	response := &raftkvpb.DeleteResponse{Existed: old.version > 0}
	if r.GetReturnPrevious() {
		response.Previous = old.value
	}
	return response, err
}

// lock holds the lock for a unary call.
func (s *kv) lock() func() {
	s.mu.Lock()
	s.unary++
	return s.mu.Unlock
}

func (s *kv) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &raftkvpb.StatResponse{Keys: uint64(len(s.pairs))}, nil
}

func (s *kv) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	if s.topology == nil {
		return nil, status.Error(codes.Unimplemented, "no topology")
	}
	return s.topology, nil
}

func (s *kv) Get(_ context.Context, r *raftkvpb.GetRequest) (*raftkvpb.GetResponse, error) {
	defer s.lock()()
	return s.get(r), nil
}

func (s *kv) Put(_ context.Context, r *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	defer s.lock()()
	return s.put(r)
}

func (s *kv) Append(_ context.Context, r *raftkvpb.AppendRequest) (*raftkvpb.AppendResponse, error) {
	defer s.lock()()
	return s.append(r)
}

func (s *kv) Delete(_ context.Context, r *raftkvpb.DeleteRequest) (*raftkvpb.DeleteResponse, error) {
	defer s.lock()()
	return s.delete(r)
}

func (s *kv) Pipeline(stream grpc.BidiStreamingServer[raftkvpb.PipelineRequest, raftkvpb.PipelineResponse]) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return err
		}
		response := &raftkvpb.PipelineResponse{}
		s.mu.Lock()
		for _, operation := range request.GetOperations() {
			response.Answers = append(response.Answers, s.answer(operation))
		}
		s.mu.Unlock()
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

func (s *kv) answer(operation *raftkvpb.Operation) *raftkvpb.Answer {
	answer, err := &raftkvpb.Answer{Tag: operation.GetTag()}, error(nil)
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Get:
		answer.Answer = &raftkvpb.Answer_Get{Get: s.get(o.Get)}
	case *raftkvpb.Operation_Put:
		var r *raftkvpb.PutResponse
		r, err = s.put(o.Put)
		answer.Answer = &raftkvpb.Answer_Put{Put: r}
	case *raftkvpb.Operation_Append:
		var r *raftkvpb.AppendResponse
		r, err = s.append(o.Append)
		answer.Answer = &raftkvpb.Answer_Append{Append: r}
	case *raftkvpb.Operation_Delete:
		var r *raftkvpb.DeleteResponse
		r, err = s.delete(o.Delete)
		answer.Answer = &raftkvpb.Answer_Delete{Delete: r}
	}
	if err != nil {
		answer.Answer = &raftkvpb.Answer_Error{Error: &raftkvpb.Error{Code: int32(status.Code(err)), Message: err.Error()}}
	}
	return answer
}

// serveKV starts a server that is wrong in one way, if any, on a free port.
func serveKV(t *testing.T, fault string) (_ *kv, port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &kv{fault: fault, pairs: make(map[string]pair), before: make(map[string]pair)}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(32 << 20))
	raftkvpb.RegisterRaftKVServer(server, s)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return s, port
}

// TestRun_raftkvAny: gets go to the leader of the shard, and with --any to the other server that holds it, too.
func TestRun_raftkvAny(t *testing.T) {
	for _, any := range []bool{false, true} {
		leader, port := serveKV(t, "")
		follower, other := serveKV(t, "")
		topology := &raftkvpb.TopologyResponse{
			Nodes:  []*raftkvpb.Node{{Id: 1, Address: "localhost:" + port}, {Id: 2, Address: "localhost:" + other}},
			Shards: []*raftkvpb.Shard{{Replicas: []uint64{1, 2}, Leader: 1}},
		}
		leader.topology, follower.topology = topology, topology
		file := filepath.Join(t.TempDir(), "out.json")
		args := "run " + port + " --service raftkv --clients 2 --mix get=100 --out " + file + quick
		if any {
			args += " --any"
		}
		if code, stdout, stderr := loadgen(t, args); code != exitOK {
			t.Fatalf("status %d, printed\n%s\nand %q", code, stdout, stderr)
		}
		leader.mu.Lock()
		led := leader.gets
		leader.mu.Unlock()
		follower.mu.Lock()
		followed := follower.gets
		follower.mu.Unlock()
		if led == 0 || (followed > 0) != any {
			t.Errorf("--any=%v: the leader got %d gets, the follower %d", any, led, followed)
		}
		if run, err := result.Open(file); err != nil || run.Header.Parameters["any"] != strconv.FormatBool(any) {
			t.Errorf("--any=%v: the file has %+v, %v", any, run, err)
		}
	}
}

// TestRun_raftkvRing: each key is at the server that the ring has for it, and at no other; what all did together is linearizable, and a
// server among them that is none of raftkv is found before.
func TestRun_raftkvRing(t *testing.T) {
	const keys = 100
	for _, way := range []string{"", " --unary"} {
		var servers []*kv
		var targets []string
		for range 3 {
			s, port := serveKV(t, "")
			servers, targets = append(servers, s), append(targets, "localhost:"+port)
		}
		placed, err := ring.New(targets)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "history")
		target := strings.Join(targets, ",")
		code, stdout, stderr := loadgen(t, "run "+target+" --service raftkv --ring --clients 4 --mix get=20,put=70,delete=5,cas=5 --duration 1h --history-limit 1000 --history "+file+way+" --keys "+strconv.Itoa(keys))
		if code != exitOK {
			t.Fatalf("%s: status %d, printed\n%s\nand %q", way, code, stdout, stderr)
		}
		for place, s := range servers {
			s.mu.Lock()
			if len(s.pairs) < keys/10 {
				t.Errorf("%s: server %d has %d keys; want its share of %d", way, place, len(s.pairs), keys)
			}
			for key := range s.pairs {
				if at := placed.Place([]byte(key)); at != place {
					t.Errorf("%s: %s is at server %d; want %d", way, key, place, at)
				}
			}
			s.mu.Unlock()
		}
		if code, stdout, stderr = loadgen(t, "check --service raftkv "+file); code != exitOK {
			t.Errorf("%s: status %d, printed %q and %q", way, code, stdout, stderr)
		}
		_, other := serve(t, nil)
		if code, _, stderr = loadgen(t, "run "+target+","+other+" --service raftkv --ring"+quick); code != exitMisuse || !strings.Contains(stderr, "does not serve raftkv") {
			t.Errorf("%s: status %d, and %q; want that one is none of raftkv", way, code, stderr)
		}
	}
}

// TestRun_fill: every key is there before a get asks for it, once, and the puts that see to it are not counted.
func TestRun_fill(t *testing.T) {
	const keys = 1000
	for _, way := range []string{"", " --unary"} {
		s, port := serveKV(t, "")
		file := filepath.Join(t.TempDir(), "out.json")
		code, stdout, stderr := loadgen(t, "run "+port+" --service raftkv --clients 2 --mix get=100 --fill --out "+file+quick+way+" --keys "+strconv.Itoa(keys))
		run, err := result.Open(file)
		if code != exitOK || err != nil {
			t.Fatalf("%s: status %d, printed\n%s\nand %q (%v)", way, code, stdout, stderr, err)
		}
		s.mu.Lock()
		there, puts := len(s.pairs), int(s.version)
		s.mu.Unlock()
		if step := run.Steps[0]; there != keys || puts != keys || step.Marks["missing"] > 0 || step.Calls["Put"] > 0 || step.Calls["Get"] == 0 {
			t.Errorf("%s: %d keys of %d puts, and %+v; want %d keys, and gets alone", way, there, puts, step, keys)
		}
	}
}

// TestRun_fillFails: a server that refuses the keys is not measured.
func TestRun_fillFails(t *testing.T) {
	_, port := serve(t, status.Error(codes.ResourceExhausted, "no room"))
	code, stdout, stderr := loadgen(t, "run "+port+" --clients 1 --mix fact=100 --fill"+quick)
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "filling: ") || !strings.Contains(stderr, "no room") {
		t.Errorf("status %d, printed %q and %q", code, stdout, stderr)
	}
}

// TestCheck_raftkv records the histories of servers that are right, and of some that are not, and checks
// them.
func TestCheck_raftkv(t *testing.T) {
	for _, fault := range []string{"", staleRead, lostAppend, doubleAppend, blindCompare} {
		for _, way := range []string{"", " --unary"} {
			s, port := serveKV(t, fault)
			file := filepath.Join(t.TempDir(), "history")
			code, stdout, stderr := loadgen(t, "run "+port+" --service raftkv --clients 4 --keys 3 --mix get=30,put=10,append=40,delete=5,cas=15 --value-size 0..40 --duration 1h --history-limit 900 --history "+file+way)
			if code != exitOK {
				t.Fatalf("%s%s: status %d, printed\n%s\nand %q", fault, way, code, stdout, stderr)
			}
			if (s.unary == 0) != (way == "") || s.ids == 0 {
				t.Errorf("%s: the server counted %d unary calls and %d writes with a request id", way, s.unary, s.ids)
			}
			verdict := "linearizable: 900 operations of 4 clients on 3 keys"
			if fault != "" {
				verdict = "NOT " + verdict
			}
			code, stdout, stderr = loadgen(t, "check --service raftkv "+file)
			if (code == exitOK) != (fault == "") || code > exitFailed || stderr != "" || !strings.HasPrefix(stdout, verdict) {
				t.Errorf("%s%s: status %d, printed %q and %q; want %s", fault, way, code, stdout, stderr, verdict)
			}
		}
	}
}

// TestRun_raftkvHistory: values differ, those that grow are put anew, and enough is answered with success
// to be worth a check.
func TestRun_raftkvHistory(t *testing.T) {
	s, port := serveKV(t, "")
	file := filepath.Join(t.TempDir(), "history")
	code, stdout, stderr := loadgen(t, "run "+port+" --service raftkv --clients 2 --keys 1 --mix append=85,cas=15 --value-size 500 --duration 1h --history-limit 1000 --history "+file)
	operations, err := history.Open(file)
	if code != exitOK || err != nil || len(operations) != 1000 || stderr == "" {
		t.Fatalf("status %d, printed\n%s\nand %q, and left %d operations (%v)", code, stdout, stderr, len(operations), err)
	}
	if s.longest < 4096 || s.longest > 4096+3*500 {
		t.Errorf("the longest value had %d bytes; want a little more than 4096", s.longest)
	}
	values, refused := make(map[string]bool), 0
	for _, o := range operations {
		value := o.Value
		if v, err := history.ParseVersioned(value); err == nil {
			value = v.Value
		}
		if len(value) != 500 || values[value] || o.Call == "Get" {
			t.Fatalf("operation %+v; want a value of 500 bytes that no other has", o)
		}
		values[value] = true
		if o.Answer == "refused" {
			refused++
		}
	}
	if refused > 110 {
		t.Errorf("%d of about 150 compares were refused", refused)
	}
}

// TestRun_notReady: nothing is driven that is something else, nor recorded on a server that had keys before.
func TestRun_notReady(t *testing.T) {
	s, raftkv := serveKV(t, "")
	s.pairs["before"] = pair{version: 1}
	_, numstore := serve(t, nil)
	file := filepath.Join(t.TempDir(), "history")
	for args, says := range map[string]string{
		raftkv + " --service raftkv --history " + file: "has 1 keys; a history can be checked only if the server is new",
		numstore + " --service raftkv":                 "does not serve raftkv; see loadgen run --service",
		raftkv:                                         "does not serve NumStore; see loadgen run --service",
	} {
		if code, stdout, stderr := loadgen(t, "run "+args+quick); code != exitMisuse || stdout != "" || !strings.Contains(stderr, says) {
			t.Errorf("%s: status %d, printed %q and %q; want %s", args, code, stdout, stderr, says)
		}
	}
}

// TestRun_raftkvLarge has values beyond the size of messages that gRPC takes unless told otherwise.
func TestRun_raftkvLarge(t *testing.T) {
	for _, way := range []string{"", " --unary"} {
		s, port := serveKV(t, "")
		code, stdout, stderr := loadgen(t, "run "+port+" --service raftkv --clients 1 --keys 1 --value-size 5000000"+way+quick)
		if code != exitOK || s.longest != 5_000_000 {
			t.Errorf("%s: status %d, the longest value %d bytes, printed\n%s\nand %q", way, code, s.longest, stdout, stderr)
		}
	}
}

func TestRun_raftkvMarks(t *testing.T) {
	_, port := serveKV(t, "")
	file := filepath.Join(t.TempDir(), "out.json")
	code, stdout, stderr := loadgen(t, "run "+port+" --service raftkv --clients 2 --connections 2 --mix get=50,delete=50 --value-size 4096 --out "+file+quick)
	run, err := result.Open(file)
	if code != exitOK || err != nil {
		t.Fatalf("status %d, printed\n%s\nand %q (%v)", code, stdout, stderr, err)
	}
	step := run.Steps[0]
	if step.Calls["Get"] == 0 || step.Marks["missing"] != step.Calls["Get"] || step.Calls["Delete"] == 0 || run.Header.Parameters["mix"] != "get=50,delete=50" {
		t.Errorf("%+v, under %+v; want Gets of missing keys", step, run.Header)
	}
}
