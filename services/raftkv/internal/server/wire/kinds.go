package wire

import (
	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
)

// kinds are what differs between the kinds of writes, once they are checked (see Limits.Check): all else is the same for
// them, whether they come as calls, in a batch or on a pipeline.
var kinds = [...]struct {
	name   string
	result func(*kv.Result) *raftkvpb.WriteResult          // of one in a batch
	answer func(tag uint64, r *kv.Result) *raftkvpb.Answer // to one on a pipeline
}{
	kv.Put: {
		name: "put",
		result: func(r *kv.Result) *raftkvpb.WriteResult {
			return &raftkvpb.WriteResult{Result: &raftkvpb.WriteResult_Put{Put: PutResponse(r)}}
		},
		answer: func(tag uint64, r *kv.Result) *raftkvpb.Answer {
			return &raftkvpb.Answer{Tag: tag, Answer: &raftkvpb.Answer_Put{Put: PutResponse(r)}}
		},
	},
	kv.Append: {
		name: "append",
		result: func(r *kv.Result) *raftkvpb.WriteResult {
			return &raftkvpb.WriteResult{Result: &raftkvpb.WriteResult_Append{Append: AppendResponse(r)}}
		},
		answer: func(tag uint64, r *kv.Result) *raftkvpb.Answer {
			return &raftkvpb.Answer{Tag: tag, Answer: &raftkvpb.Answer_Append{Append: AppendResponse(r)}}
		},
	},
	kv.Delete: {
		name: "delete",
		result: func(r *kv.Result) *raftkvpb.WriteResult {
			return &raftkvpb.WriteResult{Result: &raftkvpb.WriteResult_Delete{Delete: DeleteResponse(r)}}
		},
		answer: func(tag uint64, r *kv.Result) *raftkvpb.Answer {
			return &raftkvpb.Answer{Tag: tag, Answer: &raftkvpb.Answer_Delete{Delete: DeleteResponse(r)}}
		},
	},
}

func PutResponse(r *kv.Result) *raftkvpb.PutResponse {
	return &raftkvpb.PutResponse{Version: r.Version, Existed: r.Existed, Previous: r.Previous}
}

func AppendResponse(r *kv.Result) *raftkvpb.AppendResponse {
	return &raftkvpb.AppendResponse{Version: r.Version, Existed: r.Existed, Previous: r.Previous}
}

func DeleteResponse(r *kv.Result) *raftkvpb.DeleteResponse {
	return &raftkvpb.DeleteResponse{Existed: r.Existed, Previous: r.Previous}
}

// BatchResponse has a result for each write, of its kind.
func BatchResponse(writes []kv.Write, results []kv.Result) *raftkvpb.BatchResponse {
	response := &raftkvpb.BatchResponse{Results: make([]*raftkvpb.WriteResult, len(results))}
	for i := range results {
		response.Results[i] = kinds[writes[i].Kind].result(&results[i])
	}
	return response
}

// Answer is the answer to a write on a pipeline.
func Answer(tag uint64, kind kv.Kind, r *kv.Result) *raftkvpb.Answer {
	return kinds[kind].answer(tag, r)
}
