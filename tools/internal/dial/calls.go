package dial

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/address"
)

// Explained returns options for connections with these servers, of which their calls fail with what Explain says when
// no connection came about. Mismatched is called when that is a Mismatch, and there is no other server to try.
func (s *Security) Explained(servers []string, mismatched func(error)) []grpc.DialOption {
	e := &explainer{security: s, servers: make(map[string]address.Address)}
	for _, text := range servers {
		if server, err := address.Parse(text); err == nil {
			e.servers[server.Target()] = server
		}
	}
	if len(e.servers) == 1 {
		e.mismatched = mismatched
	}
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			return e.explain(ctx, conn, invoke(ctx, method, request, reply, conn, options...))
		}),
		grpc.WithChainStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
			stream, err := open(ctx, desc, conn, method, options...)
			return stream, e.explain(ctx, conn, err)
		}),
	}
}

// explainer puts errors of calls into words.
type explainer struct {
	security   *Security
	servers    map[string]address.Address // by gRPC's target
	mismatched func(error)                // nil if other servers may do better
}

func (e *explainer) explain(ctx context.Context, conn *grpc.ClientConn, err error) error {
	server, known := e.servers[conn.Target()]
	// The rest are what a server has to say, and what became of a connection that was good.
	if s := status.Convert(err); !known || s.Code() != codes.Unavailable || !strings.Contains(s.Message(), "connection error") {
		return err
	}
	why := e.security.Explain(ctx, server, err)
	if _, ok := errors.AsType[*Mismatch](why); ok {
		why = fmt.Errorf("%s: %w", server, why) // other words name the server themselves
		if e.mismatched != nil {
			e.mismatched(why)
		}
	}
	return status.Error(codes.Unavailable, why.Error())
}
