package inprocess

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

const one, two = "127.0.0.1:1", "127.0.0.1:2"

// client starts a server of a cluster and returns a client of it.
func client(t *testing.T, cluster *Cluster, address string) raftkvpb.RaftKVClient {
	t.Helper()
	t.Cleanup(cluster.Start(address, new(Server)))
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithContextDialer(cluster.DialContext), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return raftkvpb.NewRaftKVClient(conn)
}

func id(client byte, sequence uint64) *raftkvpb.RequestId {
	return &raftkvpb.RequestId{ClientId: bytes.Repeat([]byte{client}, 16), Sequence: sequence}
}

// TestExactlyOnce goes through what the contract says of request ids, one write after the other.
func TestExactlyOnce(t *testing.T) {
	cluster := NewCluster(1)
	c := client(t, cluster, one)
	for i, test := range []struct {
		id       *raftkvpb.RequestId
		value    string
		expected *uint64
		code     codes.Code
		previous string
		forget   bool // before it
	}{
		{id: id(1, 1), value: "a"},
		{id: id(1, 1), value: "a"}, // the same answer, and nothing else
		{id: id(1, 2), value: "b", previous: "a"},
		{id: id(1, 1), value: "a", code: codes.Aborted},
		{id: id(1, 3), value: "c", expected: proto.Uint64(9), code: codes.FailedPrecondition},
		{id: id(1, 3), value: "c", code: codes.FailedPrecondition}, // refusals are remembered
		{id: id(1, 4), value: string(make([]byte, maxValue)), code: codes.OutOfRange},
		{id: id(1, 5), value: string(make([]byte, maxValue+1)), code: codes.InvalidArgument},
		{id: id(1, 5), value: "d", previous: "ab"}, // but not those for what the request is
		{id: id(2, 2), value: "x", code: codes.NotFound},
		{id: id(2, 1), value: "e", previous: "abd"},
		{id: id(1, 6), value: "x", code: codes.NotFound, forget: true},
		{id: id(1, 0), value: "x", code: codes.InvalidArgument},
		{id: &raftkvpb.RequestId{Sequence: 1}, value: "x", code: codes.InvalidArgument},
		{value: "f", previous: "abde"},
		{value: "f", previous: "abdef"}, // without an id as often as it comes
	} {
		if test.forget {
			cluster.Forget()
		}
		r, err := c.Append(t.Context(), &raftkvpb.AppendRequest{Key: []byte("k"), Value: []byte(test.value), RequestId: test.id, ExpectedVersion: test.expected})
		if status.Code(err) != test.code || string(r.GetPrevious()) != test.previous {
			t.Errorf("write %d: %q, %.200v; want %q, %v", i, r.GetPrevious(), err, test.previous, test.code)
		}
	}
	_, err := c.Put(t.Context(), &raftkvpb.PutRequest{Key: []byte("k"), RequestId: id(3, 1)})
	if err == nil {
		_, err = c.Delete(t.Context(), &raftkvpb.DeleteRequest{Key: []byte("k"), RequestId: id(3, 1)})
	}
	if status.Code(err) != codes.InvalidArgument || cluster.Lookup("k") == nil {
		t.Errorf("another request under the same id: %v", err)
	}
}

// TestShards: each shard has versions and clients of its own, a Batch is for one of them, and who does not lead one says who does.
func TestShards(t *testing.T) {
	cluster := NewCluster(3)
	c := client(t, cluster, one)
	keys := make(map[int]string) // of each shard
	for i := range 20 {
		key := fmt.Sprint(i)
		keys[cluster.shardOf([]byte(key))] = key
	}
	put := func(key string, id *raftkvpb.RequestId) (uint64, error) {
		r, err := c.Put(t.Context(), &raftkvpb.PutRequest{Key: []byte(key), RequestId: id})
		return r.GetVersion(), err
	}
	for shard, key := range keys {
		if version, err := put(key, id(1, 1)); version != 1 || err != nil || cluster.Sessions(shard) != 1 {
			t.Errorf("first write of shard %d: version %d, %v", shard, version, err)
		}
	}
	if _, err := put(keys[0], id(1, 2)); err != nil {
		t.Error(err)
	}
	if _, err := put(keys[1], id(1, 3)); err != nil { // a client may leave out numbers, but a shard knows only its own
		t.Error(err)
	}
	write := func(key string) *raftkvpb.Write {
		return &raftkvpb.Write{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{Key: []byte(key)}}}
	}
	if _, err := c.Batch(t.Context(), &raftkvpb.BatchRequest{Writes: []*raftkvpb.Write{write(keys[0]), write(keys[1])}}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("Batch of two shards: %v; want INVALID_ARGUMENT", err)
	}
	cluster.Lead(1, two)
	_, err := put(keys[1], nil)
	details := status.Convert(err).Details()
	if status.Code(err) != codes.Unavailable || len(details) != 1 || details[0].(*raftkvpb.Redirect).GetLeader() != two || details[0].(*raftkvpb.Redirect).GetShard() != 1 {
		t.Errorf("write to a shard that another server leads: %v, %v", err, details)
	}
	if _, err := put(keys[2], nil); err != nil {
		t.Errorf("write to another shard: %v", err)
	}
	topology, err := c.Topology(t.Context(), &raftkvpb.TopologyRequest{})
	if err != nil || len(topology.GetShards()) != 3 || topology.GetNodes()[0].GetAddress() != one {
		t.Errorf("Topology: %v, %v", topology, err)
	}
}

// TestBatch_refused leaves nothing of itself.
func TestBatch_refused(t *testing.T) {
	cluster := NewCluster(1)
	c := client(t, cluster, one)
	put := func(expected *uint64) *raftkvpb.Write {
		return &raftkvpb.Write{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{Key: []byte("k"), ExpectedVersion: expected}}}
	}
	for range 2 { // the second is answered from memory
		_, err := c.Batch(t.Context(), &raftkvpb.BatchRequest{RequestId: id(1, 1), Writes: []*raftkvpb.Write{put(nil), put(proto.Uint64(9))}})
		if want := "write 1 of the batch: "; status.Code(err) != codes.FailedPrecondition || !bytes.HasPrefix([]byte(status.Convert(err).Message()), []byte(want)) || cluster.Lookup("k") != nil {
			t.Errorf("%v, and the key has %v; want FAILED_PRECONDITION of write 1, and no key", err, cluster.Lookup("k"))
		}
	}
	if r, err := c.Batch(t.Context(), &raftkvpb.BatchRequest{RequestId: id(1, 2), Writes: []*raftkvpb.Write{put(nil)}}); err != nil || r.GetResults()[0].GetPut().GetVersion() != 1 {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := c.Batch(t.Context(), &raftkvpb.BatchRequest{}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("empty Batch: %v", err)
	}
}

func TestScan(t *testing.T) {
	cluster := NewCluster(2)
	c := client(t, cluster, one)
	for _, key := range []string{"a", "ab", "b", "c", "d"} {
		cluster.Set([]byte(key), []byte(key))
	}
	for _, test := range []struct {
		request *raftkvpb.ScanRequest
		want    string
	}{
		{&raftkvpb.ScanRequest{}, "[a ab b c d] OK"},
		{&raftkvpb.ScanRequest{Prefix: []byte("a")}, "[a ab] OK"},
		{&raftkvpb.ScanRequest{Start: []byte("ab"), End: []byte("c")}, "[ab b] OK"},
		{&raftkvpb.ScanRequest{Start: []byte("c"), End: []byte("b")}, "[] OK"},
		{&raftkvpb.ScanRequest{Limit: 3, KeysOnly: true}, "[a ab b] OK"},
		{&raftkvpb.ScanRequest{ResumeAfter: []byte("b")}, "[c d] OK"},
		{&raftkvpb.ScanRequest{Shard: new(uint32(0))}, "[d] OK"},
		{&raftkvpb.ScanRequest{Shard: new(uint32(1)), Limit: 3}, "[a ab b] OK"},
		{&raftkvpb.ScanRequest{Shard: new(uint32(2))}, "[] InvalidArgument"},
		{&raftkvpb.ScanRequest{Prefix: []byte("a"), Start: []byte("a")}, "[] InvalidArgument"},
		{&raftkvpb.ScanRequest{End: make([]byte, 2*maxKey+1)}, "[] InvalidArgument"},
	} {
		if got := scan(t.Context(), c, test.request); got != test.want {
			t.Errorf("%v: %s; want %s", test.request, got, test.want)
		}
	}
}

// scan returns the keys that a Scan shows, and how it ends.
func scan(ctx context.Context, c raftkvpb.RaftKVClient, request *raftkvpb.ScanRequest) string {
	stream, err := c.Scan(ctx, request)
	var keys []string
	for err == nil {
		var response *raftkvpb.ScanResponse
		response, err = stream.Recv()
		for _, pair := range response.GetPairs() {
			keys = append(keys, string(pair.GetKey()))
			if len(pair.GetValue()) > 0 == request.GetKeysOnly() {
				return fmt.Sprint("wrong value of ", pair)
			}
		}
	}
	if err == io.EOF {
		err = nil
	}
	return fmt.Sprint(keys, " ", status.Code(err))
}
