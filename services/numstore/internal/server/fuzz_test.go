package server

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/numstorepb"
	"numstore.example/services/numstore/internal/numbers"
)

// FuzzRequests sends any bytes as the messages of both calls, on a store that holds a key. Whatever
// comes in, the answer is one that the contract names, and a refused call has changed nothing.
func FuzzRequests(f *testing.F) {
	for _, request := range []proto.Message{
		set("A", 5), set("", -1), set("ninebytes", 1), set("B", 9223372036854775807), set("A", -9223372036854775808),
	} {
		encoded, err := proto.Marshal(request)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		store := InMemory(numbers.New(2))
		adapter := &adapter{store: store, maxKey: testMaxKey, facts: newFactCounters(prometheus.NewRegistry(), store)}
		adapter.SetNum(t.Context(), set("held", 20))

		setNum, ask := new(numstorepb.SetNumRequest), new(numstorepb.FactRequest)
		if proto.Unmarshal(encoded, setNum) == nil {
			reply, err := adapter.SetNum(t.Context(), setNum)
			code, want := status.Code(err), setNum.GetValue()
			if setNum.GetKey() != "held" {
				want += 20
			}
			if code != codes.OK && code != codes.OutOfRange && code != codes.InvalidArgument {
				t.Errorf("SetNum(%v): %v, which the contract does not name here", setNum, err)
			}
			if code == codes.OK && reply.GetTotal() != want {
				t.Errorf("SetNum(%v) = %v; want %d", setNum, reply, want)
			}
			if reply, _ := adapter.Fact(t.Context(), fact("held")); code != codes.OK && reply.GetValue() != 2432902008176640000 {
				t.Errorf("SetNum(%v) was refused (%v), and changed another key: %v", setNum, err, reply)
			}
		}
		if proto.Unmarshal(encoded, ask) == nil {
			reply, err := adapter.Fact(t.Context(), ask)
			if code := status.Code(err); code != codes.OK && code != codes.InvalidArgument {
				t.Errorf("Fact(%v): %v, which the contract does not name here", ask, err)
			}
			if err == nil && (reply.GetError() == "") != (reply.GetValue() > 0) {
				t.Errorf("Fact(%v) = %v; want either a factorial or an error", ask, reply)
			}
		}
	})
}
