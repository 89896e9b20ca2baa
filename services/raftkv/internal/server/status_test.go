package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
	"numstore.example/services/raftkv/internal/shard"
)

// TestRefusals has the codes for what is wrong with a request, alone and on a pipeline.
func TestRefusals(t *testing.T) {
	const client = "a client, 16 byt"
	long := strings.Repeat("v", testMaxValue)
	h := start(t, nil, nil)
	for _, setup := range []*raftkvpb.PutRequest{
		put("A", "a"), put("full", long), {Key: []byte("B"), RequestId: requestID(client, 1)}, {Key: []byte("B"), RequestId: requestID(client, 2)},
	} {
		if _, err := h.Put(t.Context(), setup); err != nil {
			t.Fatal(err)
		}
	}
	before := pairsOf(t, h)

	for _, test := range []struct {
		operation *raftkvpb.Operation
		code      codes.Code
		says      string
	}{
		{getOperation(""), codes.InvalidArgument, "the key is empty"},
		{getOperation("ninebytes"), codes.InvalidArgument, "the key is 9 bytes long; the limit is 8 bytes (--max-key)"},
		{putOperation(put("", "")), codes.InvalidArgument, "the key is empty"},
		{putOperation(put("ninebytes", "")), codes.InvalidArgument, "9 bytes"},
		{putOperation(put("A", long+"v")), codes.InvalidArgument, "the value is 101 bytes long; the limit is 100 bytes (--max-value)"},
		{putOperation(&raftkvpb.PutRequest{Key: []byte("A"), ExpectedVersion: new(uint64(0))}), codes.FailedPrecondition, "not 0; nothing was changed"},
		{putOperation(&raftkvpb.PutRequest{Key: []byte("no"), ExpectedVersion: new(uint64(7))}), codes.FailedPrecondition, "the key has version 0, not 7"},
		{putOperation(&raftkvpb.PutRequest{Key: []byte("A"), ExpectedVersion: new(^uint64(0))}), codes.InvalidArgument, "no key ever gets that"},
		{putOperation(&raftkvpb.PutRequest{Key: []byte("A"), RequestId: requestID("x", 1)}), codes.InvalidArgument, "1 bytes long; it must be 16"},
		{putOperation(&raftkvpb.PutRequest{Key: []byte("A"), RequestId: requestID(client, 0)}), codes.InvalidArgument, "the sequence of the request id is 0"},
		{appendOperation("full", "v", nil), codes.OutOfRange, "101 bytes long; the limit is 100 bytes (--max-value); nothing was changed"},
		{appendOperation("A", "", requestID(client, 1)), codes.Aborted, "last sequence is 2"},
		{appendOperation("A", "", requestID("another, 16 byte", 2)), codes.NotFound, "take a new client id"},
		{&raftkvpb.Operation{}, codes.InvalidArgument, "a get, a put, an append or a delete"},
		{&raftkvpb.Operation{Operation: &raftkvpb.Operation_Delete{Delete: &raftkvpb.DeleteRequest{}}}, codes.InvalidArgument, "the key is empty"},
	} {
		for name, send := range map[string]func(*raftkvpb.Operation) error{"alone": h.alone(t), "on a pipeline": h.onPipeline(t)} {
			err := send(test.operation)
			if name == "alone" && test.operation.GetOperation() == nil {
				continue // there is no such call
			}
			if status.Code(err) != test.code || !strings.Contains(status.Convert(err).Message(), test.says) {
				t.Errorf("%v, %s: %v; want %v and %q", test.operation, name, err, test.code, test.says)
			}
		}
	}
	if after := pairsOf(t, h); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("refused writes have changed %q to %q", before, after)
	}
}

// alone returns how an operation ends as a call of its own.
func (h *harness) alone(t *testing.T) func(*raftkvpb.Operation) error {
	return func(operation *raftkvpb.Operation) (err error) {
		switch o := operation.GetOperation().(type) {
		case *raftkvpb.Operation_Get:
			_, err = h.Get(t.Context(), o.Get)
		case *raftkvpb.Operation_Put:
			_, err = h.Put(t.Context(), o.Put)
		case *raftkvpb.Operation_Append:
			_, err = h.Append(t.Context(), o.Append)
		case *raftkvpb.Operation_Delete:
			_, err = h.Delete(t.Context(), o.Delete)
		}
		return err
	}
}

// onPipeline returns how an operation ends on a pipeline.
func (h *harness) onPipeline(t *testing.T) func(*raftkvpb.Operation) error {
	return func(operation *raftkvpb.Operation) error {
		stream := h.pipeline(t)
		stream.send(operation)
		stream.CloseSend()
		answers := stream.rest()
		if len(answers) != 1 {
			t.Fatalf("%v got the answers %v", operation, answers)
		}
		if e := answers[0].GetError(); e != nil {
			s := status.New(codes.Code(e.GetCode()), e.GetMessage())
			if e.GetRedirect() != nil {
				s, _ = s.WithDetails(e.GetRedirect())
			}
			return s.Err()
		}
		return nil
	}
}

// TestRefusals_scan and batches have no place on a pipeline.
func TestRefusals_scan(t *testing.T) {
	h := start(t, nil, nil)
	for _, test := range []struct {
		request *raftkvpb.ScanRequest
		says    string
	}{
		{&raftkvpb.ScanRequest{Prefix: []byte("a"), End: []byte("b")}, "both a prefix and a range"},
		{&raftkvpb.ScanRequest{Prefix: []byte("a"), Start: []byte("b")}, "both a prefix and a range"},
		{&raftkvpb.ScanRequest{Prefix: make([]byte, 2*testMaxKey+1)}, "17 bytes long; the limit is 16 bytes"},
	} {
		stream, err := h.Scan(t.Context(), test.request)
		if err == nil {
			_, err = stream.Recv()
		}
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v: %v; want %q", test.request, err, test.says)
		}
	}
}

// TestUnanswered: what cannot be answered in time, or at all.
func TestUnanswered(t *testing.T) {
	h := start(t, nil, nil)
	<-h.appends // those of the start
	h.disk.Lock()
	ctx, cancel := context.WithCancel(t.Context())
	given, crowd := make(chan error), make(chan error)
	largest := put("A", strings.Repeat("v", testMaxValue))
	send := func(ended chan<- error) {
		_, err := h.Put(ctx, largest)
		ended <- err
	}
	go send(given)
	<-h.appends
	short, done := context.WithTimeout(ctx, time.Millisecond)
	defer done()
	if _, err := h.Put(short, largest); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a write without time: %v; want DEADLINE_EXCEEDED", err)
	}
	// The queue of writes is bounded: it has no room for all of these.
	for range 20 {
		go send(crowd)
	}
	if err := <-crowd; status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "nothing happened now: try again later") {
		t.Errorf("a write too many: %v; want RESOURCE_EXHAUSTED", err)
	}
	cancel()
	for range 19 {
		<-crowd
	}
	if err := <-given; status.Code(err) != codes.Canceled {
		t.Errorf("a write that was given up: %v; want CANCELLED", err)
	}
	h.disk.Unlock()

	h.node.Stop()
	if _, err := h.Put(t.Context(), put("A", "")); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "same request id") {
		t.Errorf("a write after the end: %v; want UNAVAILABLE", err)
	}
	if _, err := h.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("A")}); status.Code(err) != codes.Unavailable {
		t.Errorf("a read after the end: %v; want UNAVAILABLE", err)
	}
	if err := h.onPipeline(t)(getOperation("A")); status.Code(err) != codes.Unavailable {
		t.Errorf("a read on a pipeline after the end: %v; want UNAVAILABLE", err)
	}
}

// TestReplicaStatus has the codes of the errors that a replica and its store return.
func TestReplicaStatus(t *testing.T) {
	for _, test := range []struct {
		err      error
		code     codes.Code
		redirect bool
	}{
		{node.ErrNotLeader, codes.Unavailable, true},
		{&node.NotLeader{Leader: 2}, codes.Unavailable, true},
		{fmt.Errorf("passed on: %w", &node.NotLeader{}), codes.Unavailable, true},
		{node.ErrBusy, codes.ResourceExhausted, false},
		{node.ErrStopped, codes.Unavailable, false},
		{node.ErrDeposed, codes.Unavailable, false},
		{node.ErrFailed, codes.Unavailable, false},
		{fmt.Errorf("%w: %w", node.ErrStopped, node.ErrFailed), codes.Unavailable, false},
		{pebble.ErrCorruption, codes.DataLoss, false},
		{context.Canceled, codes.Canceled, false},
		{context.DeadlineExceeded, codes.DeadlineExceeded, false},
		{errors.New("a defect"), codes.Internal, false},
	} {
		none := func(shard.NodeID) *raftkvpb.Redirect { return new(raftkvpb.Redirect) }
		for _, s := range []*status.Status{status.Convert(wire.WriteStatus(test.err, none)), status.Convert(wire.ReadStatus(test.err, none))} {
			redirect := len(s.Details()) == 1
			if s.Code() != test.code || redirect != test.redirect || !strings.Contains(s.Message(), test.err.Error()) {
				t.Errorf("%v: %v, with a redirect: %t; want %v", test.err, s, redirect, test.code)
			}
		}
	}
}
