package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/logtest"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
)

const (
	testMaxKey   = 8
	testMaxValue = 100
)

// harness is an adapter before a node of its own, whose disk is memory.
type harness struct {
	raftkvpb.RaftKVClient
	admin    raftkvpb.RaftKVAdminClient
	server   *grpc.Server
	node     *node.Node
	stopping chan struct{} // to be closed by a test
	stopped  chan struct{} // closed when the adapter was told to stop
	log      *logtest.Buffer
	disk     sync.Mutex    // while it is held, no sync of the disk comes to an end
	appends  chan struct{} // has an element when an entry was made since it was taken out
}

// start starts a harness. What the functions do to the configuration, and to the node's options, holds from the first
// call on; nil does nothing.
func start(t testing.TB, change func(*Config), opening func(*node.Options)) *harness {
	t.Helper()
	h := &harness{stopping: make(chan struct{}), stopped: make(chan struct{}), log: new(logtest.Buffer), appends: make(chan struct{}, 1)}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	options := node.Options{
		ID: 1, Found: nodetest.Alone(1), Storage: node.Storage{Dir: "data", FS: vfs.NewMem()}, MaxInFlight: 1000, At: h.at, Logger: log,
		OnFailure: func(err error) { t.Errorf("the node has failed: %v", err) },
	}
	if opening != nil {
		opening(&options)
	}
	var err error
	h.node, err = node.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.node.Close() })
	if err := h.node.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	config := Config{
		Node:   h.node,
		MaxKey: testMaxKey, MaxValue: testMaxValue, MaxMessage: 1 << 20,
		Stopping: h.stopping, Stop: sync.OnceFunc(func() { close(h.stopped) }), Logger: log,
	}
	if change != nil {
		change(&config)
	}
	h.serve(t, config)
	return h
}

// at tells of entries, and holds up the disk.
func (h *harness) at(moment node.Moment) {
	switch moment {
	case node.BeforeAppend:
		select {
		case h.appends <- struct{}{}:
		default:
		}
	case node.AfterSync:
		h.disk.Lock()
		defer h.disk.Unlock()
	}
}

func (h *harness) serve(t testing.TB, config Config) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	h.server = grpc.NewServer(grpc.WaitForHandlers(true), grpc.ForceServerCodecV2(rpcserver.Codec(config.MaxMessage)))
	Register(h.server, config)
	go h.server.Serve(listener)
	conn, err := grpc.NewClient("passthrough:///memory",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithInitialWindowSize(1<<16), // it does not grow: what is not taken waits at the server
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		h.server.Stop()
	})
	h.RaftKVClient, h.admin = raftkvpb.NewRaftKVClient(conn), raftkvpb.NewRaftKVAdminClient(conn)
}

// Requests of the tests.

func put(key, value string) *raftkvpb.PutRequest {
	return &raftkvpb.PutRequest{Key: []byte(key), Value: []byte(value)}
}

func requestID(client string, sequence uint64) *raftkvpb.RequestId {
	return &raftkvpb.RequestId{ClientId: []byte(client), Sequence: sequence}
}

func putOperation(request *raftkvpb.PutRequest) *raftkvpb.Operation {
	return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: request}}
}

func getOperation(key string) *raftkvpb.Operation {
	return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Get{Get: &raftkvpb.GetRequest{Key: []byte(key)}}}
}

func appendOperation(key, value string, id *raftkvpb.RequestId) *raftkvpb.Operation {
	return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Append{Append: &raftkvpb.AppendRequest{
		Key: []byte(key), Value: []byte(value), RequestId: id}}}
}

// pairsOf returns all pairs that a server has, as "key=value" each.
func pairsOf(t testing.TB, client raftkvpb.RaftKVClient) (all []string) {
	t.Helper()
	stream, err := client.Scan(t.Context(), &raftkvpb.ScanRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		part, err := stream.Recv()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range part.GetPairs() {
			all = append(all, string(pair.GetKey())+"="+string(pair.GetValue()))
		}
	}
}
