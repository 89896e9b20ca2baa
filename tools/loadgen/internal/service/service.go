// Package service makes the calls of each service that loadgen can drive. A further service is a file of
// its own and an entry in [All].
package service

import (
	"context"

	"google.golang.org/grpc"

	"numstore.example/tools/loadgen/internal/history"
	"numstore.example/tools/loadgen/internal/workload"
)

// All is the services by their names.
var All = map[string]Service{
	"numstore": numstore,
}

// Service is how to drive one service.
type Service struct {
	// Calls names the calls. An Outcome refers to them by their place.
	Calls []string

	// Marks names the ways of being answered that are worth counting. The first is empty, for none.
	Marks []string

	// Open returns the function that makes the Send of each worker. Workers share the connections in turn.
	Open func(conns []*grpc.ClientConn, config workload.Config) func(worker int) Send
}

// Send makes the next call of a worker and returns when it has ended. It is not for concurrent use. If
// operation is not nil, Send notes there what it called and what was answered; who called, when, and what
// went wrong is for the caller to note.
type Send func(ctx context.Context, operation *history.Operation) Outcome

// Outcome is what became of a call.
type Outcome struct {
	Call int   // its place in Calls
	Mark int   // its place in Marks
	Err  error // nil if it was answered, or a gRPC status
}
