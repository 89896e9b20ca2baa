package rpcserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// payloads remembers the reply that a client got last.
type payloads struct{ last stats.InPayload }

func (p *payloads) HandleRPC(_ context.Context, s stats.RPCStats) {
	if in, ok := s.(*stats.InPayload); ok {
		p.last = *in
	}
}
func (*payloads) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*payloads) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*payloads) HandleConn(context.Context, stats.ConnStats)                       {}

// TestServer_gzip: packed requests are taken, and answered in kind; plain ones are answered plainly.
func TestServer_gzip(t *testing.T) {
	config := testConfig
	config.MaxMessage = 100_000
	f := start(t, config, answer)
	defer f.stop()
	var replies payloads
	conn, err := grpc.NewClient("passthrough:bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(&replies), grpc.WithContextDialer(f.dialer))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, size := range []int{0, 1, 1000, shortRequest + 1, 99_000} {
		for _, compressor := range []string{"gzip", encoding.Identity} {
			request, reply := wrapperspb.Bytes(bytes.Repeat([]byte("x"), size)), new(wrapperspb.BytesValue)
			err := conn.Invoke(t.Context(), "/test.Service/Call", request, reply, grpc.UseCompressor(compressor))
			if err != nil || !proto.Equal(request, reply) {
				t.Errorf("%d bytes with %s: %d bytes, %v", size, compressor, len(reply.GetValue()), err)
			}
			if packed := replies.last.CompressedLength < replies.last.Length; packed != (compressor == "gzip" && size >= 1000) {
				t.Errorf("%d bytes with %s: the reply was %d bytes of %d", size, compressor, replies.last.CompressedLength, replies.last.Length)
			}
		}
	}
	err = conn.Invoke(t.Context(), "/test.Service/Call", wrapperspb.Bytes(make([]byte, config.MaxMessage)), new(wrapperspb.BytesValue), grpc.UseCompressor("gzip"))
	if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "100000 bytes (--max-message)") {
		t.Errorf("more than the limit: %v; want RESOURCE_EXHAUSTED", err)
	}
}

// TestCodec_gzip: what is no whole packed message is refused, and costs what it is long, not what it says.
func TestCodec_gzip(t *testing.T) {
	c := newCodec(32 << 20)
	content, err := proto.Marshal(wrapperspb.Bytes(bytes.Repeat([]byte("x"), 50_000)))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	packer := gzip.NewWriter(&file)
	packer.Write(content)
	packer.Close()
	packed := file.Bytes()
	decode := func(packed []byte) error {
		marked, err := marker{}.Do(mem.BufferSlice{mem.SliceBuffer(packed)}.Reader())
		if err != nil {
			t.Fatal(err)
		}
		return decodeWith(c, marked, new(wrapperspb.BytesValue))
	}
	if err := decode(packed); err != nil {
		t.Errorf("a whole one: %v", err)
	}
	changed := func(i int) []byte {
		b := bytes.Clone(packed)
		b[i] ^= 1
		return b
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "no gzip": bytes.Repeat([]byte("x"), 100), "plain": content, "cut": packed[:len(packed)-1],
		"another header": changed(0), "another checksum": changed(len(packed) - 8), "another length": changed(len(packed) - 4),
		"a length that cannot be": changed(len(packed) - 2), "something behind it": append(bytes.Clone(packed), packed...),
	} {
		var err error
		cost := allocated(func() { err = decode(bad) })
		if code := status.Code(err); code != codes.InvalidArgument && code != codes.ResourceExhausted {
			t.Errorf("%s: %v; want INVALID_ARGUMENT", name, err)
		}
		if cost > 4<<20 { // a buffer of a pool may be larger than asked for
			t.Errorf("%s: it cost %d bytes", name, cost)
		}
	}
}
