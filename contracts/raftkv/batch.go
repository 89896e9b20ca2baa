package raftkv

import (
	"context"
	"slices"

	"numstore.example/contracts/raftkvpb"
)

// Batch does several writes at one moment, all or none, in order; all keys must belong to one shard. It
// returns one result for each write. The writes have no request ids of their own.
func (c *Clerk) Batch(ctx context.Context, writes ...*raftkvpb.Write) (results []*raftkvpb.WriteResult, err error) {
	var key []byte // the server refuses a batch of nothing
	if len(writes) > 0 {
		key = keyOf(writes[0])
	}
	shard, err := c.locate(ctx, key)
	if err != nil {
		return nil, notDone(err)
	}
	request := &raftkvpb.BatchRequest{Writes: slices.Clone(writes)}
	err = c.writeAlone(ctx, shard, func(client raftkvpb.RaftKVClient, id *raftkvpb.RequestId) error {
		request.RequestId = id
		response, err := client.Batch(ctx, request)
		results = response.GetResults()
		return err
	})
	return results, err
}

func keyOf(write *raftkvpb.Write) []byte {
	switch w := write.GetWrite().(type) {
	case *raftkvpb.Write_Put:
		return w.Put.GetKey()
	case *raftkvpb.Write_Append:
		return w.Append.GetKey()
	case *raftkvpb.Write_Delete:
		return w.Delete.GetKey()
	}
	return nil
}
