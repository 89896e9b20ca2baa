package raftkv

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// TestCalls makes every call once or twice, and reads what it did.
func TestCalls(t *testing.T) {
	ctx := t.Context()
	c := serve(t, new(inprocess.Server))
	key, missing := []byte("k"), []byte("missing")

	put, err := c.Put(ctx, key, []byte("a"), ExpectVersion(0))
	if err != nil || put.Existed || put.Version != 1 {
		t.Fatalf("first Put: %+v, %v", put, err)
	}
	put, err = c.Put(ctx, key, []byte("b"), ReturnPrevious(), ExpectVersion(1))
	if err != nil || !put.Existed || put.Version != 2 || string(put.Previous) != "a" {
		t.Errorf("second Put: %+v, %v", put, err)
	}
	if put, err = c.Put(ctx, key, []byte("c"), ExpectVersion(1)); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("Put that expects an old version: %+v, %v; want FAILED_PRECONDITION", put, err)
	}
	appended, err := c.Append(ctx, key, []byte("c"))
	if err != nil || !appended.Existed || string(appended.Previous) != "b" || appended.Version != 3 {
		t.Errorf("Append: %+v, %v", appended, err)
	}
	if _, err = c.Append(ctx, key, []byte("d"), ExpectVersion(1)); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("Append that expects an old version: %v; want FAILED_PRECONDITION", err)
	}
	value, err := c.Get(ctx, key)
	if err != nil || !value.Found || string(value.Value) != "bc" || value.Version != 3 {
		t.Errorf("Get: %+v, %v", value, err)
	}
	deleted, err := c.Delete(ctx, key, ReturnPrevious())
	if err != nil || !deleted.Existed || string(deleted.Previous) != "bc" {
		t.Errorf("Delete: %+v, %v", deleted, err)
	}
	if deleted, err = c.Delete(ctx, missing, ExpectVersion(7)); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("Delete that expects a version: %+v, %v; want FAILED_PRECONDITION", deleted, err)
	}
	if value, err = c.Get(ctx, missing); err != nil || value.Found {
		t.Errorf("Get of a missing key: %+v, %v", value, err)
	}
	if _, err = c.Put(ctx, nil, nil); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "did not happen") {
		t.Errorf("Put without a key: %v; want INVALID_ARGUMENT, which did not happen", err)
	}
	if stat, err := c.Stat(ctx); err != nil || stat.GetKeys() != 0 || stat.GetSessions() != 1 {
		t.Errorf("Stat: %v, %v; want no keys, and the one session of one goroutine", stat, err)
	}
	if topology, err := c.Topology(ctx); err != nil || topology.GetMapVersion() != 1 {
		t.Errorf("Topology: %v, %v", topology, err)
	}
}

func TestBatch(t *testing.T) {
	c := serve(t, new(inprocess.Server))
	write := func(key string, expected *uint64) *raftkvpb.Write {
		return &raftkvpb.Write{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{Key: []byte(key), ExpectedVersion: expected}}}
	}
	results, err := c.Batch(t.Context(), write("a", nil), write("a", nil))
	if err != nil || len(results) != 2 || results[0].GetPut().GetExisted() || !results[1].GetPut().GetExisted() {
		t.Errorf("Batch: %v, %v", results, err)
	}
	results, err = c.Batch(t.Context(), write("b", nil), write("a", proto.Uint64(99)))
	if status.Code(err) != codes.FailedPrecondition || len(results) != 0 {
		t.Errorf("Batch with a wrong version: %v, %v; want FAILED_PRECONDITION", results, err)
	}
	if b, err := c.Get(t.Context(), []byte("b")); b.Found || err != nil {
		t.Errorf("a Batch that was refused left %+v, %v", b, err)
	}
}

// TestLargeValues sends values up to the contract's limit, which travel alone, and gets them back.
func TestLargeValues(t *testing.T) {
	f := new(inprocess.Server)
	c := serve(t, f)
	value := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB
	if _, err := c.Put(t.Context(), []byte("k"), value[:9<<20]); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Append(t.Context(), []byte("k"), value[9<<20:]); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Get(t.Context(), []byte("k")); err != nil || !bytes.Equal(got.Value, value) {
		t.Errorf("got %d bytes, %v", len(got.Value), err)
	}
	if want := []string{"Put", "Append"}; !slices.Equal(f.Alone(), want) {
		t.Errorf("calls of their own: %v; want %v", f.Alone(), want)
	}
}

func TestDial_misuse(t *testing.T) {
	if c, err := Dial(nil); err == nil {
		t.Errorf("Dial without a server: %v", c)
	}
	if c, err := Dial([]string{one}); err == nil || !strings.Contains(fmt.Sprint(err), "credentials") {
		t.Errorf("Dial without credentials: %v, %v", c, err)
	}
	for _, none := range []string{"", "localhost", "localhost:x", "a b:1", "http://localhost:1", "unix:"} {
		c, err := Dial([]string{one, none}, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err == nil {
			c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", none)) {
			t.Errorf("Dial with the server %q: %v; want an error that names it", none, err)
		}
	}
}

// TestDial_spellings: blanks around an address do not count, a socket is an address, and so is a target of gRPC.
func TestDial_spellings(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	for network, name := range map[string]string{"unix": socket, "tcp": "localhost:0"} {
		listener, err := net.Listen(network, name)
		if err != nil {
			t.Fatal(err)
		}
		server := grpc.NewServer()
		inprocess.NewCluster(1).Register(server, "", new(inprocess.Server))
		go server.Serve(listener)
		defer server.Stop()
		texts := []string{"unix:" + socket, " unix://" + socket}
		if network == "tcp" {
			texts = []string{" " + listener.Addr().String() + " ", "passthrough:///" + listener.Addr().String()}
		}
		for _, text := range texts {
			c, err := Dial([]string{text}, grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil {
				t.Errorf("the server %q: %v", text, err)
			}
			c.Close()
		}
	}
}
