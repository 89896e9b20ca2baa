package inprocess

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"numstore.example/contracts/golden"
)

// TestGolden makes the calls of the golden file, which a test of compat makes to the real server: both answer alike. The
// administrative ones are not there.
func TestGolden(t *testing.T) {
	file, err := golden.Read("raftkv")
	if err != nil {
		t.Fatal(err)
	}
	conn, made := alone(t), 0
	for _, call := range file.Calls {
		if strings.Contains(file.Methods[call.Method].Paths[0], "Admin/") {
			continue
		}
		made++
		if err := file.Make(t.Context(), conn, call); err != nil {
			t.Error(err)
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
