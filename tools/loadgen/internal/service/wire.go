package service

import (
	"context"
	"strconv"

	"google.golang.org/grpc"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkvpb"
	"numstore.example/tools/internal/history"
)

// wire is what a call sent and got, below the Session: what a history says of a session is what it really told the server, so
// that a client that tells too little is found out.
type wire struct{ request, response any }

// wireKey is where the context of a call has its wire.
type wireKey struct{}

// tap notes what calls send and get whose context has a wire.
func tap(ctx context.Context, method string, request, response any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if w, there := ctx.Value(wireKey{}).(*wire); there {
		w.request, w.response = request, response
	}
	return invoke(ctx, method, request, response, conn, options...)
}

// seen returns what a call told of its session, as histories write it.
func (w *wire) seen() string {
	switch r := w.request.(type) {
	case *gossipkvpb.GetRequest:
		return history.Version(gossipkv.VersionOf(r.GetSeen())).String()
	case *gossipkvpb.PutRequest:
		return strconv.FormatUint(r.GetSessionTime(), 10)
	case *gossipkvpb.DeleteRequest:
		return strconv.FormatUint(r.GetSessionTime(), 10)
	}
	return ""
}

// tombstone returns the version that a Get answered without a value.
func (w *wire) tombstone() history.Version {
	r, _ := w.response.(*gossipkvpb.GetResponse)
	return history.Version(gossipkv.VersionOf(r.GetVersion()))
}
