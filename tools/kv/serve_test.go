package main

import (
	"bytes"
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// service is a server alone, with administrative calls. It refuses keys that begin with "refused".
type service struct {
	inprocess.Server
	*inprocess.Cluster
	admin
	scanned error // what a Scan ends with, after all its pairs
}

// newService returns a service with no keys.
func newService() *service {
	s := &service{Cluster: inprocess.NewCluster(1)}
	s.Refuse = func(o *raftkvpb.Operation) *raftkvpb.Error {
		if bytes.HasPrefix(o.GetPut().GetKey(), []byte("refused")) || bytes.HasPrefix(o.GetDelete().GetKey(), []byte("refused")) {
			return &raftkvpb.Error{Code: int32(codes.InvalidArgument), Message: "not this key"}
		}
		return nil
	}
	s.BreakScan = func(_ context.Context, _, left int) error {
		if left == 0 {
			return s.scanned
		}
		return nil
	}
	return s
}

// withBackup returns a service whose Backup has these parts.
func withBackup(parts ...string) *service {
	s := newService()
	s.backup = parts
	return s
}

// serve has a service answer on a free port of this machine and returns the flag that names it.
func serve(t *testing.T, s *service) (flag string) {
	t.Helper()
	return listen(t, s, "tcp", "localhost:0")
}

// listen has a service answer on an address and returns the flag that names it.
func listen(t *testing.T, s *service, network, name string, options ...grpc.ServerOption) (flag string) {
	t.Helper()
	server := newServer(t, options...)
	s.Register(server, "", &s.Server)
	raftkvpb.RegisterRaftKVAdminServer(server, &s.admin)
	return answer(t, server, network, name)
}

// pictured is a node of a cluster that there is not. It tells of the cluster and of itself, notes administrative calls, and
// answers nothing else.
type pictured struct {
	raftkvpb.UnimplementedRaftKVServer
	admin
	topology *raftkvpb.TopologyResponse
	stat     *raftkvpb.StatResponse // nil: it refuses to tell
	hangs    bool                   // it says nothing of itself
}

// servePictured returns the flag that names a server which tells of a cluster. Its other node does not run.
func servePictured(t *testing.T) (flag string) {
	t.Helper()
	return "--servers=" + (&pictured{
		topology: &raftkvpb.TopologyResponse{
			ClusterId: []byte("0123456789abcdef"), MapVersion: 7, Placement: raftkvpb.Placement_PLACEMENT_HASH,
			Nodes:  []*raftkvpb.Node{{Id: 1}, {Id: 2, Address: "127.0.0.1:1"}},
			Shards: []*raftkvpb.Shard{{Replicas: []uint64{1, 2}, Leader: 2}, {Shard: 1, Replicas: []uint64{2}}},
		},
		stat: &raftkvpb.StatResponse{
			StartTime: pictureTime, Keys: 42, Limits: &raftkvpb.Limits{Key: 1024},
			Shards: []*raftkvpb.ShardStat{{Role: raftkvpb.Role_ROLE_LEADER, Leader: 1, Term: 3, AppliedIndex: 99}}, Version: "v1.4.0",
		},
	}).serve(t)
}

var pictureTime = timestamppb.New(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))

// serve returns the address on which the node answers.
func (p *pictured) serve(t *testing.T) (address string) {
	t.Helper()
	server := newServer(t)
	raftkvpb.RegisterRaftKVServer(server, p)
	raftkvpb.RegisterRaftKVAdminServer(server, &p.admin)
	return strings.TrimPrefix(answer(t, server, "tcp", "localhost:0"), "--servers=")
}

func (p *pictured) Stat(ctx context.Context, _ *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	if p.hangs {
		<-ctx.Done()
	}
	if p.stat == nil {
		return nil, status.Error(codes.PermissionDenied, "not for you")
	}
	return p.stat, nil
}

func (p *pictured) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	return p.topology, nil
}

// newServer returns a gRPC server that stops at the end of the test.
func newServer(t *testing.T, options ...grpc.ServerOption) *grpc.Server {
	server := grpc.NewServer(append(options, grpc.MaxRecvMsgSize(17<<20))...)
	t.Cleanup(server.Stop)
	return server
}

// answer has a gRPC server answer on an address and returns the flag that names it.
func answer(t *testing.T, server *grpc.Server, network, name string) (flag string) {
	t.Helper()
	listener, err := net.Listen(network, name)
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	if network == "unix" {
		return "--servers=unix:" + name
	}
	return "--servers=" + listener.Addr().String()
}

// admin is the administrative calls of a service, which only notes them.
type admin struct {
	raftkvpb.UnimplementedRaftKVAdminServer
	backup []string                                                                  // the parts of a Backup
	backed error                                                                     // what a Backup ends with
	back   func(*raftkvpb.BackupRequest, func(*raftkvpb.BackupResponse) error) error // a Backup instead
	silent bool                                                                      // a Backup says nothing more after its parts
	token  string                                                                    // which the calls must have

	mu   sync.Mutex
	done []string // the calls
}

// admit notes a call, and refuses it without the token.
func (a *admin) admit(ctx context.Context, call string) error {
	header, _ := metadata.FromIncomingContext(ctx)
	if a.token != "" && !slices.Equal(header.Get("authorization"), []string{"Bearer " + a.token}) {
		return status.Error(codes.Unauthenticated, "the wrong token")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done = append(a.done, call)
	return nil
}

func (a *admin) Shutdown(ctx context.Context, r *raftkvpb.ShutdownRequest) (*raftkvpb.ShutdownResponse, error) {
	if r.GetAll() {
		return new(raftkvpb.ShutdownResponse), a.admit(ctx, "shutdown all")
	}
	return new(raftkvpb.ShutdownResponse), a.admit(ctx, "shutdown")
}

func (a *admin) Compact(ctx context.Context, _ *raftkvpb.CompactRequest) (*raftkvpb.CompactResponse, error) {
	return new(raftkvpb.CompactResponse), a.admit(ctx, "compact")
}

func (a *admin) Backup(request *raftkvpb.BackupRequest, stream grpc.ServerStreamingServer[raftkvpb.BackupResponse]) error {
	if err := a.admit(stream.Context(), "backup"); err != nil {
		return err
	}
	if a.back != nil {
		return a.back(request, stream.Send)
	}
	for _, part := range a.backup {
		if err := stream.Send(&raftkvpb.BackupResponse{Chunk: []byte(part)}); err != nil {
			return err
		}
	}
	if a.silent {
		<-stream.Context().Done()
	}
	return a.backed
}

// nobody is the flag of an address where nothing listens.
const nobody = "--servers=127.0.0.1:1"
