package rpcserver

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// recoverPanics turns a panic in a handler into INTERNAL, and logs it with the call and the stack. The
// caller learns nothing of the inside.
func recoverPanics(log *slog.Logger) grpc.UnaryServerInterceptor {
	return recovery.UnaryServerInterceptor(recovery.WithRecoveryHandlerContext(func(ctx context.Context, p any) error {
		method, _ := grpc.Method(ctx)
		log.ErrorContext(ctx, "panic", "method", method, "panic", p, "stack", string(debug.Stack()))
		return status.Error(codes.Internal, "the server failed at this call; its log says why")
	}))
}

// logCalls writes a line for each failed call, and at level debug for every call.
func logCalls(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		start := time.Now()
		reply, err := handle(ctx, request)
		level := callLevel(err)
		if !log.Enabled(ctx, level) {
			return reply, err
		}
		attributes := []slog.Attr{
			slog.String("method", info.FullMethod),
			slog.String("code", status.Code(err).String()),
			slog.Duration("took", time.Since(start)),
		}
		if caller, ok := peer.FromContext(ctx); ok {
			attributes = append(attributes, slog.String("peer", caller.Addr.String()))
		}
		if err != nil {
			attributes = append(attributes, slog.String("error", status.Convert(err).Message()))
		}
		log.LogAttrs(ctx, level, "call", attributes...)
		return reply, err
	}
}

// callLevel tells failures of the server from those that the caller can mend.
func callLevel(err error) slog.Level {
	switch status.Code(err) {
	case codes.OK:
		return slog.LevelDebug
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
