package raftkv

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

// Batch does several writes at one moment, all or none, in order. All keys must belong to one shard, or the Batch is
// refused with INVALID_ARGUMENT before it is sent; keys with the same tag, as {cart7}/items and {cart7}/sum, always do. It
// returns one result for each write. The writes have no request ids of their own.
func (c *Clerk) Batch(ctx context.Context, writes ...*raftkvpb.Write) (results []*raftkvpb.WriteResult, err error) {
	m, err := c.awaitMap(ctx)
	if err != nil {
		return nil, notDone(err)
	}
	shard, err := m.shardOfAll(writes)
	if err != nil {
		return nil, notDone(err)
	}
	request := &raftkvpb.BatchRequest{Writes: slices.Clone(writes)}
	err = c.writeAlone(ctx, shard, proto.Size(request), func(ctx context.Context, client raftkvpb.RaftKVClient, id *raftkvpb.RequestId) error {
		request.RequestId = id
		response, err := client.Batch(ctx, request)
		results = response.GetResults()
		return err
	})
	return results, err
}

// shardOfAll returns the one shard that all keys belong to. That of no keys, which the server refuses, is the first.
func (m *shardMap) shardOfAll(writes []*raftkvpb.Write) (shard int, err error) {
	for i, write := range writes {
		s, err := m.shard(keyOf(write))
		if err != nil {
			return 0, status.Errorf(codes.InvalidArgument, "write %d of the batch: %s", i, status.Convert(err).Message())
		}
		if i > 0 && s != shard {
			return 0, status.Errorf(codes.InvalidArgument, "the keys %.100q and %.100q are on the shards %d and %d, and a batch is for one shard; "+
				"give keys that belong together the same tag, as in {cart7}/items and {cart7}/sum, or send a batch for each shard",
				keyOf(writes[0]), keyOf(write), shard, s)
		}
		shard = s
	}
	return shard, nil
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
