package rpcserver

import (
	"context"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// admission lets a fixed number of calls be handled at a time. Others wait in line, first come first
// served, and leave it when their deadline passes or their caller gives up. The line has an end: who
// comes after it is turned away at once, so that an overload costs the server no memory.
type admission struct {
	workers *semaphore.Weighted
	queue   int64        // calls that may wait
	waiting atomic.Int64 // calls that wait, and for a moment those about to be turned away
}

func newAdmission(workers, queue int) *admission {
	return &admission{workers: semaphore.NewWeighted(int64(workers)), queue: int64(queue)}
}

func (a *admission) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if isInfrastructure(info.FullMethod) {
		return handle(ctx, request)
	}
	if err := a.enter(ctx); err != nil {
		return nil, err
	}
	defer a.leave()
	return handle(ctx, request)
}

// enter returns once the call may be handled, or with the gRPC status that says why it may not.
func (a *admission) enter(ctx context.Context) error {
	if a.workers.TryAcquire(1) {
		return nil
	}
	defer a.waiting.Add(-1)
	if a.waiting.Add(1) > a.queue {
		return status.Errorf(codes.ResourceExhausted,
			"the server is busy: %d calls wait already, the limit of --queue; try again later", a.queue)
	}
	if err := a.workers.Acquire(ctx, 1); err != nil {
		return status.Errorf(status.FromContextError(err).Code(),
			"the call was not handled: %v while it waited for a worker", err)
	}
	return nil
}

func (a *admission) leave() { a.workers.Release(1) }

// isInfrastructure says whether a method is one that this package serves itself. Those are answered
// however busy the server is: a probe that times out would have it killed when it is needed most.
func isInfrastructure(method string) bool {
	return strings.HasPrefix(method, "/grpc.")
}
