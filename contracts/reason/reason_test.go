package reason

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

func TestOf(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{status.Error(codes.NotFound, `no key "k"`), `no key "k"`},
		{errors.New("no status"), "no status"},
		{context.DeadlineExceeded, "context deadline exceeded"},
		{status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: dial unix /a \"b\": it is away"`), `dial unix /a "b": it is away`},
		{status.Error(codes.Unavailable, `last: connection error: desc = "transport: a", and connection error: desc = "b"`), "last: a, and b"},
		{status.Error(codes.Unavailable, `connection error: desc = "\q"`), `connection error: desc = "\q"`},
		{status.Error(codes.Unavailable, `connection error: desc = "cut of`), `connection error: desc = "cut of`},
	} {
		if got := Of(test.err); got != test.want {
			t.Errorf("%v: %s; want %s", test.err, got, test.want)
		}
	}
}

// TestOf_grpc: these are the words of the gRPC that is built in.
func TestOf_grpc(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer() // without TLS
	go server.Serve(listener)
	defer server.Stop()
	for _, test := range []struct {
		address     string
		credentials credentials.TransportCredentials
		want        string
	}{
		{"127.0.0.1:1", insecure.NewCredentials(), "dial tcp 127.0.0.1:1: "},
		{listener.Addr().String(), credentials.NewTLS(nil), "authentication handshake failed: "},
	} {
		conn, err := grpc.NewClient("passthrough:///"+test.address, grpc.WithTransportCredentials(test.credentials))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), nil)
		if got := Of(err); !strings.HasPrefix(got, test.want) {
			t.Errorf("%v: %s; want that it begins with %s", err, got, test.want)
		}
	}
}
