package rpcserver

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// guard is what every call of a service passes on its way in and out: its request is decoded within bounds, it
// waits for a worker, it is counted and timed, a panic ends it and nothing else, and the log says how it failed.
//
// It wraps the handlers of a service's description instead of being an interceptor, for three things
// that an interceptor cannot do: it knows the path that the client used (a service may be registered
// under two), it looks up the method's metrics once and not at each call, and it allocates nothing. A
// chain of four interceptors (log, metrics, recovery, admission) allocates five objects at each call.
type guard struct {
	calls   *admission // nil for calls that take no worker
	resets  *resets
	metrics *callMetrics
	log     *slog.Logger
	quiet   bool // the service logs itself what its callers do wrong
}

// guarded registers services with all their handlers guarded.
type guarded struct {
	*grpc.Server
	guard *guard
}

// RegisterService implements grpc.ServiceRegistrar.
func (g guarded) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	g.Server.RegisterService(g.guard.service(desc), implementation)
}

// service returns the description with all its handlers guarded.
func (g *guard) service(desc *grpc.ServiceDesc) *grpc.ServiceDesc {
	guarded := *desc
	guarded.Methods = make([]grpc.MethodDesc, len(desc.Methods))
	for i, method := range desc.Methods {
		guarded.Methods[i] = g.unary(desc.ServiceName, method)
	}
	guarded.Streams = make([]grpc.StreamDesc, len(desc.Streams))
	for i, stream := range desc.Streams {
		guarded.Streams[i] = g.stream(desc.ServiceName, stream)
	}
	return &guarded
}

// unary guards a method with one request and one reply. The call takes a worker when its request is
// there, and not before: who sends half of one would keep the worker for as long as he likes.
func (g *guard) unary(service string, desc grpc.MethodDesc) grpc.MethodDesc {
	handle := desc.Handler
	method := g.metrics.method(service, desc.MethodName, "unary")
	desc.Handler = func(implementation any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (reply any, err error) {
		start := time.Now()
		request := newIncoming(ctx, g.calls, decode)
		defer func() {
			if p := recover(); p != nil {
				reply, err = nil, g.panicked(ctx, method, p)
			}
			request.done()
			g.resets.ended(ctx, start)
			g.done(ctx, method, start, err)
		}()
		return handle(implementation, ctx, request.receive, intercept)
	}
	return desc
}

// incoming is a request on its way to a worker. It stands between a generated handler and the function
// that reads and decodes the request: that function is the only thing which the handler calls before it
// calls the service.
type incoming struct {
	received
	calls   *admission
	decode  func(any) error
	entered bool

	receive func(any) error // the method receiveAndEnter; bound once, because that allocates
}

var incomingPool = sync.Pool{New: func() any {
	i := new(incoming)
	i.receive = i.receiveAndEnter
	return i
}}

func newIncoming(ctx context.Context, calls *admission, decode func(any) error) *incoming {
	i := incomingPool.Get().(*incoming)
	i.ctx, i.calls, i.decode = ctx, calls, decode
	return i
}

func (i *incoming) receiveAndEnter(request any) error {
	i.message = request
	if err := cmp.Or(ofCaller(i.decode(&i.received)), i.err); err != nil {
		return err
	}
	if i.calls == nil {
		return nil
	}
	if err := i.calls.enter(i.ctx); err != nil {
		return err
	}
	i.entered = true
	return nil
}

// done gives the worker back.
func (i *incoming) done() {
	if i.entered {
		i.calls.leave()
	}
	*i = incoming{receive: i.receive}
	incomingPool.Put(i)
}

// stream guards a method with a stream in it. Streams do not take a worker: they last.
func (g *guard) stream(service string, desc grpc.StreamDesc) grpc.StreamDesc {
	handle := desc.Handler
	method := g.metrics.method(service, desc.StreamName, "stream")
	desc.Handler = func(implementation any, stream grpc.ServerStream) (err error) {
		start := time.Now()
		guarded := &guardedStream{ServerStream: stream, received: received{ctx: stream.Context()}}
		defer func() {
			if p := recover(); p != nil {
				err = g.panicked(stream.Context(), method, p)
			}
			if !guarded.answered.Load() { // to leave one that has answered is the way to end many
				g.resets.ended(stream.Context(), start)
			}
			g.done(stream.Context(), method, start, err)
		}()
		return handle(implementation, guarded)
	}
	return desc
}

// guardedStream is a stream whose requests are decoded as those of calls are.
type guardedStream struct {
	grpc.ServerStream
	received
	answered atomic.Bool
}

// SendMsg implements grpc.ServerStream.
func (s *guardedStream) SendMsg(message any) error {
	s.answered.Store(true)
	return s.ServerStream.SendMsg(message)
}

// RecvMsg implements grpc.ServerStream.
func (s *guardedStream) RecvMsg(message any) error {
	s.message, s.err = message, nil
	return cmp.Or(ofCaller(s.ServerStream.RecvMsg(&s.received)), s.err)
}

// unreadable is the status of a request that gRPC could not read. It is INTERNAL, and on its way to the caller before
// anybody could say otherwise; but it is the caller's mistake, and no defect of the server.
type unreadable struct{ error }

// GRPCStatus is what package status asks for.
func (u unreadable) GRPCStatus() *status.Status { return status.Convert(u.error) }

// ofCaller marks the error of receiving a request.
func ofCaller(err error) error {
	if status.Code(err) != codes.Internal {
		return err
	}
	return unreadable{err}
}

// panicked logs a panic with the call and the stack, and returns what the caller is told: nothing of
// the inside.
func (g *guard) panicked(ctx context.Context, method *methodMetrics, p any) error {
	g.log.ErrorContext(ctx, "panic", "method", method.path, "panic", p, "stack", string(debug.Stack()))
	return status.Error(codes.Internal, "the server failed at this call; its log says why")
}

// done counts a call that has ended, and logs it if it failed, or at level debug in any case.
func (g *guard) done(ctx context.Context, method *methodMetrics, start time.Time, err error) {
	took := time.Since(start)
	ended := statusOf(err)
	code := ended.Code()
	method.observe(code, took)

	level := callLevel(code)
	if _, ok := errors.AsType[unreadable](err); ok {
		level = slog.LevelInfo
	}
	if g.quiet && level < slog.LevelError {
		level = slog.LevelDebug
	}
	if !g.log.Enabled(ctx, level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("method", method.path),
		slog.String("code", code.String()),
		slog.Duration("took", took),
		slog.String("peer", callerOf(ctx)),
	}
	if err != nil {
		attributes = append(attributes, slog.String("error", ended.Message()))
	}
	g.log.LogAttrs(ctx, level, "call", attributes...)
}

// statusOf returns what gRPC tells the caller: the error of a context, which a handler may return as it is, has a status.
func statusOf(err error) *status.Status {
	if s, ok := status.FromError(err); ok {
		return s
	}
	return status.FromContextError(err)
}

// callLevel tells failures of the server from those that the caller can mend. A caller who goes away, as those
// of long streams do in the end, is no failure.
func callLevel(code codes.Code) slog.Level {
	switch code {
	case codes.OK, codes.Canceled:
		return slog.LevelDebug
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
