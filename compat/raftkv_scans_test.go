package compat

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// TestRaftkv_deafScans: scans with values of a megabyte that nobody takes do not lock others out of Scan and Backup,
// and what they hold fits into a small container.
func TestRaftkv_deafScans(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "400MiB")
	server := newKVProcess(t, "--log-level=warn", "--admin-token=secret", "--scan-timeout=2s")
	client := dialRaftkv(t, server.port())
	for i := range 64 {
		if _, err := sendSingly(t.Context(), client, put(fmt.Sprintf("%03d", i), bytes.Repeat([]byte("x"), mebibyte))); err != nil {
			t.Fatal(err)
		}
	}
	peak := watchMemory(t, server.server.PID())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range 5 {
		scanDeafly(ctx, t, dialFrom(t, fmt.Sprintf("127.0.0.%d", i+2), server.port()), 100)
	}
	if err := takeBackup(t.Context(), dialAdmin(t, server.port())); err != nil {
		t.Errorf("a backup beside all scans: %v", err)
	}
	for {
		n := 0
		err := scan(t.Context(), client, &raftkvpb.ScanRequest{}, func(*raftkvpb.Pair) { n++ })
		if err == nil && n == 64 {
			break
		}
		if status.Code(err) != codes.ResourceExhausted {
			t.Fatalf("another client's scan has %d pairs, %v", n, err)
		}
	}
	t.Logf("the server has taken at most %d MiB", peak()/mebibyte)
	if most := 512 * mebibyte; peak() > most {
		t.Errorf("want at most %d MiB", most/mebibyte)
	}
}

// scanDeafly starts so many scans and takes nothing of them.
func scanDeafly(ctx context.Context, t *testing.T, client raftkvpb.RaftKVClient, n int) {
	t.Helper()
	for range n {
		if _, err := client.Scan(ctx, &raftkvpb.ScanRequest{}); err != nil {
			t.Fatal(err)
		}
	}
}

// dialFrom connects from an address of this machine, which the server takes for another machine.
func dialFrom(t *testing.T, from, port string) raftkvpb.RaftKVClient {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := grpc.NewClient("passthrough:///127.0.0.1:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", addr) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return raftkvpb.NewRaftKVClient(conn)
}

func dialAdmin(t *testing.T, port string) raftkvpb.RaftKVAdminClient {
	t.Helper()
	conn, err := grpc.NewClient("localhost:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return raftkvpb.NewRaftKVAdminClient(conn)
}

func takeBackup(ctx context.Context, client raftkvpb.RaftKVAdminClient) error {
	stream, err := client.Backup(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer secret"), &raftkvpb.BackupRequest{})
	for err == nil {
		_, err = stream.Recv()
	}
	if err == io.EOF {
		return nil
	}
	return err
}
