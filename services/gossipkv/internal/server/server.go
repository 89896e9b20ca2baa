// Package server puts a node behind the contract in contracts/gossipkv.proto: it checks what comes in, asks the node, and says
// in the contract's words what it found, or what went wrong. All checks of input are in check.go, all statuses of errors in errors.go.
package server

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/internal/kvserver"
	"numstore.example/services/internal/rpcserver"
)

// Config is what the adapter joins, and what it allows.
type Config struct {
	Node *node.Node

	MaxKey, MaxValue int // bytes

	// MaxScans is how many dumps run at a time, at least 2. Zero means 256.
	MaxScans int
	// ScanTimeout is for how long a client may take nothing of a dump. Zero means a minute.
	ScanTimeout time.Duration

	// LogRequests makes it log every get, put and delete with its outcome.
	LogRequests bool
	Admin       rpcserver.Admin

	Stop    func()                // makes the server stop
	Metrics prometheus.Registerer // gets the figures of the node and of calls; nil for nowhere
	Logger  *slog.Logger
}

// maxScans is how many dumps run at a time, unless Config.MaxScans says otherwise.
const maxScans = 256

// Register puts the contract's services on a server. It returns the one for clients, for who asks it in this process.
func Register(registrar grpc.ServiceRegistrar, config Config) gossipkvpb.GossipKVServer {
	config.MaxScans = cmp.Or(config.MaxScans, maxScans)
	config.ScanTimeout = cmp.Or(config.ScanTimeout, time.Minute)
	a := &adapter{
		Config: config, started: time.Now(),
		calls:  calls{logger: config.Logger, logs: config.LogRequests},
		places: kvserver.NewPlaces(config.MaxScans, max(int64(config.MaxKey)+int64(config.MaxValue), kvserver.ScanChunk), config.ScanTimeout, "after"),
	}
	if config.Metrics != nil {
		registerMetrics(config.Metrics, config.Node, &a.calls)
	}
	gossipkvpb.RegisterGossipKVServer(registrar, a)
	gossipkvpb.RegisterGossipKVAdminServer(registrar, &admin{adapter: a})
	return a
}

// adapter implements the contract.
type adapter struct {
	gossipkvpb.UnimplementedGossipKVServer
	Config
	started time.Time
	calls   calls
	places  *kvserver.Places
}

func (a *adapter) limits() limits { return limits{key: a.MaxKey, value: a.MaxValue} }

// Put implements the contract.
func (a *adapter) Put(ctx context.Context, request *gossipkvpb.PutRequest) (*gossipkvpb.PutResponse, error) {
	key, value := request.GetKey(), request.GetValue()
	if err := a.limits().checkPut(key, value); err != nil {
		return nil, err
	}
	version, err := a.Node.Put(ctx, key, value, request.GetSessionTime())
	err = writeStatus(err)
	a.calls.put(key, value, version, err)
	if err != nil {
		return nil, err
	}
	return &gossipkvpb.PutResponse{Version: versionMessage(version)}, nil
}

// Delete implements the contract.
func (a *adapter) Delete(ctx context.Context, request *gossipkvpb.DeleteRequest) (*gossipkvpb.DeleteResponse, error) {
	key := request.GetKey()
	if err := a.limits().checkKey(key); err != nil {
		return nil, err
	}
	version, err := a.Node.Delete(ctx, key, request.GetSessionTime())
	err = writeStatus(err)
	a.calls.delete(key, version, err)
	if err != nil {
		return nil, err
	}
	return &gossipkvpb.DeleteResponse{Version: versionMessage(version)}, nil
}

// Get implements the contract.
func (a *adapter) Get(_ context.Context, request *gossipkvpb.GetRequest) (*gossipkvpb.GetResponse, error) {
	key := request.GetKey()
	if err := a.limits().checkKey(key); err != nil {
		return nil, err
	}
	seen, err := checkVersion(request.GetSeen(), a.Node.Time())
	if err != nil {
		return nil, err
	}
	outcome, entry, err := a.Node.Get(key, seen)
	err = readStatus(err)
	a.calls.get(key, outcome, entry, err)
	if err != nil {
		return nil, err
	}
	response := &gossipkvpb.GetResponse{Outcome: outcomes[outcome]}
	switch outcome {
	case merge.Found:
		response.Value, response.Version = entry.Value, versionMessage(entry.Version)
	case merge.NoValue:
		response.Version = versionMessage(entry.Version)
	}
	return response, nil
}

var outcomes = map[merge.Outcome]gossipkvpb.Outcome{
	merge.Found:            gossipkvpb.Outcome_OUTCOME_VALUE,
	merge.NoValue:          gossipkvpb.Outcome_OUTCOME_NO_VALUE,
	merge.DependencyNotMet: gossipkvpb.Outcome_OUTCOME_DEPENDENCY_NOT_MET,
}
