// Package wire translates between the contract's messages and the core's values: it checks what comes in, makes writes of
// requests and answers of results, and says in the contract's words what went wrong. What it decides is decided for calls,
// batches and pipelines alike.
package wire

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
)

// All checks of input are here. Their messages leave keys and values out: they may be megabytes long.

// maxBatch is how many writes a batch may have.
const maxBatch = 10000

// Limits are how long keys and values may be, in bytes.
type Limits struct{ Key, Value int }

func (l Limits) CheckKey(key []byte) error {
	switch {
	case len(key) == 0:
		return status.Error(codes.InvalidArgument, "the key is empty; it must have at least 1 byte")
	case len(key) > l.Key:
		return status.Errorf(codes.InvalidArgument,
			"the key is %d bytes long; the limit is %d bytes (--max-key)", len(key), l.Key)
	}
	return nil
}

func CheckRequestID(id *raftkvpb.RequestId) (request kv.RequestID, err error) {
	if id == nil {
		return request, nil
	}
	if len(id.GetClientId()) != len(request.Client) {
		return request, status.Errorf(codes.InvalidArgument,
			"the client id of the request id is %d bytes long; it must be %d random bytes", len(id.GetClientId()), len(request.Client))
	}
	if id.GetSequence() == 0 {
		return request, status.Error(codes.InvalidArgument, "the sequence of the request id is 0; a client's first is 1")
	}
	copy(request.Client[:], id.GetClientId())
	request.Sequence = id.GetSequence()
	return request, nil
}

// expectation returns what a write expects of its key's version.
func expectation(version *uint64) (uint64, error) {
	if version == nil {
		return kv.AnyVersion, nil
	}
	if *version == kv.AnyVersion {
		return 0, status.Errorf(codes.InvalidArgument, "the expected version is %d; no key ever gets that", *version)
	}
	return *version, nil
}

// one is a message of the contract's that may have one of the writes: a part of a batch, or of a pipeline.
type one interface {
	GetPut() *raftkvpb.PutRequest
	GetAppend() *raftkvpb.AppendRequest
	GetDelete() *raftkvpb.DeleteRequest
}

// request returns the write that a message has, or nil.
func request(message one) WriteRequest {
	if r := message.GetPut(); r != nil {
		return r
	}
	if r := message.GetAppend(); r != nil {
		return r
	}
	if r := message.GetDelete(); r != nil {
		return r
	}
	return nil
}

// WriteRequest is a PutRequest, an AppendRequest or a DeleteRequest.
type WriteRequest interface {
	GetKey() []byte
	GetRequestId() *raftkvpb.RequestId
}

// check checks a request and makes a write of it. Its request id is left to the caller.
func (l Limits) Check(request WriteRequest) (w kv.Write, err error) {
	var expect *uint64
	switch r := request.(type) {
	case *raftkvpb.PutRequest:
		w = kv.Write{Kind: kv.Put, Value: r.GetValue(), Previous: r.GetReturnPrevious()}
		expect = r.ExpectedVersion
	case *raftkvpb.AppendRequest:
		w = kv.Write{Kind: kv.Append, Value: r.GetValue(), MaxValue: uint64(l.Value)}
		expect = r.ExpectedVersion
	case *raftkvpb.DeleteRequest:
		w = kv.Write{Kind: kv.Delete, Previous: r.GetReturnPrevious()}
		expect = r.ExpectedVersion
	}
	w.Key = request.GetKey()
	if err := l.CheckKey(w.Key); err != nil {
		return w, err
	}
	if len(w.Value) > l.Value {
		return w, status.Errorf(codes.InvalidArgument,
			"the value is %d bytes long; the limit is %d bytes (--max-value)", len(w.Value), l.Value)
	}
	w.Expect, err = expectation(expect)
	return w, err
}

func (l Limits) CheckBatch(r *raftkvpb.BatchRequest) ([]kv.Write, error) {
	if n := len(r.GetWrites()); n == 0 || n > maxBatch {
		return nil, status.Errorf(codes.InvalidArgument, "the batch has %d writes; it must have 1 to %d", n, maxBatch)
	}
	writes := make([]kv.Write, len(r.GetWrites()))
	for i, part := range r.GetWrites() {
		var err error
		if writes[i], err = l.checkPart(part); err != nil {
			return nil, status.Errorf(status.Code(err), "write %d of the batch: %s", i, status.Convert(err).Message())
		}
	}
	return writes, nil
}

// checkPart checks one write of a batch.
func (l Limits) checkPart(part *raftkvpb.Write) (kv.Write, error) {
	request := request(part)
	if request == nil {
		return kv.Write{}, status.Error(codes.InvalidArgument, "it is empty; it must be a put, an append or a delete")
	}
	w, err := l.Check(request)
	if err == nil && request.GetRequestId() != nil {
		err = status.Error(codes.InvalidArgument, "it has a request id; only the batch as a whole has one")
	}
	return w, err
}

// CheckOperation checks an operation of a pipeline that is no get.
func (l Limits) CheckOperation(operation *raftkvpb.Operation) (write kv.Write, id kv.RequestID, err error) {
	request := request(operation)
	if request == nil {
		return write, id, status.Error(codes.InvalidArgument, "the operation is empty; it must be a get, a put, an append or a delete")
	}
	if write, err = l.Check(request); err == nil {
		id, err = CheckRequestID(request.GetRequestId())
	}
	return write, id, err
}

func (l Limits) CheckScan(r *raftkvpb.ScanRequest) error {
	if len(r.GetPrefix()) > 0 && len(r.GetStart())+len(r.GetEnd()) > 0 {
		return status.Error(codes.InvalidArgument, "the scan has both a prefix and a range; it must have one of them, or none")
	}
	for _, key := range [][]byte{r.GetPrefix(), r.GetStart(), r.GetEnd(), r.GetResumeAfter()} {
		// The end of a prefix's range may be longer than any key: nothing is gained by refusing it.
		if len(key) > 2*l.Key {
			return status.Errorf(codes.InvalidArgument,
				"a bound of the scan is %d bytes long; the limit is %d bytes, twice that of a key (--max-key)", len(key), 2*l.Key)
		}
	}
	return nil
}
