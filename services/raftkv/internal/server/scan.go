package server

import (
	"bytes"
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/kvserver"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
	"numstore.example/services/raftkv/internal/shard"
)

// maxScans is how many scans and backups run at a time, unless Config.MaxScans says otherwise.
const maxScans = 256

// Scan implements the contract.
func (a *adapter) Scan(request *raftkvpb.ScanRequest, stream grpc.ServerStreamingServer[raftkvpb.ScanResponse]) error {
	if err := a.limits().CheckScan(request); err != nil {
		return err
	}
	asked, err := a.routes.scanned(request.Shard)
	if err != nil {
		return err
	}
	out, err := kvserver.NewParts(a.places, stream, request.GetLimit(), func(pairs []*raftkvpb.Pair) proto.Message {
		return &raftkvpb.ScanResponse{Pairs: pairs}
	})
	if err != nil {
		return err
	}
	defer out.Close()
	a.calls.Scans.Add(1)
	ctx := stream.Context()
	sources := make([]source, len(asked))
	for i := range asked {
		sources[i] = a.source(ctx, asked[i], request)
	}
	err = merge(sources, func(key []byte, record kv.Record) (bool, error) {
		pair := &raftkvpb.Pair{Key: bytes.Clone(key), Value: bytes.Clone(record.Value), Version: record.Version}
		return out.Add(pair, len(key)+len(record.Value))
	})
	if err != nil {
		return err
	}
	return out.End()
}

// source returns a shard's part of a scan.
func (a *adapter) source(ctx context.Context, of route, request *raftkvpb.ScanRequest) source {
	r := node.Range{Prefix: request.GetPrefix(), Start: request.GetStart(), End: request.GetEnd()}
	if len(request.GetResumeAfter()) > 0 {
		r.After = request.GetResumeAfter()
	}
	return func(tell func([]byte, kv.Record) (bool, error)) error {
		return a.readStatus(of.group.Scan(ctx, r, !request.GetKeysOnly(), tell), of.shard)
	}
}

// readStatus maps an error of reading a shard, unless it is what a stream said.
func (a *adapter) readStatus(err error, of shard.ID) error {
	if _, ok := status.FromError(err); ok { // or nil
		return err
	}
	return wire.ReadStatus(err, func(leader shard.NodeID) *raftkvpb.Redirect { return a.routes.redirect(of, leader) })
}
