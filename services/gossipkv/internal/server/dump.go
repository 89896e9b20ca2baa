package server

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/kvserver"
)

// Dump implements the contract.
func (a *adapter) Dump(request *gossipkvpb.DumpRequest, stream grpc.ServerStreamingServer[gossipkvpb.DumpResponse]) error {
	if err := a.limits().checkDump(request); err != nil {
		return err
	}
	a.calls.dumps.Add(1)
	out, err := kvserver.NewParts(a.places, stream, request.GetLimit(), func(pairs []*gossipkvpb.Pair) proto.Message {
		return &gossipkvpb.DumpResponse{Pairs: pairs}
	})
	if err != nil {
		return err
	}
	defer out.Close()
	if err := a.dump(request, out); err != nil {
		return err
	}
	return out.End()
}

// dump adds what the node has at this moment.
func (a *adapter) dump(request *gossipkvpb.DumpRequest, out *kvserver.Parts[*gossipkvpb.Pair]) error {
	view := a.Node.View()
	defer view.Close()
	var sending error // why a pair could not be sent
	err := view.Dump(request.GetPrefix(), request.GetAfter(), request.GetKeysOnly(), func(e merge.Entry) (more bool) {
		more, sending = out.Add(&gossipkvpb.Pair{Key: e.Key, Value: e.Value, Version: versionMessage(e.Version)}, e.Size())
		return more && sending == nil
	})
	if sending != nil {
		return sending
	}
	return readStatus(err)
}
