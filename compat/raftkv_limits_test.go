package compat

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

const maxValue = 16 << 20 // bytes, unless the server is told otherwise

func put(key string, value []byte) *raftkvpb.Operation {
	return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: &raftkvpb.PutRequest{Key: []byte(key), Value: value}}}
}

func appendTo(key string, value []byte) *raftkvpb.Operation {
	return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Append{Append: &raftkvpb.AppendRequest{Key: []byte(key), Value: value}}}
}

func get(key string) *raftkvpb.Operation {
	return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Get{Get: &raftkvpb.GetRequest{Key: []byte(key)}}}
}

// TestRaftkv_sizes goes up to the limits and one byte beyond, with calls of their own and on pipelines.
func TestRaftkv_sizes(t *testing.T) {
	longest := strings.Repeat("k", 1024)
	largest := bytes.Repeat([]byte("0123456789abcdef"), maxValue/16)
	tooLarge := append(bytes.Clone(largest), 'x')
	steps := []struct {
		name      string
		operation *raftkvpb.Operation
		code      codes.Code
		says      []string
		value     []byte // of a Get
	}{
		{"the longest key", put(longest, []byte("v")), codes.OK, nil, nil},
		{"it is there", get(longest), codes.OK, nil, []byte("v")},
		{"a longer key", put(longest+"k", nil), codes.InvalidArgument, []string{"1025", "1024", "--max-key"}, nil},
		{"a longer key, to get", get(longest + "k"), codes.InvalidArgument, []string{"1025", "1024", "--max-key"}, nil},
		{"no key", put("", nil), codes.InvalidArgument, []string{"the key is empty"}, nil},
		{"no key, to get", get(""), codes.InvalidArgument, []string{"the key is empty"}, nil},
		{"an empty value", put("empty", nil), codes.OK, nil, nil},
		{"it is there", get("empty"), codes.OK, nil, []byte{}},
		{"the largest value", put("large", largest), codes.OK, nil, nil},
		{"it is there", get("large"), codes.OK, nil, largest},
		{"a larger value", put("large", tooLarge), codes.InvalidArgument, []string{"16777217", "16777216", "--max-value"}, nil},
		{"a larger value to append", appendTo("new", tooLarge), codes.InvalidArgument, []string{"16777217", "16777216"}, nil},
		{"a byte more", appendTo("large", []byte("x")), codes.OutOfRange, []string{"16777217", "16777216", "nothing was changed"}, nil},
		{"the largest in two halves", appendTo("halves", largest[:maxValue/2]), codes.OK, nil, nil},
		{"the other half", appendTo("halves", largest[maxValue/2:]), codes.OK, nil, nil},
		{"they are there", get("halves"), codes.OK, nil, largest},
		{"the largest is still there", get("large"), codes.OK, nil, largest},
	}
	for name, send := range map[string]sender{"unary": sendSingly, "pipeline": sendOnPipeline} {
		t.Run(name, func(t *testing.T) {
			client := dialRaftkv(t, newKVProcess(t, "--log-level=warn").port())
			for _, step := range steps {
				answer, err := send(t.Context(), client, step.operation)
				if status.Code(err) != step.code {
					t.Fatalf("%s: %v; want %v", step.name, err, step.code)
				}
				for _, part := range step.says {
					if message := status.Convert(err).Message(); !strings.Contains(message, part) || len(message) > 300 {
						t.Errorf("%s: the message %.300q does not say %q", step.name, message, part)
					}
				}
				if got := answer.GetGet(); step.value != nil && (!got.GetFound() || !bytes.Equal(got.GetValue(), step.value)) {
					t.Errorf("%s: there are %d bytes (found: %t); want %d", step.name, len(got.GetValue()), got.GetFound(), len(step.value))
				}
			}
		})
	}
}

// TestRaftkv_batchSizes: a batch has 1 to 10000 writes.
func TestRaftkv_batchSizes(t *testing.T) {
	client := dialRaftkv(t, newKVProcess(t, "--log-level=warn").port())
	batch := &raftkvpb.BatchRequest{}
	for i := range 10000 {
		batch.Writes = append(batch.Writes, &raftkvpb.Write{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{Key: []byte{byte(i >> 8), byte(i), 1}}}})
	}
	if reply, err := client.Batch(t.Context(), batch); err != nil || len(reply.GetResults()) != 10000 {
		t.Errorf("of 10000 writes: %d results, %v", len(reply.GetResults()), err)
	}
	batch.Writes = append(batch.Writes, batch.Writes[0])
	_, err := client.Batch(t.Context(), batch)
	if message := status.Convert(err).Message(); status.Code(err) != codes.InvalidArgument || !strings.Contains(message, "10001") || !strings.Contains(message, "10000") {
		t.Errorf("of 10001 writes: %v", err)
	}
	if held := scanAll(t, client); len(held) != 10000 {
		t.Errorf("there are %d keys; want 10000", len(held))
	}
}

// TestRaftkv_badMessages: what is no message, or too large a one, ends its call and nothing else.
func TestRaftkv_badMessages(t *testing.T) {
	eachRaftkv(t, func(t *testing.T, open func(t *testing.T, flags ...string) restartable) {
		port := open(t, "--log-level=error", "--max-message=2097152", "--max-value=65536").port()
		raw, err := grpc.NewClient("localhost:"+port,
			grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{})))
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		client := dialRaftkv(t, port)
		if _, err := sendSingly(t.Context(), client, put("A", []byte("kept"))); err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{"Get", "Put", "Append", "Delete", "Batch", "Scan", "Pipeline"} {
			for name, test := range map[string]struct {
				message []byte
				code    codes.Code
				says    string
			}{
				"breaks off":  {[]byte{0x0a, 0x05, 'A'}, codes.InvalidArgument, "cannot be decoded"},
				"field 0":     {[]byte{0x00, 0x00}, codes.InvalidArgument, "cannot be decoded"},
				"a bad group": {[]byte{0x0b}, codes.InvalidArgument, "cannot be decoded"},
				"too large":   {make([]byte, 2097153), codes.ResourceExhausted, "2097152"},
			} {
				err := sendRaw(t.Context(), raw, "/raftkv.v1.RaftKV/"+method, test.message)
				if status.Code(err) != test.code || !strings.Contains(status.Convert(err).Message(), test.says) {
					t.Errorf("%s, a message that %s: %v; want %v", method, name, err, test.code)
				}
			}
		}
		if answer, err := sendSingly(t.Context(), client, get("A")); err != nil || string(answer.GetGet().GetValue()) != "kept" {
			t.Errorf("after that, A is %v, %v", answer, err)
		}
	})
}

// sendRaw sends bytes as the one message of a call, and returns how that ended.
func sendRaw(ctx context.Context, conn *grpc.ClientConn, method string, message []byte, options ...grpc.CallOption) error {
	stream, err := conn.NewStream(ctx, frames, method, options...)
	if err != nil {
		return err
	}
	stream.SendMsg(message)
	stream.CloseSend()
	for {
		var reply []byte
		if err := stream.RecvMsg(&reply); err != nil {
			return ended(err)
		}
	}
}
