package compat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
)

// TestGossipkv_lostDisk: a server whose disk is lost gets all from the others, its own writes too, and goes on under another incarnation.
func TestGossipkv_lostDisk(t *testing.T) {
	cluster := newGossipkvCluster(t, 3)
	movers := newMovers(t, 4, cluster.addresses)
	movers.during(t, 200, func() {})
	cluster.awaitEqual(t)
	lost := cluster.servers[1]
	before := incarnation(t, dialGossipkv(t, lost.port()))
	lost.kill(t)
	if err := os.RemoveAll(lost.folder); err != nil {
		t.Fatal(err)
	}
	lost.start(t)
	if err := movers.judge(cluster.awaitEqual(t)); err != nil {
		t.Error(err)
	}
	movers.during(t, 200, func() {})
	if err := movers.judge(cluster.awaitEqual(t)); err != nil {
		t.Error(err)
	}
	if after := incarnation(t, dialGossipkv(t, lost.port())); after == before {
		t.Errorf("the incarnation is still %x", after)
	}
}

// TestGossipkv_copiedFolder: a copy of a server's folder is refused as long as the server is there. When it takes the server's place, it knows by itself that
// it may lack something: it goes on under another incarnation, gets what it lacks, and does not bring back what was deleted.
func TestGossipkv_copiedFolder(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a token of the test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster := newGossipkvCluster(t, 3, "--admin-token-file="+token)
	movers := newMovers(t, 4, cluster.addresses)
	deleted := &gossipkvpb.PutRequest{Key: []byte("deleted"), Value: []byte("in the copy")}
	if _, err := dialGossipkv(t, cluster.servers[0].port()).Put(t.Context(), deleted); err != nil {
		t.Fatal(err)
	}
	movers.during(t, 200, func() {})
	cluster.awaitEqual(t)
	original := cluster.servers[2]
	original.stop(t)
	copied := &kvProcess{executable: original.executable, folder: filepath.Join(t.TempDir(), "copy"), flags: []string{"--id=3", "--admin-token-file=" + token}}
	if err := os.CopyFS(copied.folder, os.DirFS(original.folder)); err != nil {
		t.Fatal(err)
	}
	original.start(t)
	before := incarnation(t, dialGossipkv(t, original.port()))
	if _, err := dialGossipkv(t, original.port()).Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: deleted.Key}); err != nil {
		t.Fatal(err)
	}
	movers.during(t, 200, func() {})
	cluster.awaitEqual(t)
	cluster.awaitNoTombstones(t)

	copied.start(t)
	if err := connectGossipkv(t, copied.port(), cluster.addresses[0]); status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "server 3") {
		t.Errorf("the copy is linked beside the original: %v; want FAILED_PRECONDITION, and why", err)
	}
	copied.stop(t)

	original.kill(t)
	original.folder = copied.folder
	original.start(t)
	state := cluster.awaitEqual(t)
	if err := movers.judge(state); err != nil {
		t.Error(err)
	}
	if back, there := state["deleted"]; there {
		t.Errorf("what was deleted has come back: %v", back)
	}
	if after := incarnation(t, dialGossipkv(t, original.port())); after == before {
		t.Errorf("the incarnation is still %x", after)
	}
	movers.during(t, 100, func() {})
	if err := movers.judge(cluster.awaitEqual(t)); err != nil {
		t.Error(err)
	}
}

// connectGossipkv has a server link itself to another one, with the token of the test.
func connectGossipkv(t *testing.T, port, to string) error {
	t.Helper()
	conn, err := grpc.NewClient("localhost:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer a token of the test")
	_, err = gossipkvpb.NewGossipKVAdminClient(conn).Connect(ctx, &gossipkvpb.ConnectRequest{Address: to})
	return err
}
