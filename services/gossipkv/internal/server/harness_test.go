package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/internal/logtest"
	"numstore.example/services/internal/rpcserver"
)

const (
	testMaxKey   = 8
	testMaxValue = 100
)

// harness is an adapter before a node of its own, whose disk is memory, and whose links a test makes up.
type harness struct {
	gossipkvpb.GossipKVClient
	admin   gossipkvpb.GossipKVAdminClient
	server  *grpc.Server
	node    *node.Node
	links   *transport
	stopped chan struct{} // closed when the adapter was told to stop
	log     *logtest.Buffer
}

// start starts a harness. What the functions do to the configuration, and to the node's options, holds from the first
// call on; nil does nothing.
func start(t testing.TB, change func(*Config), opening func(*node.Options)) *harness {
	t.Helper()
	h := &harness{links: new(transport), stopped: make(chan struct{}), log: new(logtest.Buffer)}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	options := node.Options{Server: 1, Logger: log, OnFailure: func(err error) { t.Errorf("the node has failed: %v", err) }}
	options.Storage.Dir, options.Storage.FS = "data", vfs.NewMem()
	if opening != nil {
		opening(&options)
	}
	var err error
	h.node, err = node.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.node.Close() })
	h.node.Start(h.links)
	config := Config{
		Node: h.node, MaxKey: testMaxKey, MaxValue: testMaxValue,
		Admin: rpcserver.Admin{Tokens: []string{"secret"}}, Stop: sync.OnceFunc(func() { close(h.stopped) }), Logger: log,
	}
	if change != nil {
		change(&config)
	}
	h.serve(t, config)
	return h
}

func (h *harness) serve(t testing.TB, config Config) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	h.server = grpc.NewServer(grpc.WaitForHandlers(true), grpc.ForceServerCodecV2(rpcserver.Codec(1<<21)))
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
	h.GossipKVClient, h.admin = gossipkvpb.NewGossipKVClient(conn), gossipkvpb.NewGossipKVAdminClient(conn)
}

// operator is a context with the right to administrative calls.
func operator(t testing.TB) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer secret")
}

// put sets a key, for a session that has seen a time.
func (h *harness) put(t testing.TB, key, value string, seen uint64) *gossipkvpb.Version {
	t.Helper()
	response, err := h.Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte(key), Value: []byte(value), SessionTime: seen})
	if err != nil {
		t.Fatal(err)
	}
	return response.GetVersion()
}

// get gets a key, for a session that has seen a version.
func (h *harness) get(t testing.TB, key string, seen *gossipkvpb.Version) *gossipkvpb.GetResponse {
	t.Helper()
	response, err := h.Get(t.Context(), &gossipkvpb.GetRequest{Key: []byte(key), Seen: seen})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// dump returns the messages of a dump.
func (h *harness) dump(t testing.TB, request *gossipkvpb.DumpRequest) (parts []*gossipkvpb.DumpResponse, err error) {
	t.Helper()
	stream, err := h.Dump(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	for {
		part, err := stream.Recv()
		if err == io.EOF {
			return parts, nil
		}
		if err != nil {
			return parts, err
		}
		parts = append(parts, part)
	}
}

// transport is links that a test has made up.
type transport struct {
	mu    sync.Mutex
	all   []node.Link
	err   error    // of Connect and Disconnect
	calls []string // of them
}

func (*transport) Send(merge.ServerID, node.Message) bool { return false }

func (l *transport) Connect(_ context.Context, address string) (merge.ServerID, error) {
	return 2, l.called("connect " + address)
}

func (l *transport) HangUp(merge.ServerID) {}

func (l *transport) Disconnect(_ context.Context, server merge.ServerID, address string) error {
	if server != 0 {
		return l.called(fmt.Sprintf("disconnect %d", server))
	}
	return l.called("disconnect " + address)
}

func (l *transport) Links() []node.Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

func (l *transport) called(call string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, call)
	return l.err
}

// told returns what it was told to do.
func (l *transport) told() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

func (l *transport) set(err error, links ...node.Link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err, l.all = err, links
}
