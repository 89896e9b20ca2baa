package rpcserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func decodeWith(c *codec, encoded []byte, message proto.Message) error {
	r := received{ctx: context.Background(), message: message}
	if err := c.Unmarshal(mem.BufferSlice{mem.SliceBuffer(encoded)}, &r); err != nil {
		return errors.New("the codec has told gRPC: " + err.Error())
	}
	return r.err
}

// allocated returns how many bytes run allocates.
func allocated(run func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// emptyParts is a message that has nothing but empty messages in a list.
func emptyParts(n int) []byte { return bytes.Repeat([]byte{4<<3 | 2, 0}, n) }

// TestCodec_emptyParts: a request of nothing but tiny parts is refused before they take memory. The decoder alone
// would give each of them some hundred bytes.
func TestCodec_emptyParts(t *testing.T) {
	bomb := emptyParts(1 << 20)
	c := newCodec(32 << 20)
	message := new(descriptorpb.FileDescriptorProto)
	var err error
	refused := allocated(func() { err = decodeWith(c, bomb, message) })
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "131072 fields") {
		t.Errorf("%v; want INVALID_ARGUMENT with the limit", err)
	}
	if refused > len(bomb) {
		t.Errorf("to refuse %d bytes took %d", len(bomb), refused)
	}
	control := allocated(func() { err = proto.Unmarshal(bomb, message) })
	if err != nil || control < 30*len(bomb) {
		t.Errorf("the decoder alone takes %d bytes, %v; the test needs a message that it wastes memory on", control, err)
	}
	if err := decodeWith(c, emptyParts(maxFields), message); err != nil || len(message.GetMessageType()) != maxFields {
		t.Errorf("as many parts as may be: %v", err)
	}
	nested := protowire.AppendBytes([]byte{4<<3 | 2}, bytes.Repeat([]byte{3<<3 | 2, 0}, maxFields)) // one more, with its frame
	if err := decodeWith(c, nested, message); status.Code(err) != codes.InvalidArgument {
		t.Errorf("parts of a part: %v; want INVALID_ARGUMENT", err)
	}
}

// TestCodec_room: when what is being decoded takes all the room there is, a further request waits for it as long as
// its deadline lets it, a short one does not.
func TestCodec_room(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCodec(1 << 20)
		if err := c.decoding.Acquire(t.Context(), c.room); err != nil {
			t.Fatal(err)
		}
		long, err := proto.Marshal(wrapperspb.Bytes(make([]byte, 1<<19)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := received{ctx: ctx, message: new(wrapperspb.BytesValue)}
		if c.Unmarshal(mem.BufferSlice{mem.SliceBuffer(long)}, &r); status.Code(r.err) != codes.DeadlineExceeded {
			t.Errorf("%v; want DEADLINE_EXCEEDED", r.err)
		}
		if err := decodeWith(c, []byte{1<<3 | 2, 1, 'x'}, new(wrapperspb.BytesValue)); err != nil {
			t.Errorf("a short request: %v", err)
		}
		decoded := make(chan error)
		go func() { decoded <- decodeWith(c, long, new(wrapperspb.BytesValue)) }()
		synctest.Wait()
		c.decoding.Release(c.room)
		if err := <-decoded; err != nil {
			t.Errorf("after there was room: %v", err)
		}
		if !c.decoding.TryAcquire(c.room) {
			t.Error("not all room was given back")
		}
	})
}

// rawCodec sends and receives bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string                  { return "proto" }
func (rawCodec) Marshal(v any) ([]byte, error) { return v.([]byte), nil }
func (rawCodec) Unmarshal(b []byte, v any) error {
	*v.(*[]byte) = bytes.Clone(b)
	return nil
}

// TestServer_malformed: who sends what is no message is told so, whatever kind of call it is, and that is no failure
// of the server.
func TestServer_malformed(t *testing.T) {
	f := start(t, testConfig, answer)
	defer f.stop()
	for _, path := range []string{
		"/test.Service/Call", "/test.Service/Talk", "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
		"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.channelz.v1.Channelz/GetServer",
	} {
		err := f.sendRaw(t.Context(), path, []byte{0x0a, 0x05, 'A'})
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "cannot be decoded") {
			t.Errorf("%s: %v; want INVALID_ARGUMENT", path, err)
		}
	}
	if log := f.log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "panic") {
		t.Errorf("the log takes it for a failure:\n%s", log)
	}
}

// sendRaw sends bytes as the one message of a call, and returns how that ended.
func (f *fixture) sendRaw(ctx context.Context, path string, message []byte, options ...grpc.CallOption) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options = append(options, grpc.ForceCodec(rawCodec{}))
	stream, err := f.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, path, options...)
	if err != nil {
		return err
	}
	stream.SendMsg(message)
	stream.CloseSend()
	for {
		if err := stream.RecvMsg(new([]byte)); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}

// FuzzCodec: what the codec takes is what the decoder takes, unless it has too many fields, and it counts no fewer
// than there are.
func FuzzCodec(f *testing.F) {
	file := protodesc.ToFileDescriptorProto(wrapperspb.File_google_protobuf_wrappers_proto)
	seed, err := proto.Marshal(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:len(seed)/2])
	f.Add(emptyParts(shortRequest))
	f.Add(bytes.Repeat([]byte{0x0b}, 100))
	f.Add([]byte{packedMark})
	c := newCodec(1 << 20)
	f.Fuzz(func(t *testing.T, encoded []byte) {
		plain, bounded := new(descriptorpb.FileDescriptorProto), new(descriptorpb.FileDescriptorProto)
		n := c.shapes.of(plain.ProtoReflect().Descriptor()).count(encoded, 0, 0)
		want := proto.Unmarshal(encoded, plain)
		if want == nil && n <= maxFields {
			if held := fieldsOf(plain.ProtoReflect()); held > n {
				t.Errorf("%d fields were counted; the message has %d", n, held)
			}
		}
		if len(encoded) > 0 && encoded[0] == packedMark {
			decodeWith(c, encoded, bounded)
			return
		}
		got := decodeWith(c, encoded, bounded)
		if (got == nil) != (want == nil && (n <= maxFields || len(encoded) <= shortRequest)) {
			t.Fatalf("the codec says %v, the decoder %v", got, want)
		}
		if got == nil && !proto.Equal(plain, bounded) && string(mustMarshal(plain)) != string(mustMarshal(bounded)) {
			t.Error("the messages differ")
		}
	})
}

func mustMarshal(message proto.Message) []byte {
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		panic(err)
	}
	return encoded
}

// fieldsOf counts the fields that a message holds as objects of their own, those of its parts included.
func fieldsOf(message protoreflect.Message) (n int) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				n += 1 + fieldsOf(value.List().Get(i).Message())
			}
		case field.IsList() && (field.Kind() == protoreflect.StringKind || field.Kind() == protoreflect.BytesKind):
			n += value.List().Len()
		case field.IsList():
			n += value.List().Len() / packedLength
		case field.Message() != nil:
			n += 1 + fieldsOf(value.Message())
		default:
			n++
		}
		return true
	})
	return n
}
