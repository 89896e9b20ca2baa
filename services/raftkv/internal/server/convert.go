package server

import (
	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
)

func putResponse(r *kv.Result) *raftkvpb.PutResponse {
	return &raftkvpb.PutResponse{Version: r.Version, Existed: r.Existed, Previous: r.Previous}
}

func appendResponse(r *kv.Result) *raftkvpb.AppendResponse {
	return &raftkvpb.AppendResponse{Version: r.Version, Existed: r.Existed, Previous: r.Previous}
}

func deleteResponse(r *kv.Result) *raftkvpb.DeleteResponse {
	return &raftkvpb.DeleteResponse{Existed: r.Existed, Previous: r.Previous}
}

// batchResponse has a result for each write, of its kind.
func batchResponse(writes []kv.Write, results []kv.Result) *raftkvpb.BatchResponse {
	response := &raftkvpb.BatchResponse{Results: make([]*raftkvpb.WriteResult, len(results))}
	for i := range results {
		result := &raftkvpb.WriteResult{}
		switch writes[i].Kind {
		case kv.Put:
			result.Result = &raftkvpb.WriteResult_Put{Put: putResponse(&results[i])}
		case kv.Append:
			result.Result = &raftkvpb.WriteResult_Append{Append: appendResponse(&results[i])}
		case kv.Delete:
			result.Result = &raftkvpb.WriteResult_Delete{Delete: deleteResponse(&results[i])}
		}
		response.Results[i] = result
	}
	return response
}

// answer puts the result of a pipeline's write under its tag.
func answer(tag uint64, kind kv.Kind, r *kv.Result) *raftkvpb.Answer {
	switch kind {
	case kv.Put:
		return &raftkvpb.Answer{Tag: tag, Answer: &raftkvpb.Answer_Put{Put: putResponse(r)}}
	case kv.Append:
		return &raftkvpb.Answer{Tag: tag, Answer: &raftkvpb.Answer_Append{Append: appendResponse(r)}}
	default:
		return &raftkvpb.Answer{Tag: tag, Answer: &raftkvpb.Answer_Delete{Delete: deleteResponse(r)}}
	}
}
