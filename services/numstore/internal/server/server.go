// Package server puts a numbers.Store behind the contract in contracts/numstore.proto: it checks what
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

// Register puts the store on a server, under both paths of the contract, and its figures into a
// registry. Keys may be up to maxKey bytes long.
func Register(registrar grpc.ServiceRegistrar, registry prometheus.Registerer, store *numbers.Store, maxKey int) {
	adapter := &adapter{store: store, maxKey: maxKey, facts: newFactCounters(registry, store)}
	registrar.RegisterService(&numstorepb.NumStore_ServiceDesc, adapter)
	registrar.RegisterService(&packagedServiceDesc, adapter)
}

// adapter implements the contract.
type adapter struct {
	numstorepb.UnimplementedNumStoreServer
	store  *numbers.Store
	maxKey int
	facts  factCounters
}

func (a *adapter) SetNum(_ context.Context, request *numstorepb.SetNumRequest) (*numstorepb.SetNumResponse, error) {
	if err := a.checkKey(request.GetKey()); err != nil {
		return nil, err
	}
	total, err := a.store.Set(request.GetKey(), request.GetValue())
	if err != nil {
		return nil, setNumStatus(err)
	}
	return &numstorepb.SetNumResponse{Total: total}, nil
}

func (a *adapter) Fact(_ context.Context, request *numstorepb.FactRequest) (*numstorepb.FactResponse, error) {
	if err := a.checkKey(request.GetKey()); err != nil {
		return nil, err
	}
	value, hit, err := a.store.Fact(request.GetKey())
	switch {
	case err != nil:
		a.facts.refused.Inc()
		return &numstorepb.FactResponse{Error: factError(err)}, nil
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
