package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/kvserver"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/shard"
)

// Backup implements the contract.
func (a *admin) Backup(request *raftkvpb.BackupRequest, stream grpc.ServerStreamingServer[raftkvpb.BackupResponse]) error {
	ctx := stream.Context()
	if err := a.Admin.Check(ctx); err != nil {
		return err
	}
	id, err := backupID(request.GetBackupId())
	if err != nil {
		return err
	}
	asked, err := a.routes.scanned(request.Shard)
	if err != nil {
		return err
	}
	if err := a.places.EnterBackup(); err != nil {
		return err
	}
	defer a.places.LeaveBackup()
	for _, of := range asked {
		if err := a.readStatus(backUp(ctx, of.group, id, stream.Send), of.shard); err != nil {
			return err
		}
	}
	return nil
}

func backupID(given []byte) (id shard.BackupID, err error) {
	switch len(given) {
	case 0:
		rand.Read(id[:])
	case len(id):
		id = shard.BackupID(given)
	default:
		err = status.Errorf(codes.InvalidArgument, "the backup_id has %d bytes; it must have %d, or none", len(given), len(id))
	}
	return id, err
}

// backUp sends a shard's part of a backup.
func backUp(ctx context.Context, group node.Group, id shard.BackupID, send func(*raftkvpb.BackupResponse) error) error {
	out := bufio.NewWriterSize(&chunks{send: send}, kvserver.ScanChunk)
	if err := group.Backup(ctx, id, out); err != nil {
		return err
	}
	return out.Flush()
}

// chunks sends what is written to it. The first piece has all that a part begins with.
type chunks struct {
	send  func(*raftkvpb.BackupResponse) error
	begun bool
}

func (c *chunks) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		response := &raftkvpb.BackupResponse{Chunk: rest[:min(len(rest), kvserver.ScanChunk)]}
		if !c.begun {
			part, err := node.ReadPart(bytes.NewReader(rest))
			if err != nil {
				return 0, err
			}
			c.begun = true
			response.Part = &raftkvpb.BackupPart{
				Shard: uint32(part.Shard), Index: uint64(part.Index), Taken: timestamppb.New(part.Taken), Keys: part.Keys, Bytes: part.Bytes,
			}
		}
		if err := c.send(response); err != nil {
			return len(b) - len(rest), err
		}
		rest = rest[len(response.GetChunk()):]
	}
	return len(b), nil
}
