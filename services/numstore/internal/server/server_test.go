package server

import (
	"context"
	"math"
	"net"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"numstore.example/contracts/numstorepb"
	"numstore.example/services/numstore/internal/numbers"
)

const testMaxKey = 8

// dial serves a new store over a connection in memory.
func dial(t *testing.T, maxKeys int) *grpc.ClientConn {
	t.Helper()
	server, listener := grpc.NewServer(), bufconn.Listen(1<<20)
	Register(server, prometheus.NewRegistry(), InMemory(numbers.New(maxKeys)), testMaxKey)
	go server.Serve(listener)
	t.Cleanup(server.Stop)

	conn, err := grpc.NewClient("passthrough:bufconn",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return listener.Dial() }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// exchanges are calls in order, and the replies or statuses that they get.
var exchanges = []struct {
	request proto.Message
	reply   proto.Message // nil for a status other than OK
	code    codes.Code
	says    []string // parts of the status's message, or of the reply's error, which is then left out of reply
}{
	{request: set("A", 1), reply: total(1)},
	{request: set("B", 10), reply: total(11)},
	{request: set("A", 5), reply: total(15)},
	{request: set("B", 0), reply: total(5)},
	{request: fact("A"), reply: factorial(120, false)},
	{request: fact("A"), reply: factorial(120, true)},
	{request: fact("B"), reply: factorial(1, false)},
	{request: fact("C"), reply: factorial(0, false), says: []string{`"C"`}},
	{request: set("", -7), reply: total(-2)}, // the empty key is a key
	{request: fact(""), reply: factorial(0, false), says: []string{"-7", "0 to 20"}},
	{request: set("", 21), reply: total(26)},
	{request: fact(""), reply: factorial(0, false), says: []string{"21", "0 to 20"}},
	{request: set("four", 1), code: codes.ResourceExhausted, says: []string{"3 keys"}},
	{request: set("", math.MaxInt64), code: codes.OutOfRange, says: []string{"26", "9223372036854775807"}},
	{request: set("ninebytes", 1), code: codes.InvalidArgument, says: []string{"9 bytes", "8 bytes", "--max-key"}},
	{request: fact("ninebytes"), code: codes.InvalidArgument, says: []string{"9 bytes", "8 bytes", "--max-key"}},
	{request: set("", 0), reply: total(5)}, // what was refused changed nothing
}

// TestExchanges goes through the same calls under both paths.
func TestExchanges(t *testing.T) {
	for _, service := range []string{"NumStore", "numstore.NumStore"} {
		conn := dial(t, 3)
		for _, exchange := range exchanges {
			reply, err := invoke(t, conn, service, exchange.request)
			said := status.Convert(err).Message()
			if fact, ok := reply.(*numstorepb.FactResponse); ok && err == nil {
				said, fact.Error = fact.Error, ""
			}
			if status.Code(err) != exchange.code || err == nil && !proto.Equal(reply, exchange.reply) {
				t.Errorf("%s: %v was answered with {%v}, %v; want {%v}, %s", service, exchange.request, reply, err, exchange.reply, exchange.code)
			}
			if (said == "") != (exchange.says == nil) {
				t.Errorf("%s: %v was answered with the message %q", service, exchange.request, said)
			}
			for _, part := range exchange.says {
				if !strings.Contains(said, part) {
					t.Errorf("%s: the answer to %v says %q; it does not name %s", service, exchange.request, said, part)
				}
			}
		}
	}
}

// invoke sends a request to its method of the service with that name.
func invoke(t *testing.T, conn *grpc.ClientConn, service string, request proto.Message) (proto.Message, error) {
	method, reply := "/SetNum", proto.Message(new(numstorepb.SetNumResponse))
	if _, isFact := request.(*numstorepb.FactRequest); isFact {
		method, reply = "/Fact", new(numstorepb.FactResponse)
	}
	return reply, conn.Invoke(t.Context(), "/"+service+method, request, reply)
}

// TestDescriptors checks that reflection can describe what it lists: the service under both names.
func TestDescriptors(t *testing.T) {
	for _, name := range []protoreflect.FullName{"NumStore", "numstore.NumStore"} {
		descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		input := descriptor.(protoreflect.ServiceDescriptor).Methods().ByName("SetNum").Input()
		if want := name.Parent().Append("SetNumRequest"); input.FullName() != want {
			t.Errorf("%s takes %s; want %s", name, input.FullName(), want)
		}
	}
}

// TestMetrics counts what Fact answered.
func TestMetrics(t *testing.T) {
	store, registry := InMemory(numbers.New(10)), prometheus.NewRegistry()
	adapter := &adapter{store: store, maxKey: testMaxKey, facts: newFactCounters(registry, store)}
	adapter.SetNum(t.Context(), set("k", 5))
	for _, key := range []string{"k", "k", "k", "missing"} {
		adapter.Fact(t.Context(), fact(key))
	}
	const want = `
# HELP numstore_facts_total Answered Facts by result: hit (from the cache), computed, or refused (the key is missing or its value has no factorial).
# TYPE numstore_facts_total counter
numstore_facts_total{result="computed"} 1
numstore_facts_total{result="hit"} 2
numstore_facts_total{result="refused"} 1
# HELP numstore_keys Keys held.
# TYPE numstore_keys gauge
numstore_keys 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// TestAllocations: a call allocates nothing but its response.
func TestAllocations(t *testing.T) {
	store := InMemory(numbers.New(10))
	adapter := &adapter{store: store, maxKey: testMaxKey, facts: newFactCounters(prometheus.NewRegistry(), store)}
	setNum, fact := set("k", 5), fact("k")
	for name, call := range map[string]func(){
		"SetNum": func() { adapter.SetNum(t.Context(), setNum) },
		"Fact":   func() { adapter.Fact(t.Context(), fact) },
	} {
		adapter.SetNum(t.Context(), setNum) // the key exists, and the second Fact is a hit
		if n := testing.AllocsPerRun(100, call); n > 1 {
			t.Errorf("%s allocates %v times; want once, for the response", name, n)
		}
	}
}

// BenchmarkSetNum is the way of a call through the adapter and the store, without gRPC.
func BenchmarkSetNum(b *testing.B) {
	store := InMemory(numbers.New(10))
	adapter := &adapter{store: store, maxKey: testMaxKey, facts: newFactCounters(prometheus.NewRegistry(), store)}
	request := set("k", 5)
	b.ReportAllocs()
	for b.Loop() {
		adapter.SetNum(b.Context(), request)
	}
}

func set(key string, value int64) *numstorepb.SetNumRequest {
	return &numstorepb.SetNumRequest{Key: key, Value: value}
}

func total(n int64) *numstorepb.SetNumResponse { return &numstorepb.SetNumResponse{Total: n} }

func fact(key string) *numstorepb.FactRequest { return &numstorepb.FactRequest{Key: key} }

func factorial(value int64, hit bool) *numstorepb.FactResponse {
	return &numstorepb.FactResponse{Value: value, Hit: hit}
}
