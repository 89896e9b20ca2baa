package server

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
)

// All checks of input are here. Their messages leave keys and values out: they may be megabytes long.

// maxBatch is how many writes a batch may have.
const maxBatch = 10000

func (a *adapter) checkKey(key []byte) error {
	switch {
	case len(key) == 0:
		return status.Error(codes.InvalidArgument, "the key is empty; it must have at least 1 byte")
	case len(key) > a.MaxKey:
		return status.Errorf(codes.InvalidArgument,
			"the key is %d bytes long; the limit is %d bytes (--max-key)", len(key), a.MaxKey)
	}
	return nil
}

func (a *adapter) checkKeyAndValue(key, value []byte) error {
	if err := a.checkKey(key); err != nil {
		return err
	}
	if len(value) > a.MaxValue {
		return status.Errorf(codes.InvalidArgument,
			"the value is %d bytes long; the limit is %d bytes (--max-value)", len(value), a.MaxValue)
	}
	return nil
}

// admit refuses writes for which this server's disk has no room: while it is full, all but deletions. Unlike the other
// checks, this one is no rule that all replicas share.
func (a *adapter) admit(writes ...kv.Write) error {
	full := a.Node.Store().Writable()
	if full == nil {
		return nil
	}
	for i := range writes {
		if writes[i].Kind != kv.Delete {
			return redirect(full)
		}
	}
	return nil
}

func checkRequestID(id *raftkvpb.RequestId) (request kv.RequestID, err error) {
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

func (a *adapter) checkPut(r *raftkvpb.PutRequest) (w kv.Write, err error) {
	if err := a.checkKeyAndValue(r.GetKey(), r.GetValue()); err != nil {
		return w, err
	}
	w = kv.Write{Kind: kv.Put, Key: r.GetKey(), Value: r.GetValue(), Previous: r.GetReturnPrevious()}
	w.Expect, err = expectation(r.ExpectedVersion)
	return w, err
}

func (a *adapter) checkAppend(r *raftkvpb.AppendRequest) (w kv.Write, err error) {
	if err := a.checkKeyAndValue(r.GetKey(), r.GetValue()); err != nil {
		return w, err
	}
	w = kv.Write{Kind: kv.Append, Key: r.GetKey(), Value: r.GetValue(), MaxValue: uint64(a.MaxValue)}
	w.Expect, err = expectation(r.ExpectedVersion)
	return w, err
}

func (a *adapter) checkDelete(r *raftkvpb.DeleteRequest) (w kv.Write, err error) {
	if err := a.checkKey(r.GetKey()); err != nil {
		return w, err
	}
	w = kv.Write{Kind: kv.Delete, Key: r.GetKey(), Previous: r.GetReturnPrevious()}
	w.Expect, err = expectation(r.ExpectedVersion)
	return w, err
}

func (a *adapter) checkBatch(r *raftkvpb.BatchRequest) ([]kv.Write, error) {
	if n := len(r.GetWrites()); n == 0 || n > maxBatch {
		return nil, status.Errorf(codes.InvalidArgument, "the batch has %d writes; it must have 1 to %d", n, maxBatch)
	}
	writes := make([]kv.Write, len(r.GetWrites()))
	for i, write := range r.GetWrites() {
		var err error
		if writes[i], err = a.checkWrite(write); err != nil {
			return nil, status.Errorf(status.Code(err), "write %d of the batch: %s", i, status.Convert(err).Message())
		}
	}
	return writes, nil
}

// checkWrite checks one write of a batch.
func (a *adapter) checkWrite(write *raftkvpb.Write) (kv.Write, error) {
	var id *raftkvpb.RequestId
	var w kv.Write
	var err error
	switch write := write.GetWrite().(type) {
	case *raftkvpb.Write_Put:
		id = write.Put.GetRequestId()
		w, err = a.checkPut(write.Put)
	case *raftkvpb.Write_Append:
		id = write.Append.GetRequestId()
		w, err = a.checkAppend(write.Append)
	case *raftkvpb.Write_Delete:
		id = write.Delete.GetRequestId()
		w, err = a.checkDelete(write.Delete)
	default:
		err = status.Error(codes.InvalidArgument, "it is empty; it must be a put, an append or a delete")
	}
	if err == nil && id != nil {
		err = status.Error(codes.InvalidArgument, "it has a request id; only the batch as a whole has one")
	}
	return w, err
}

// checkMessage checks a message of a pipeline: each operation takes memory, however short it is.
func checkMessage(r *raftkvpb.PipelineRequest) error {
	if n := len(r.GetOperations()); n > maxPipelined {
		return status.Errorf(codes.InvalidArgument, "the message has %d operations; it may have at most %d", n, maxPipelined)
	}
	return nil
}

// checkOperation checks an operation of a pipeline that is a write.
func (a *adapter) checkOperation(operation *raftkvpb.Operation) (write kv.Write, id kv.RequestID, err error) {
	var requestID *raftkvpb.RequestId
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Put:
		requestID = o.Put.GetRequestId()
		write, err = a.checkPut(o.Put)
	case *raftkvpb.Operation_Append:
		requestID = o.Append.GetRequestId()
		write, err = a.checkAppend(o.Append)
	case *raftkvpb.Operation_Delete:
		requestID = o.Delete.GetRequestId()
		write, err = a.checkDelete(o.Delete)
	default:
		err = status.Error(codes.InvalidArgument, "the operation is empty; it must be a get, a put, an append or a delete")
	}
	if err == nil {
		id, err = checkRequestID(requestID)
	}
	return write, id, err
}

func (a *adapter) checkScan(r *raftkvpb.ScanRequest) error {
	if len(r.GetPrefix()) > 0 && len(r.GetStart())+len(r.GetEnd()) > 0 {
		return status.Error(codes.InvalidArgument, "the scan has both a prefix and a range; it must have one of them, or none")
	}
	for _, key := range [][]byte{r.GetPrefix(), r.GetStart(), r.GetEnd(), r.GetResumeAfter()} {
		// The end of a prefix's range may be longer than any key: nothing is gained by refusing it.
		if len(key) > 2*a.MaxKey {
			return status.Errorf(codes.InvalidArgument,
				"a bound of the scan is %d bytes long; the limit is %d bytes, twice that of a key (--max-key)", len(key), 2*a.MaxKey)
		}
	}
	return nil
}
