package compat

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/golden"
)

func readGolden(t *testing.T) golden.File {
	t.Helper()
	file, err := golden.Read("numstore")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestWire sends the golden requests to a server as they are, byte by byte, and compares the bytes that
// it replies with: on each of the paths, on a server of its own.
func TestWire(t *testing.T) {
	eachColumn(t, sendGoldenOnPaths)
	file := readGolden(t)
	// The bytes are not only what one implementation makes of them. The reference answers one path. What cannot be
	// decoded does not come as far as the reference: gRPC for Python answers it with a status of its own.
	for i, call := range file.Calls {
		if call.Request.Malformed {
			file.Calls[i].Status = uint32(codes.Internal)
		}
	}
	t.Run("reference", func(t *testing.T) { sendGolden(t, startReference(t, python(t, "newest")), file, 0) })
}

func sendGoldenOnPaths(t *testing.T, column column) {
	file := readGolden(t)
	for i, name := range file.Methods["SetNum"].Paths {
		t.Run(path.Base(path.Dir(name)), func(t *testing.T) { sendGolden(t, column.start(t), file, i) })
	}
}

// TestRaftkv_wire is TestWire for raftkv.
func TestRaftkv_wire(t *testing.T) {
	file, err := golden.Read("raftkv")
	if err != nil {
		t.Fatal(err)
	}
	eachRaftkv(t, func(t *testing.T, open func(t *testing.T, flags ...string) restartable) {
		sendGolden(t, open(t).port(), file, 0)
	})
}

// sendGolden performs the calls of the file on the paths with a number.
func sendGolden(t *testing.T, port string, file golden.File, path int) {
	t.Helper()
	conn, err := grpc.NewClient("localhost:"+port,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{})))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // only a server that hangs takes as long
	defer cancel()
	for _, call := range file.Calls {
		var reply []byte
		err := conn.Invoke(ctx, file.Methods[call.Method].Paths[path], []byte(call.Request.Hex), &reply)
		if err := judgeReply(call, reply, err); err != nil {
			t.Errorf("%s: %v", call.Name, err)
		}
	}
}

// asIs is a codec that leaves bytes as they are.
type asIs struct{}

func (asIs) Marshal(message any) ([]byte, error) { return message.([]byte), nil }

func (asIs) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = bytes.Clone(data)
	return nil
}

func (asIs) Name() string { return "proto" }

// judgeReply says what is wrong with the answer to a golden call.
func judgeReply(call golden.Call, reply []byte, err error) error {
	switch code := status.Code(err); {
	case code != codes.Code(call.Status):
		return fmt.Errorf("the status is %v (%v); want %v", code, err, codes.Code(call.Status))
	case code != codes.OK:
		return nil
	case call.ReplyIsError && !isErrorAlone(reply):
		return fmt.Errorf("the reply is %x; want an error alone", reply)
	case !call.ReplyIsError && !bytes.Equal(reply, call.Reply.Hex):
		return fmt.Errorf("the reply is %x; want %x", reply, call.Reply.Hex)
	}
	return nil
}

// isErrorAlone says whether a FactResponse has field 3, a text that is not empty, and nothing else.
func isErrorAlone(reply []byte) bool {
	text, tagged := bytes.CutPrefix(reply, []byte{3<<3 | 2})
	length, size := binary.Uvarint(text)
	return tagged && size > 0 && length > 0 && length == uint64(len(text)-size) && utf8.Valid(text[size:])
}

// TestJudgeReply shows which answers are told from the golden ones.
func TestJudgeReply(t *testing.T) {
	var (
		hit     = golden.Call{Reply: &golden.Message{Hex: golden.Hex{0x08, 0x78, 0x10, 0x01}}}
		empty   = golden.Call{Reply: &golden.Message{}}
		failed  = golden.Call{ReplyIsError: true}
		refused = golden.Call{Status: 11}
	)
	for _, test := range []struct {
		call  golden.Call
		reply string
		err   error
		good  bool
	}{
		{hit, "08781001", nil, true},
		{hit, "0878", nil, false},
		{hit, "087810011a00", nil, false}, // an empty text is not written
		{hit, "10010878", nil, false},     // in another order
		{hit, "", status.Error(codes.Internal, "x"), false},
		{empty, "", nil, true},
		{empty, "0800", nil, false},
		{failed, "1a026e6f", nil, true},
		{failed, "", nil, false},
		{failed, "1a", nil, false},
		{failed, "1a00", nil, false},
		{failed, "1a036e6f", nil, false},     // breaks off
		{failed, "1a016e6f", nil, false},     // goes on
		{failed, "08061a026e6f", nil, false}, // a value beside it
		{failed, "1a026e6f1001", nil, false}, // a hit beside it
		{failed, "1a02ffff", nil, false},     // not UTF-8
		{failed, "22026e6f", nil, false},     // another field
		{refused, "", status.Error(codes.OutOfRange, "x"), true},
		{refused, "", status.Error(codes.Internal, "x"), false},
		{refused, "", errors.New("x"), false},
		{refused, "", nil, false},
	} {
		reply, err := hex.DecodeString(test.reply)
		if err != nil {
			t.Fatal(err)
		}
		if err := judgeReply(test.call, reply, test.err); (err == nil) != test.good {
			t.Errorf("%+v, answered by %q and %v: %v", test.call, test.reply, test.err, err)
		}
	}
}
