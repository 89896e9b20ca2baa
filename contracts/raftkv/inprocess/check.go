package inprocess

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// The limits are those of a server with no other ones.
const (
	maxKey        = 1024
	maxValue      = 16 << 20
	maxMessage    = 17 << 20
	maxBatch      = 10000
	maxOperations = 4096
)

// keyOf returns the key of an operation; empty if it has none.
func keyOf(operation *raftkvpb.Operation) []byte {
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Get:
		return o.Get.GetKey()
	case *raftkvpb.Operation_Put:
		return o.Put.GetKey()
	case *raftkvpb.Operation_Append:
		return o.Append.GetKey()
	case *raftkvpb.Operation_Delete:
		return o.Delete.GetKey()
	}
	return nil
}

// RequestID returns the request id of an operation, or nil if it has none.
func RequestID(operation *raftkvpb.Operation) *raftkvpb.RequestId {
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

// expectedOf returns the version that an operation expects, or nil.
func expectedOf(operation *raftkvpb.Operation) *uint64 {
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Put:
		return o.Put.ExpectedVersion
	case *raftkvpb.Operation_Append:
		return o.Append.ExpectedVersion
	case *raftkvpb.Operation_Delete:
		return o.Delete.ExpectedVersion
	}
	return nil
}

// check refuses an operation that no server executes.
func check(operation *raftkvpb.Operation) error {
	key, value := keyOf(operation), max(len(operation.GetPut().GetValue()), len(operation.GetAppend().GetValue()))
	switch {
	case operation.GetOperation() == nil:
		return status.Error(codes.InvalidArgument, "the operation is empty; it must be a get, a put, an append or a delete")
	case len(key) == 0:
		return status.Error(codes.InvalidArgument, "the key is empty; it must have at least 1 byte")
	case len(key) > maxKey:
		return status.Errorf(codes.InvalidArgument, "the key is %d bytes long; the longest has %d", len(key), maxKey)
	case value > maxValue:
		return status.Errorf(codes.InvalidArgument, "the value is %d bytes long; the longest has %d", value, maxValue)
	}
	return checkID(RequestID(operation))
}

func checkID(id *raftkvpb.RequestId) error {
	switch {
	case id == nil:
	case len(id.GetClientId()) != 16:
		return status.Errorf(codes.InvalidArgument, "the client id of the request id has %d bytes; it must have 16", len(id.GetClientId()))
	case id.GetSequence() == 0:
		return status.Error(codes.InvalidArgument, "the sequence of the request id is 0; a client's first is 1")
	}
	return nil
}

// unpack returns the writes of a batch as operations, or says which of them is none.
func unpack(request *raftkvpb.BatchRequest) (operations []*raftkvpb.Operation, err error) {
	if n := len(request.GetWrites()); n == 0 || n > maxBatch {
		return nil, status.Errorf(codes.InvalidArgument, "the batch has %d writes; it must have 1 to %d", n, maxBatch)
	}
	for i, write := range request.GetWrites() {
		operation := new(raftkvpb.Operation)
		switch w := write.GetWrite().(type) {
		case *raftkvpb.Write_Put:
			operation.Operation = &raftkvpb.Operation_Put{Put: w.Put}
		case *raftkvpb.Write_Append:
			operation.Operation = &raftkvpb.Operation_Append{Append: w.Append}
		case *raftkvpb.Write_Delete:
			operation.Operation = &raftkvpb.Operation_Delete{Delete: w.Delete}
		}
		err := check(operation)
		if err == nil && RequestID(operation) != nil {
			err = status.Error(codes.InvalidArgument, "it has a request id; only the batch as a whole has one")
		}
		if err != nil {
			return nil, status.Errorf(status.Code(err), "write %d of the batch: %s", i, status.Convert(err).Message())
		}
		operations = append(operations, operation)
	}
	return operations, checkID(request.GetRequestId())
}

// checkScan refuses a Scan that no server of so many shards does.
func checkScan(r *raftkvpb.ScanRequest, shards int) error {
	if int(r.GetShard()) >= shards {
		return status.Errorf(codes.InvalidArgument, "there is no shard %d; there are %d, numbered from 0", r.GetShard(), shards)
	}
	if len(r.GetPrefix()) > 0 && len(r.GetStart())+len(r.GetEnd()) > 0 {
		return status.Error(codes.InvalidArgument, "the scan has both a prefix and a range; it must have one of them, or none")
	}
	for _, bound := range [][]byte{r.GetPrefix(), r.GetStart(), r.GetEnd(), r.GetResumeAfter()} {
		if len(bound) > 2*maxKey {
			return status.Errorf(codes.InvalidArgument, "a bound of the scan is %d bytes long; the longest has %d", len(bound), 2*maxKey)
		}
	}
	return nil
}
