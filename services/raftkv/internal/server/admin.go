package server

import (
	"context"
	"errors"
	"syscall"

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
