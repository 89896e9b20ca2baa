package rpcserver

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	protobuf "google.golang.org/protobuf/proto"
)

// Sent is a message to give to grpc.ServerStream.SendMsg instead of its Message. SendMsg returns when gRPC has room
// for the message in a queue, where it takes memory until the client lets it be written.
type Sent struct {
	Message protobuf.Message

	// Written is called, once, when the message is written, or at once when it is too short to count. It must not
	// block. It may not be called at all once the stream has ended.
	Written func()
}

// Codec is what a Server with this Config.MaxMessage decodes and encodes with, for those who test a service without
// a Server.
func Codec(maxMessage int) encoding.CodecV2 { return newCodec(maxMessage) }

// Marshal implements encoding.CodecV2.
func (c *codec) Marshal(v any) (mem.BufferSlice, error) {
	sent, ok := v.(*Sent)
	if !ok {
		return c.CodecV2.Marshal(v)
	}
	size := protobuf.Size(sent.Message)
	pool := tellingPool{mem.DefaultBufferPool(), sent.Written}
	buffer := pool.Get(size)
	if _, err := (protobuf.MarshalOptions{UseCachedSize: true}).MarshalAppend((*buffer)[:0], sent.Message); err != nil {
		pool.Put(buffer)
		return nil, err
	}
	if mem.IsBelowBufferPoolingThreshold(cap(*buffer)) { // such a one is not given back
		sent.Written()
	}
	return mem.BufferSlice{mem.NewBuffer(buffer, pool)}, nil
}

// tellingPool tells when a buffer is given back.
type tellingPool struct {
	mem.BufferPool
	tell func()
}

// Put implements mem.BufferPool.
func (p tellingPool) Put(buffer *[]byte) {
	p.BufferPool.Put(buffer)
	p.tell()
}
