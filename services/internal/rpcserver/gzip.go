package rpcserver

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"sync"

	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // packs the replies to those who send packed requests
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	protobuf "google.golang.org/protobuf/proto"
)

// A request that is packed with gzip passes gRPC as it is, behind a mark, and is unpacked by the codec, which bounds
// what is unpacked at a time. gRPC itself bounds each request alone, and a small connection can have thousands of
// them unpacked at once.

// packedMark is a byte that no message begins with: it would be a field 0 of a kind that there is not.
const packedMark = 0x07

// marker is the grpc.Decompressor that leaves requests as they are.
type marker struct{}

// Type implements grpc.Decompressor.
func (marker) Type() string { return "gzip" }

// Do implements grpc.Decompressor.
func (marker) Do(r io.Reader) ([]byte, error) {
	marked := bytes.NewBuffer(nil)
	if r, ok := r.(interface{ Remaining() int }); ok {
		marked.Grow(r.Remaining() + bytes.MinRead + 1)
	}
	marked.WriteByte(packedMark)
	_, err := marked.ReadFrom(r)
	return marked.Bytes(), err
}

// isPacked says whether the codec was given what marker has left.
func isPacked(data mem.BufferSlice) bool {
	return len(data) == 1 && data.Len() > 0 && data[0].ReadOnlyData()[0] == packedMark
}

const (
	gzipLeast = 18   // bytes of a gzip file that holds nothing
	gzipRatio = 1032 // bytes that one byte of a gzip file can hold at the most
)

// unpackedLength returns what the end of a packed request says of its length, once that can be true and is no more
// than max.
func unpackedLength(data mem.BufferSlice, max int) (int, error) {
	packed := data[0].ReadOnlyData()[1:]
	if len(packed) < gzipLeast {
		return 0, errNotGzip(io.ErrUnexpectedEOF)
	}
	length := int64(binary.LittleEndian.Uint32(packed[len(packed)-4:]))
	switch {
	case length > gzipRatio*int64(len(packed)):
		return 0, errNotGzip(gzip.ErrHeader)
	case length > int64(max):
		return 0, status.Errorf(codes.ResourceExhausted, "the request is %d bytes long when it is unpacked; the limit is %d bytes (--max-message)", length, max)
	}
	return int(length), nil
}

func errNotGzip(err error) error {
	return status.Errorf(codes.InvalidArgument, "the request cannot be unpacked: %v", err)
}

var unpackers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// unpack decodes a packed request, which must be as long as its end has said.
func (c *codec) unpack(data mem.BufferSlice, length int, message protobuf.Message) error {
	unpacker := unpackers.Get().(*gzip.Reader)
	defer unpackers.Put(unpacker)
	if err := unpacker.Reset(bytes.NewReader(data[0].ReadOnlyData()[1:])); err != nil {
		return errNotGzip(err)
	}
	pool := mem.DefaultBufferPool()
	buffer := pool.Get(length)
	defer pool.Put(buffer)
	if _, err := io.ReadFull(unpacker, *buffer); err != nil {
		return errNotGzip(err)
	}
	if n, err := unpacker.Read(make([]byte, 1)); n > 0 || err != io.EOF { // the end has the checksum
		return errNotGzip(gzip.ErrChecksum)
	}
	return c.decode(*buffer, message)
}
