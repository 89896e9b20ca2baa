package peer

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"

	"numstore.example/services/raftkv/internal/peerpb"
)

// responses calls a method of the node of a group, and returns its responses, until the stream ends or breaks. The context must end
// when no more are wanted.
func responses[Request, Response any](ctx context.Context, r remote, request *Request,
	call func(peerpb.PeerClient, context.Context, *Request, ...grpc.CallOption) (grpc.ServerStreamingClient[Response], error),
) iter.Seq2[*Response, error] {
	return func(yield func(*Response, error) bool) {
		link := r.peers.linkTo(r.node)
		if link == nil {
			yield(nil, errors.New("no address is known"))
			return
		}
		stream, err := func() (grpc.ServerStreamingClient[Response], error) {
			greeted, err := r.peers.greet(ctx, r.node)
			if err != nil {
				return nil, err
			}
			return call(link.client, greeted, request)
		}()
		for err == nil {
			var response *Response
			if response, err = stream.Recv(); err == nil && !yield(response, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}
