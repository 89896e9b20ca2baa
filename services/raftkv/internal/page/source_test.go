package page

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// service is a node's service that tells how many keys it has.
type service struct {
	raftkvpb.UnimplementedRaftKVServer
	keys  uint64
	err   error
	asked chan struct{} // if not nil, told of each Stat, which ends when it is closed
	ended atomic.Bool
}

func (s *service) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	return &raftkvpb.TopologyResponse{MapVersion: s.keys}, s.err
}

func (s *service) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	if s.asked != nil {
		s.asked <- struct{}{}
		<-s.asked
		s.ended.Store(true)
	}
	return &raftkvpb.StatResponse{Keys: s.keys}, s.err
}

// serve has a service answer, and returns its address.
func serve(t *testing.T, s *service) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	raftkvpb.RegisterRaftKVServer(server, s)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// TestContract: the own node is asked in the process, others at their addresses, over connections that are kept.
func TestContract(t *testing.T) {
	var dialled []string
	source := NewContract(1, &service{keys: 10}, func(address string) (*grpc.ClientConn, error) {
		dialled = append(dialled, address)
		return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	})
	two, moved, refuses := serve(t, &service{keys: 20}), serve(t, &service{keys: 21}), serve(t, &service{err: status.Error(codes.Unauthenticated, "a token is needed")})
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for _, step := range []struct {
		id      uint64
		address string
		keys    uint64
		state   State
	}{
		{1, "nowhere", 10, Answers}, {2, two, 20, Answers}, {2, two, 20, Answers}, {2, moved, 21, Answers}, {3, refuses, 0, Unknown}, {4, gone.Addr().String(), 0, Silent},
	} {
		stat, err := source.Stat(t.Context(), &raftkvpb.Node{Id: step.id, Address: step.address})
		if state(err) != step.state || stat.GetKeys() != step.keys {
			t.Errorf("node %d at %s: %v, %v; want %d keys, %s", step.id, step.address, stat, err, step.keys, step.state)
		}
	}
	if len(dialled) != 4 {
		t.Errorf("it dialled %v; want each address of others once", dialled)
	}
	if topology, err := source.Topology(t.Context()); err != nil || topology.GetMapVersion() != 10 {
		t.Errorf("the map: %v, %v", topology, err)
	}
	source.Close()
	for id := uint64(1); id <= 3; id++ {
		if _, err := source.Stat(t.Context(), &raftkvpb.Node{Id: id, Address: two}); state(err) != Unknown {
			t.Errorf("node %d after the end: %v; want a refusal", id, err)
		}
	}
	if _, err := source.Topology(t.Context()); err == nil {
		t.Error("the map was told after the end")
	}
}

// TestContract_close: once Close has returned, nobody is in the own service, whose store may then be closed.
func TestContract_close(t *testing.T) {
	own := &service{asked: make(chan struct{})}
	source := NewContract(1, own, nil)
	go source.Stat(t.Context(), &raftkvpb.Node{Id: 1})
	<-own.asked
	time.AfterFunc(20*time.Millisecond, func() { close(own.asked) })
	source.Close()
	if !own.ended.Load() {
		t.Error("Close returned while the own service was being asked")
	}
}
