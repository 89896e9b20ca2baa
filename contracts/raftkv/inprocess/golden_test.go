package inprocess

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"numstore.example/contracts/golden"
)

// TestGolden makes the calls of the golden file, which a test of compat makes to the real server: both answer alike. The
// administrative ones are not there.
func TestGolden(t *testing.T) {
	file, err := golden.Read("raftkv")
	if err != nil {
		t.Fatal(err)
	}
	conn := alone(t)
	made := 0
	for _, call := range file.Calls {
		method := file.Methods[call.Method]
		if strings.Contains(method.Paths[0], "Admin/") {
			continue
		}
		made++
		request, reply, want := message(t, method.Request), message(t, method.Reply), message(t, method.Reply)
		if err := proto.Unmarshal(call.Request.Hex, request); err != nil {
			t.Fatal(err)
		}
		if call.Reply != nil {
			if err := proto.Unmarshal(call.Reply.Hex, want); err != nil {
				t.Fatal(err)
			}
		}
		err := conn.Invoke(t.Context(), method.Paths[0], request, reply)
		if uint32(status.Code(err)) != call.Status || !proto.Equal(reply, want) {
			t.Errorf("%s: %v, %v; want %v with status %d", call.Name, reply, err, want, call.Status)
		}
	}
	if made < 10 {
		t.Errorf("%d calls were made; the golden file has more", made)
	}
}

// alone starts a server alone, which does not know its address, and connects with it.
func alone(t *testing.T) *grpc.ClientConn {
	listener, server := bufconn.Listen(1<<20), grpc.NewServer()
	NewCluster(1).Register(server, "", new(Server))
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///alone", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// message returns an empty message of a type of the contract.
func message(t *testing.T, name string) proto.Message {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		t.Fatal(err)
	}
	return typ.New().Interface()
}
