package server

import (
	"io"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/gossipkvpb"
)

// FuzzCalls sends any bytes as the request of each call of clients. It is answered, or refused as bad input, and never anything else.
func FuzzCalls(f *testing.F) {
	for _, request := range []proto.Message{
		&gossipkvpb.PutRequest{Key: []byte("k"), Value: []byte("v"), SessionTime: 7}, &gossipkvpb.PutRequest{Key: []byte("ninebytes")},
		&gossipkvpb.GetRequest{Key: []byte("k"), Seen: &gossipkvpb.Version{Time: 1, Server: 1, Incarnation: 1}}, &gossipkvpb.GetRequest{Seen: new(gossipkvpb.Version)},
		&gossipkvpb.DeleteRequest{Key: []byte("k"), SessionTime: 1 << 63}, &gossipkvpb.DumpRequest{Prefix: []byte("k"), After: []byte("k"), Limit: 1, KeysOnly: true},
	} {
		encoded, err := proto.Marshal(request)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	h := start(f, nil, nil)
	f.Fuzz(func(t *testing.T, encoded []byte) {
		put, get, remove, dump := new(gossipkvpb.PutRequest), new(gossipkvpb.GetRequest), new(gossipkvpb.DeleteRequest), new(gossipkvpb.DumpRequest)
		errs := make(map[string]error)
		if proto.Unmarshal(encoded, put) == nil {
			_, errs["put"] = h.Put(t.Context(), put)
		}
		if proto.Unmarshal(encoded, get) == nil {
			_, errs["get"] = h.Get(t.Context(), get)
		}
		if proto.Unmarshal(encoded, remove) == nil {
			_, errs["delete"] = h.Delete(t.Context(), remove)
		}
		if proto.Unmarshal(encoded, dump) == nil {
			stream, err := h.Dump(t.Context(), dump)
			for err == nil {
				_, err = stream.Recv()
			}
			if err != io.EOF {
				errs["dump"] = err
			}
		}
		for call, err := range errs {
			if code := status.Code(err); code != codes.OK && code != codes.InvalidArgument {
				t.Errorf("%s: %v", call, err)
			}
		}
	})
}
