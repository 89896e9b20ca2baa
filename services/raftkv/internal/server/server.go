// Package server puts a node behind the contract in contracts/raftkv.proto: it checks what comes in, asks the group of the
// key's shard (node.Group), and says in the contract's words what went wrong. What it shares with streams of many
// operations, which package pipeline serves, is in package wire: checks, conversions, statuses.
package server

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/kvserver"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/pipeline"
	"numstore.example/services/raftkv/internal/server/wire"
)

// Config is what the adapter joins, and what it allows.
type Config struct {
	Node    *node.Node
	Forward Forward

	MaxKey, MaxValue, MaxMessage int // bytes

	// MaxScans is how many scans and backups run at a time, at least 2. Zero means 256.
	MaxScans int
	// ScanTimeout is for how long a client may take nothing of a scan. Zero means a minute.
	ScanTimeout time.Duration

	// LogRequests makes it log every get, put, append and delete with its outcome.
	LogRequests bool
	Admin       rpcserver.Admin

	// Identify asks the node at an address who it is.
	Identify func(ctx context.Context, address string) (Identity, error)

	Stopping <-chan struct{} // closed when streams should come to an end
	Stop     func()          // makes the server stop
	Logger   *slog.Logger

	cluster cluster // for tests: what is asked about the cluster, if that is not Node
	members members // the same about members
}

// Register puts the contract's services on a server. It returns the one for clients, for who asks it in this process.
func Register(registrar grpc.ServiceRegistrar, config Config) raftkvpb.RaftKVServer {
	config.MaxScans = cmp.Or(config.MaxScans, maxScans)
	config.ScanTimeout = cmp.Or(config.ScanTimeout, time.Minute)
	r := &routes{cluster: config.Node, forward: config.Forward}
	if config.cluster != nil {
		r.cluster = config.cluster
	}
	a := &adapter{
		Config: config, routes: r, started: time.Now(),
		calls:  &wire.Calls{Logger: config.Logger, Logs: config.LogRequests, Redirect: r.redirectKey},
		places: kvserver.NewPlaces(config.MaxScans, max(int64(config.MaxKey)+int64(config.MaxValue), kvserver.ScanChunk), config.ScanTimeout, "resume_after"),
	}
	a.streams = &pipeline.Config{
		Group: r.group, Shards: r.shards, Limits: a.limits(), Admit: a.admit, Calls: a.calls, Stopping: a.Stopping, Logger: a.Logger,
	}
	if a.members == nil {
		a.members = config.Node
	}
	raftkvpb.RegisterRaftKVServer(registrar, a)
	raftkvpb.RegisterRaftKVAdminServer(registrar, &admin{adapter: a})
	return a
}

// adapter implements the contract.
type adapter struct {
	raftkvpb.UnimplementedRaftKVServer
	Config
	routes  *routes
	started time.Time
	calls   *wire.Calls
	places  *kvserver.Places

	streams *pipeline.Config
}

func (a *adapter) limits() wire.Limits { return wire.Limits{Key: a.MaxKey, Value: a.MaxValue} }

// Get implements the contract.
func (a *adapter) Get(ctx context.Context, request *raftkvpb.GetRequest) (*raftkvpb.GetResponse, error) {
	key := request.GetKey()
	if err := a.limits().CheckKey(key); err != nil {
		return nil, err
	}
	group, err := a.routes.group(key)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	record, found, err := group.Get(ctx, key)
	a.calls.GetsTook.Add(1, time.Since(began))
	return a.calls.Got(key, record, found, err)
}

// Put implements the contract.
func (a *adapter) Put(ctx context.Context, request *raftkvpb.PutRequest) (*raftkvpb.PutResponse, error) {
	result, err := a.write(ctx, request)
	if err != nil {
		return nil, err
	}
	return wire.PutResponse(result), nil
}

// Append implements the contract.
func (a *adapter) Append(ctx context.Context, request *raftkvpb.AppendRequest) (*raftkvpb.AppendResponse, error) {
	result, err := a.write(ctx, request)
	if err != nil {
		return nil, err
	}
	return wire.AppendResponse(result), nil
}

// Delete implements the contract.
func (a *adapter) Delete(ctx context.Context, request *raftkvpb.DeleteRequest) (*raftkvpb.DeleteResponse, error) {
	result, err := a.write(ctx, request)
	if err != nil {
		return nil, err
	}
	return wire.DeleteResponse(result), nil
}

// write checks and executes one write.
func (a *adapter) write(ctx context.Context, request wire.WriteRequest) (*kv.Result, error) {
	write, err := a.limits().Check(request)
	if err != nil {
		return nil, err
	}
	group, err := a.routes.group(write.Key)
	if err != nil {
		return nil, err
	}
	reply, err := a.execute(ctx, group, request.GetRequestId(), []kv.Write{write})
	if err != nil {
		return nil, err
	}
	return &reply.Results[0], nil
}

// Batch implements the contract.
func (a *adapter) Batch(ctx context.Context, request *raftkvpb.BatchRequest) (*raftkvpb.BatchResponse, error) {
	writes, err := a.limits().CheckBatch(request)
	if err != nil {
		return nil, err
	}
	group, err := a.routes.batchGroup(writes)
	if err != nil {
		return nil, err
	}
	reply, err := a.execute(ctx, group, request.GetRequestId(), writes)
	if err != nil {
		return nil, err
	}
	return wire.BatchResponse(writes, reply.Results), nil
}

// execute has a group execute a command, and returns its reply if all of it was done.
func (a *adapter) execute(ctx context.Context, group node.Group, id *raftkvpb.RequestId, writes []kv.Write) (kv.Reply, error) {
	request, err := wire.CheckRequestID(id)
	if err == nil {
		err = a.admit(writes...)
	}
	if err != nil {
		return kv.Reply{}, err
	}
	command := kv.Command{Request: request, Writes: writes}
	began := time.Now()
	encoded, err := node.Execute(ctx, group, command.AppendTo(nil))
	a.calls.WritesTook.Add(len(writes), time.Since(began))
	return a.calls.Settle(writes, encoded, err)
}

// Pipeline implements the contract.
func (a *adapter) Pipeline(stream grpc.BidiStreamingServer[raftkvpb.PipelineRequest, raftkvpb.PipelineResponse]) error {
	return pipeline.Serve(a.streams, stream)
}

// admit refuses writes for which this server's disk has no room: while it is full, all but deletions. Unlike the other
// checks, this one is no rule that all replicas share.
func (a *adapter) admit(writes ...kv.Write) error {
	full := a.Node.Writable()
	if full == nil {
		return nil
	}
	for i := range writes {
		if writes[i].Kind != kv.Delete {
			return wire.Redirected(full, "reads and deletions are done; make room, and it is taken again", a.routes.redirectKey(writes[i].Key, 0))
		}
	}
	return nil
}
