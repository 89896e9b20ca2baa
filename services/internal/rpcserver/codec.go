package rpcserver

import (
	"context"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	protobuf "google.golang.org/protobuf/proto"
)

// codec decodes requests within bounds, and says in the contracts' words what is wrong with one.
//
// A request costs more than its length: it is unpacked, made one piece, and its fields become objects. What that
// may come to follows from its length. Of the requests that are not short, only so many are decoded at a time
// that their cost fits into a room; the others wait as they came.
type codec struct {
	encoding.CodecV2 // what encodes replies

	max      int   // bytes of a request, unpacked
	room     int64 // bytes
	decoding *semaphore.Weighted
	shapes   shapes
}

const (
	// shortRequest is the length in bytes up to which a request is decoded without a look at its fields: its cost is
	// small, and over before the next one begins.
	shortRequest = 4 << 10
	// fieldCost is what a field may take in memory, in bytes: an object, and its place in a list that grows.
	fieldCost = 96
	// leastRoom is the least room for decoding, in bytes.
	leastRoom = 64 << 20
)

func newCodec(maxMessage int) *codec {
	room := max(decodingCost(maxMessage), leastRoom)
	return &codec{
		CodecV2:  encoding.GetCodecV2(proto.Name),
		max:      maxMessage,
		room:     room,
		decoding: semaphore.NewWeighted(room),
	}
}

// decodingCost is what it may take to decode a request of a length, in bytes.
func decodingCost(length int) int64 {
	return 2*int64(length) + int64(min(length/2, maxFields))*fieldCost
}

// received stands in for the message that a request is decoded into, and takes the status of one that cannot be
// decoded: gRPC itself would answer that with INTERNAL, before a handler could say otherwise.
type received struct {
	ctx     context.Context
	message any
	err     error
}

// Unmarshal implements encoding.CodecV2.
func (c *codec) Unmarshal(data mem.BufferSlice, v any) error {
	if r, ok := v.(*received); ok {
		r.err = c.receive(r.ctx, data, r.message)
		return nil
	}
	return c.receive(context.Background(), data, v)
}

// receive decodes a request, which may be packed.
func (c *codec) receive(ctx context.Context, data mem.BufferSlice, v any) error {
	message, ok := v.(protobuf.Message)
	if !ok {
		return status.Errorf(codes.Internal, "a request has the type %T, which is no message", v)
	}
	length, packed := data.Len(), isPacked(data)
	if packed {
		var err error
		if length, err = unpackedLength(data, c.max); err != nil {
			return err
		}
	}
	if length > shortRequest {
		cost := decodingCost(length)
		if err := c.decoding.Acquire(ctx, cost); err != nil {
			return status.Errorf(status.FromContextError(err).Code(), "the call was not handled: %v while its request waited to be decoded", err)
		}
		defer c.decoding.Release(cost)
	}
	if packed {
		return c.unpack(data, length, message)
	}
	whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer whole.Free()
	return c.decode(whole.ReadOnlyData(), message)
}

// decode decodes a request that is one piece.
func (c *codec) decode(encoded []byte, message protobuf.Message) error {
	if len(encoded) > shortRequest && c.shapes.of(message.ProtoReflect().Descriptor()).count(encoded, 0, 0) > maxFields {
		return status.Errorf(codes.InvalidArgument,
			"the request has more than %d fields, those of its parts included; send it in several requests", maxFields)
	}
	if err := protobuf.Unmarshal(encoded, message); err != nil {
		return status.Errorf(codes.InvalidArgument, "the request cannot be decoded as a %s: %v", message.ProtoReflect().Descriptor().FullName(), err)
	}
	return nil
}
