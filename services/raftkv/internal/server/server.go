// Package server puts a shard behind the contract in contracts/raftkv.proto: it checks what comes in
// (check.go), proposes writes to the replica, reads the state behind a barrier, and says in the contract's
// words what went wrong (errors.go).
package server

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
)

// Config is what the adapter joins, and what it allows.
type Config struct {
	Node  *node.Node
	Group func(key []byte) node.Group // that of a key's shard

	MaxKey, MaxValue, MaxMessage int // bytes

	// MaxScans is how many scans and backups run at a time, at least 2. Zero means 256.
	MaxScans int
	// ScanTimeout is for how long a client may take nothing of a scan. Zero means a minute.
	ScanTimeout time.Duration

	// LogRequests makes it log every get, put, append and delete with its outcome.
	LogRequests bool
	Admin       Admin

	Stopping <-chan struct{} // closed when streams should come to an end
	Stop     func()          // makes the server stop
	Log      *slog.Logger
}

// Register puts the contract's services on a server.
func Register(registrar grpc.ServiceRegistrar, config Config) {
	config.MaxScans = cmp.Or(config.MaxScans, maxScans)
	config.ScanTimeout = cmp.Or(config.ScanTimeout, time.Minute)
	a := &adapter{
		Config: config, started: time.Now(), calls: &calls{log: config.Log, logs: config.LogRequests},
		places: newPlaces(config.MaxScans, max(int64(config.MaxKey)+int64(config.MaxValue), scanChunk), config.ScanTimeout),
	}
	a.pipelines = &pipelines{group: a.Group, limits: a.limits(), admit: a.admit, calls: a.calls, stopping: a.Stopping, log: a.Log}
	raftkvpb.RegisterRaftKVServer(registrar, a)
	raftkvpb.RegisterRaftKVAdminServer(registrar, &admin{adapter: a})
}

// adapter implements the contract.
type adapter struct {
	raftkvpb.UnimplementedRaftKVServer
	Config
	started time.Time
	calls   *calls
	places  *places

	pipelines *pipelines
}

func (a *adapter) limits() limits { return limits{a.MaxKey, a.MaxValue} }

// Get implements the contract.
func (a *adapter) Get(ctx context.Context, request *raftkvpb.GetRequest) (*raftkvpb.GetResponse, error) {
	key := request.GetKey()
	if err := a.limits().checkKey(key); err != nil {
		return nil, err
	}
	record, found, err := a.Group(key).Get(ctx, key)
	return a.calls.got(key, record, found, err)
}

// Put implements the contract.
func (a *adapter) Put(ctx context.Context, request *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	result, err := a.write(ctx, request)
	if err != nil {
		return nil, err
	}
	return putResponse(result), nil
}

// Append implements the contract.
func (a *adapter) Append(ctx context.Context, request *raftkvpb.AppendRequest) (*raftkvpb.AppendResponse, error) {
	result, err := a.write(ctx, request)
	if err != nil {
		return nil, err
	}
	return appendResponse(result), nil
}

// Delete implements the contract.
func (a *adapter) Delete(ctx context.Context, request *raftkvpb.DeleteRequest) (*raftkvpb.DeleteResponse, error) {
	result, err := a.write(ctx, request)
	if err != nil {
		return nil, err
	}
	return deleteResponse(result), nil
}

// write checks and executes one write.
func (a *adapter) write(ctx context.Context, request writeRequest) (*kv.Result, error) {
	write, err := a.limits().check(request)
	if err != nil {
		return nil, err
	}
	reply, err := a.execute(ctx, request.GetRequestId(), []kv.Write{write})
	if err != nil {
		return nil, err
	}
	return &reply.Results[0], nil
}

// Batch implements the contract.
func (a *adapter) Batch(ctx context.Context, request *raftkvpb.BatchRequest) (*raftkvpb.BatchResponse, error) {
	writes, err := a.limits().checkBatch(request)
	if err != nil {
		return nil, err
	}
	reply, err := a.execute(ctx, request.GetRequestId(), writes)
	if err != nil {
		return nil, err
	}
	return batchResponse(writes, reply.Results), nil
}

// execute has the replica execute a command, and returns its reply if all of it was done.
func (a *adapter) execute(ctx context.Context, id *raftkvpb.RequestId, writes []kv.Write) (kv.Reply, error) {
	request, err := checkRequestID(id)
	if err == nil {
		err = a.admit(writes...)
	}
	if err != nil {
		return kv.Reply{}, err
	}
	command := kv.Command{Request: request, Writes: writes}
	encoded, err := node.Execute(ctx, a.Group(writes[0].Key), command.AppendTo(nil))
	return a.calls.settle(writes, encoded, err)
}
