package raftkv

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkvpb"
)

// echo is a server that answers at once and remembers nothing: what is left is the cost of the Clerk, of
// gRPC, and of reading and writing messages at the other end.
type echo struct {
	raftkvpb.UnimplementedRaftKVServer
	messages, operations atomic.Int64
}

func (e *echo) Pipeline(stream raftkvpb.RaftKV_PipelineServer) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil
		}
		e.messages.Add(1)
		e.operations.Add(int64(len(request.GetOperations())))
		response := &raftkvpb.PipelineResponse{Answers: make([]*raftkvpb.Answer, len(request.GetOperations()))}
		for i, o := range request.GetOperations() {
			response.Answers[i] = reply(o)
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

func reply(o *raftkvpb.Operation) *raftkvpb.Answer {
	if o.GetGet() != nil {
		return &raftkvpb.Answer{Tag: o.GetTag(), Answer: &raftkvpb.Answer_Get{Get: &raftkvpb.GetResponse{Found: true, Version: 1, Value: make([]byte, 128)}}}
	}
	return &raftkvpb.Answer{Tag: o.GetTag(), Answer: &raftkvpb.Answer_Put{Put: &raftkvpb.PutResponse{Version: 1, Existed: true}}}
}

// BenchmarkClerk has goroutines call over TCP. Server and Clerk share the processors; allocations are
// those of both.
func BenchmarkClerk(b *testing.B) {
	value, key := make([]byte, 128), []byte("key-0123")
	calls := map[string]func(*testing.B, *Clerk) error{
		"put": func(b *testing.B, c *Clerk) error { _, err := c.Put(b.Context(), key, value); return err },
		"get": func(b *testing.B, c *Clerk) error { _, err := c.Get(b.Context(), key); return err },
	}
	for _, callers := range []int{1, 8, 64, 256} {
		for _, name := range []string{"put", "get"} {
			b.Run(fmt.Sprintf("%s/callers=%d", name, callers), func(b *testing.B) {
				call := calls[name]
				server, c := startEcho(b)
				if err := call(b, c); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				var left atomic.Int64
				left.Store(int64(b.N))
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						for left.Add(-1) >= 0 {
							if err := call(b, c); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
				b.ReportMetric(float64(server.operations.Load())/float64(server.messages.Load()), "calls/message")
			})
		}
	}
}

func startEcho(b *testing.B) (*echo, *Clerk) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server, e := grpc.NewServer(), new(echo)
	raftkvpb.RegisterRaftKVServer(server, e)
	go server.Serve(listener)
	b.Cleanup(server.Stop)
	c, err := Dial([]string{listener.Addr().String()}, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return e, c
}
