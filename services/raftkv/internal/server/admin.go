package server

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/contracts/token"
	"numstore.example/services/raftkv/internal/server/wire"
	"numstore.example/services/raftkv/internal/storage"
)

// Admin says who may make administrative calls. The zero Admin allows nobody.
type Admin struct {
	Tokens []string // whoever sends one of these
	MTLS   bool     // whoever has a client certificate that the server has verified
}

// check returns the status for a caller who may not.
func (a Admin) check(ctx context.Context) error {
	if len(a.Tokens) == 0 && !a.MTLS {
		return status.Error(codes.PermissionDenied,
			"administrative calls are off; start the server with --admin-token-file or --admin-mtls to allow them")
	}
	if a.MTLS && verified(ctx) {
		return nil
	}
	if len(a.Tokens) == 0 {
		return status.Error(codes.Unauthenticated, "administrative calls need a client certificate (--admin-mtls)")
	}
	for _, header := range metadata.ValueFromIncomingContext(ctx, token.Header) {
		for _, known := range a.Tokens {
			if subtle.ConstantTimeCompare([]byte(header), []byte(token.Prefix+known)) == 1 {
				return nil
			}
		}
	}
	return status.Error(codes.Unauthenticated,
		"administrative calls need a token of the server's --admin-token-file or --admin-token, as the metadata `authorization: Bearer TOKEN`")
}

// verified says whether the caller has shown a certificate that the server's authorities have signed.
func verified(ctx context.Context) bool {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return false
	}
	info, ok := caller.AuthInfo.(credentials.TLSInfo)
	return ok && len(info.State.VerifiedChains) > 0
}

// admin implements the contract's administrative service.
type admin struct {
	raftkvpb.UnimplementedRaftKVAdminServer
	*adapter
}

// Shutdown implements the contract. A server alone is all of its cluster.
func (a *admin) Shutdown(ctx context.Context, _ *raftkvpb.ShutdownRequest) (*raftkvpb.ShutdownResponse, error) {
	if err := a.Admin.check(ctx); err != nil {
		return nil, err
	}
	a.Log.Info("told to shut down")
	a.Stop()
	return &raftkvpb.ShutdownResponse{}, nil
}

// Backup implements the contract.
func (a *admin) Backup(_ *raftkvpb.BackupRequest, stream grpc.ServerStreamingServer[raftkvpb.BackupResponse]) error {
	if err := a.Admin.check(stream.Context()); err != nil {
		return err
	}
	if err := a.places.enterBackup(); err != nil {
		return err
	}
	defer a.places.leaveBackup()
	out := bufio.NewWriterSize(chunks{stream}, scanChunk)
	err := a.Node.Group(0).Backup(stream.Context(), out)
	if err == nil {
		err = out.Flush()
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return wire.ReadStatus(err)
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
	if err := a.Admin.check(ctx); err != nil {
		return nil, err
	}
	if err := a.Node.Store().Compact(ctx); errors.Is(err, storage.ErrFull) || errors.Is(err, syscall.ENOSPC) {
		return nil, status.Errorf(codes.Unavailable, "%v; make some room outside of the store", err)
	} else if err != nil {
		return nil, wire.ReadStatus(err)
	}
	return &raftkvpb.CompactResponse{}, nil
}
