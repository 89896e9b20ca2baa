// Package server puts a store of numbers behind the contract in contracts/numstore.proto: it checks what
// comes in, calls the store, and says in the contract's words what went wrong (errors.go).
package server

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/numstorepb"
	"numstore.example/services/numstore/internal/numbers"
)

// Store keeps the numbers, by the rules of package numbers and with its errors. Its methods are called from any number
// of goroutines, and take effect one after the other, in an order that agrees with real time.
type Store interface {
	// Set gives key a value and returns the total over all keys as of this update.
	Set(ctx context.Context, key string, value int64) (total int64, err error)
	// Fact returns the factorial of the key's current value, and whether it came from the cache.
	Fact(ctx context.Context, key string) (value int64, hit bool, err error)
	// Len returns the number of keys. It does not wait for anything.
	Len() int
}

// InMemory returns the Store that keeps its numbers in memory. It never waits, so that it needs no context.
func InMemory(store *numbers.Store) Store { return inMemory{store} }

type inMemory struct{ *numbers.Store }

func (s inMemory) Set(_ context.Context, key string, value int64) (int64, error) {
	return s.Store.Set(key, value)
}

func (s inMemory) Fact(_ context.Context, key string) (int64, bool, error) {
	return s.Store.Fact(key)
}

// Register puts the store on a server, under both paths of the contract, and its figures into a
// registry. Keys may be up to maxKey bytes long.
func Register(registrar grpc.ServiceRegistrar, registry prometheus.Registerer, store Store, maxKey int) {
	adapter := &adapter{store: store, maxKey: maxKey, facts: newFactCounters(registry, store)}
	registrar.RegisterService(&numstorepb.NumStore_ServiceDesc, adapter)
	registrar.RegisterService(&packagedServiceDesc, adapter)
}

// adapter implements the contract.
type adapter struct {
	numstorepb.UnimplementedNumStoreServer
	store  Store
	maxKey int
	facts  factCounters
}

func (a *adapter) SetNum(ctx context.Context, request *numstorepb.SetNumRequest) (*numstorepb.SetNumResponse, error) {
	if err := a.checkKey(request.GetKey()); err != nil {
		return nil, err
	}
	total, err := a.store.Set(ctx, request.GetKey(), request.GetValue())
	if err != nil {
		return nil, setNumStatus(err)
	}
	return &numstorepb.SetNumResponse{Total: total}, nil
}

func (a *adapter) Fact(ctx context.Context, request *numstorepb.FactRequest) (*numstorepb.FactResponse, error) {
	if err := a.checkKey(request.GetKey()); err != nil {
		return nil, err
	}
	value, hit, err := a.store.Fact(ctx, request.GetKey())
	switch {
	case err != nil:
		says, failed := factError(err)
		if failed != nil {
			return nil, failed
		}
		a.facts.refused.Inc()
		return &numstorepb.FactResponse{Error: says}, nil
	case hit:
		a.facts.hit.Inc()
	default:
		a.facts.computed.Inc()
	}
	return &numstorepb.FactResponse{Value: value, Hit: hit}, nil
}

// checkKey is the only check of input: of a value every int64 is good, and gRPC has seen to it that a
// key is UTF-8. The message leaves out the key, which may be megabytes long.
func (a *adapter) checkKey(key string) error {
	if len(key) > a.maxKey {
		return status.Errorf(codes.InvalidArgument,
			"the key is %d bytes long; the limit is %d bytes (--max-key)", len(key), a.maxKey)
	}
	return nil
}
