package server

import (
	"bufio"
	"context"
	"errors"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
)

// admin implements the contract's administrative service.
type admin struct {
	raftkvpb.UnimplementedRaftKVAdminServer
	*adapter
}

// Shutdown implements the contract. A server alone is all of its cluster.
func (a *admin) Shutdown(ctx context.Context, _ *raftkvpb.ShutdownRequest) (*raftkvpb.ShutdownResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	a.Logger.Info("told to shut down")
	a.Stop()
	return &raftkvpb.ShutdownResponse{}, nil
}

// Backup implements the contract.
func (a *admin) Backup(_ *raftkvpb.BackupRequest, stream grpc.ServerStreamingServer[raftkvpb.BackupResponse]) error {
	if err := a.Admin.Check(stream.Context()); err != nil {
		return err
	}
	asked, err := a.routes.scanned(nil)
	if err != nil {
		return err
	}
	if len(asked) > 1 {
		return status.Errorf(codes.Unimplemented, "the cluster has %d shards, and a backup is of one so far; kv scan --output json writes the pairs of all, for kv import", len(asked))
	}
	if err := a.places.enterBackup(); err != nil {
		return err
	}
	defer a.places.leaveBackup()
	out := bufio.NewWriterSize(chunks{stream}, scanChunk)
	err = asked[0].group.Backup(stream.Context(), out)
	if err == nil {
		err = out.Flush()
	}
	return a.readStatus(err, asked[0].shard)
}

// chunks sends what is written to it.
type chunks struct {
	stream grpc.ServerStreamingServer[raftkvpb.BackupResponse]
}

func (c chunks) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		n := min(len(rest), scanChunk)
		if err := c.stream.Send(&raftkvpb.BackupResponse{Chunk: rest[:n]}); err != nil {
			return len(b) - len(rest), err
		}
		rest = rest[n:]
	}
	return len(b), nil
}

// Compact implements the contract.
func (a *admin) Compact(ctx context.Context, _ *raftkvpb.CompactRequest) (*raftkvpb.CompactResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	if err := a.Node.Compact(ctx); errors.Is(err, node.ErrFull) || errors.Is(err, syscall.ENOSPC) {
		return nil, status.Errorf(codes.Unavailable, "%v; make some room outside of the store", err)
	} else if err != nil {
		return nil, wire.ReadStatus(err, nil) // which is no redirect
	}
	return &raftkvpb.CompactResponse{}, nil
}
