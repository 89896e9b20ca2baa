package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/server/pipeline"
)

// testPipeline is a client's side of a pipeline.
type testPipeline struct {
	raftkvpb.RaftKV_PipelineClient
	t testing.TB
}

func (h *harness) pipeline(t testing.TB) testPipeline {
	t.Helper()
	stream, err := h.Pipeline(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return testPipeline{stream, t}
}

func (p testPipeline) send(operations ...*raftkvpb.Operation) {
	p.t.Helper()
	if err := p.Send(&raftkvpb.PipelineRequest{Operations: operations}); err != nil {
		p.t.Fatal(err)
	}
}

// untilEnd returns all answers to come, and the status that the stream ends with.
func (p testPipeline) untilEnd() (answers []*raftkvpb.Answer, end error) {
	for {
		response, err := p.Recv()
		if errors.Is(err, io.EOF) {
			return answers, nil
		}
		if err != nil {
			return answers, err
		}
		answers = append(answers, response.GetAnswers()...)
	}
}

// rest is untilEnd for a stream that must end well.
func (p testPipeline) rest() []*raftkvpb.Answer {
	p.t.Helper()
	answers, err := p.untilEnd()
	if err != nil {
		p.t.Fatal(err)
	}
	return answers
}

// TestPipeline_drains: everything that was sent before the client closed its side is answered, once, and then
// the stream ends; also when far more is in flight than the server takes at a time.
func TestPipeline_drains(t *testing.T) {
	const messages, each = 30, 1000
	h := start(t, func(c *Config) { c.MaxKey = 16 }, nil)
	stream := h.pipeline(t)
	go func() {
		for i := range messages {
			var operations []*raftkvpb.Operation
			for j := range each {
				operation := getOperation("A")
				if j == 0 {
					operation = putOperation(put(fmt.Sprint(i), "v"))
				}
				operation.Tag = uint64(i*each + j)
				operations = append(operations, operation)
			}
			stream.Send(&raftkvpb.PipelineRequest{Operations: operations})
		}
		stream.CloseSend()
	}()
	seen := make(map[uint64]bool)
	for _, answer := range stream.rest() {
		if seen[answer.GetTag()] || answer.GetError() != nil {
			t.Fatalf("{%v}, answered before: %t", answer, seen[answer.GetTag()])
		}
		seen[answer.GetTag()] = true
	}
	if len(seen) != messages*each || len(pairsOf(t, h)) != messages {
		t.Errorf("%d answers, %d keys; want %d and %d", len(seen), len(pairsOf(t, h)), messages*each, messages)
	}
}

// TestPipeline_stopping: when the server stops, a stream that a client keeps open ends, after the answers to what
// is in flight; what came later is not answered, nor waited for.
func TestPipeline_stopping(t *testing.T) {
	h := start(t, nil, nil)
	idle, busy := h.pipeline(t), h.pipeline(t)
	idle.send(getOperation("A"))
	if _, err := idle.Recv(); err != nil {
		t.Fatal(err)
	}
	h.disk.Lock()
	busy.send(getOperation("B"), putOperation(put("B", "b")))
	if _, err := busy.Recv(); err != nil { // the get's answer: the put is on its way
		t.Fatal(err)
	}
	close(h.stopping)
	if _, err := idle.untilEnd(); status.Code(err) != codes.Unavailable {
		t.Errorf("the idle stream: %v; want UNAVAILABLE", err)
	}
	// The first of these may be in time; the last is late.
	for range 20 {
		busy.send(putOperation(put("C", "c")))
		if _, err := h.Topology(t.Context(), &raftkvpb.TopologyRequest{}); err != nil { // the put has arrived before this call
			t.Fatal(err)
		}
	}
	h.disk.Unlock()
	answers, err := busy.untilEnd()
	if len(answers) < 1 || len(answers) > 20 || answers[0].GetPut() == nil || status.Code(err) != codes.Unavailable {
		t.Errorf("the busy stream: %v, %v; want the put's answer, not all others, and UNAVAILABLE", answers, err)
	}
	if _, err := h.pipeline(t).untilEnd(); status.Code(err) != codes.Unavailable {
		t.Errorf("a new stream: %v; want UNAVAILABLE", err)
	}
}

// TestPipeline_cutOff: a stream ends with its connection even when the server stops and the disk does not answer.
func TestPipeline_cutOff(t *testing.T) {
	h := start(t, nil, nil)
	h.disk.Lock()
	defer h.disk.Unlock()
	stream := h.pipeline(t)
	stream.send(getOperation("A"), putOperation(put("A", "a")))
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	close(h.stopping)
	if _, err := h.pipeline(t).untilEnd(); status.Code(err) != codes.Unavailable {
		t.Errorf("a new stream: %v; want UNAVAILABLE", err)
	}
	stream.send(putOperation(put("B", "b"))) // too late: nothing more is read
	if _, err := h.Topology(t.Context(), &raftkvpb.TopologyRequest{}); err != nil {
		t.Fatal(err)
	}
	h.server.Stop() // returns when all handlers have
}

// TestPipeline_givenUp: a client that goes away leaves nothing behind, and its writes happen or not.
func TestPipeline_givenUp(t *testing.T) {
	h := start(t, nil, nil)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := h.Pipeline(ctx)
		if err != nil {
			t.Fatal(err)
		}
		stream.Send(&raftkvpb.PipelineRequest{Operations: []*raftkvpb.Operation{getOperation("A"), putOperation(put("A", "a"))}})
		cancel()
	}
	if err := h.onPipeline(t)(putOperation(put("B", "b"))); err != nil {
		t.Error(err)
	}
}

// TestPipeline_tooMany: a message with more operations than one may have ends the stream, after the answers to those
// before it, and none of them happens.
func TestPipeline_tooMany(t *testing.T) {
	h := start(t, nil, nil)
	stream := h.pipeline(t)
	stream.send(putOperation(put("A", "a")))
	operations := make([]*raftkvpb.Operation, pipeline.MaxOperations+1)
	for i := range operations {
		operations[i] = putOperation(put("B", "b"))
	}
	stream.send(operations...)
	answers, err := stream.untilEnd()
	if len(answers) != 1 || status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "4097 operations; it may have at most 4096") {
		t.Errorf("%d answers, and %v; want one, and INVALID_ARGUMENT", len(answers), err)
	}
	if all := pairsOf(t, h); fmt.Sprint(all) != "[A=a]" {
		t.Errorf("there is %q", all)
	}
}

// TestPipeline_once: repetitions on streams are those of calls, also within a message.
func TestPipeline_once(t *testing.T) {
	h := start(t, nil, nil)
	stream := h.pipeline(t)
	id := requestID("a client, 16 byt", 1)
	for range 10 {
		stream.send(appendOperation("A", "a", id), appendOperation("A", "a", id))
	}
	stream.CloseSend()
	answers := stream.rest()
	for _, answer := range answers {
		if !proto.Equal(answer, answers[0]) || answer.GetAppend() == nil {
			t.Errorf("answered with {%v}, and {%v}", answer, answers[0])
		}
	}
	if all := pairsOf(t, h); len(answers) != 20 || fmt.Sprint(all) != "[A=a]" {
		t.Errorf("%d answers; there is %q", len(answers), all)
	}
}

// FuzzPipeline sends any bytes as the message of a pipeline. Every operation gets one answer under its tag, with
// a code that the contract names for it.
func FuzzPipeline(f *testing.F) {
	for _, operations := range [][]*raftkvpb.Operation{
		{},
		{{}},
		{getOperation("A"), putOperation(put("A", "a")), appendOperation("A", "b", requestID("a client, 16 byt", 1))},
		{getOperation(""), putOperation(put("ninebytes", "")), appendOperation("A", strings.Repeat("v", 101), requestID("x", 0))},
		{{Tag: 7, Operation: &raftkvpb.Operation_Delete{Delete: &raftkvpb.DeleteRequest{Key: []byte("A"), ExpectedVersion: new(uint64(1))}}}},
	} {
		encoded, err := proto.Marshal(&raftkvpb.PipelineRequest{Operations: operations})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	h := start(f, nil, nil)
	f.Fuzz(func(t *testing.T, encoded []byte) {
		request := new(raftkvpb.PipelineRequest)
		if proto.Unmarshal(encoded, request) != nil {
			return
		}
		stream := h.pipeline(t)
		stream.send(request.GetOperations()...)
		stream.CloseSend()
		open := make(map[uint64]int)
		for _, operation := range request.GetOperations() {
			open[operation.GetTag()]++
		}
		for _, answer := range stream.rest() {
			open[answer.GetTag()]--
			switch code := codes.Code(answer.GetError().GetCode()); code {
			case codes.OK, codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange, codes.Aborted, codes.NotFound, codes.ResourceExhausted:
			default:
				t.Errorf("{%v}: %v", answer, code)
			}
		}
		for tag, n := range open {
			if n != 0 {
				t.Errorf("operations with the tag %d lack %d answers", tag, n)
			}
		}
	})
}
