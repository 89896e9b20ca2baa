package compat

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// badNetwork is a proxy that loses requests and replies, and delivers copies of requests again, late and out of
// order. It knows no clock: what is late comes when a later call passes.
type badNetwork struct {
	server *grpc.ClientConn

	mu   sync.Mutex
	rng  *rand.Rand
	late []delivery

	lostRequests, lostReplies, copies atomic.Int64
	delivering                        sync.WaitGroup
}

// delivery is a message on its way to a method.
type delivery struct {
	method  string
	message []byte
}

// startBadNetwork puts a bad network in front of a server, and returns the port of its other end.
func startBadNetwork(t *testing.T, seed uint64, port string) (*badNetwork, string) {
	t.Helper()
	conn, err := grpc.NewClient("localhost:"+port,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{})))
	if err != nil {
		t.Fatal(err)
	}
	n := &badNetwork{server: conn, rng: rand.New(rand.NewPCG(seed, 0))}
	proxy := grpc.NewServer(grpc.UnknownServiceHandler(n.pass), grpc.ForceServerCodec(asIs{}))
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	go proxy.Serve(listener)
	t.Cleanup(func() {
		proxy.Stop()
		conn.Close()
	})
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return n, port
}

var (
	frames  = &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	errLost = status.Error(codes.Unavailable, "lost on the way")
)

// pass passes a call of any method on, message by message in both directions, unless it is lost.
func (n *badNetwork) pass(_ any, client grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(client)
	server, err := n.server.NewStream(client.Context(), frames, method)
	if err != nil {
		return err
	}
	broken := make(chan error, 1)
	go func() { broken <- n.passRequests(method, client, server) }()
	for {
		var reply []byte
		if err := server.RecvMsg(&reply); err != nil {
			select {
			case lost := <-broken:
				if lost != nil {
					return lost
				}
			default:
			}
			return ended(err)
		}
		if n.roll(10) {
			n.lostReplies.Add(1)
			return errLost
		}
		if err := client.SendMsg(reply); err != nil {
			return err
		}
	}
}

// passRequests returns nil when the client has no more of them.
func (n *badNetwork) passRequests(method string, client grpc.ServerStream, server grpc.ClientStream) error {
	for {
		var request []byte
		if err := client.RecvMsg(&request); err != nil {
			return server.CloseSend()
		}
		n.deliverLate()
		if n.roll(5) {
			n.keep(delivery{method, request})
		}
		if n.roll(10) {
			n.lostRequests.Add(1)
			server.CloseSend() // what came before is answered, and then the call breaks
			return errLost
		}
		if err := server.SendMsg(request); err != nil {
			return err
		}
	}
}

// ended is the status of a call whose other side ended like this.
func ended(err error) error {
	if s, ok := status.FromError(err); ok {
		return s.Err()
	}
	return nil // io.EOF
}

// roll is true once in so many times.
func (n *badNetwork) roll(times int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rng.IntN(times) == 0
}

func (n *badNetwork) keep(d delivery) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.late = append(n.late, d)
}

// deliverLate delivers one of the kept copies, sometimes.
func (n *badNetwork) deliverLate() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.late) > 0 && n.rng.IntN(4) == 0 {
		i := n.rng.IntN(len(n.late))
		d := n.late[i]
		n.late = append(n.late[:i], n.late[i+1:]...)
		n.delivering.Go(func() { n.deliver(d) })
	}
}

// deliver makes a call of a message alone. Nobody hears the answer.
func (n *badNetwork) deliver(d delivery) {
	n.copies.Add(1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stream, err := n.server.NewStream(ctx, frames, d.method)
	if err != nil {
		return
	}
	stream.SendMsg(d.message)
	stream.CloseSend()
	for err == nil {
		var reply []byte
		err = stream.RecvMsg(&reply)
	}
}

// drain delivers all that is late.
func (n *badNetwork) drain() {
	n.mu.Lock()
	for _, d := range n.late {
		n.delivering.Go(func() { n.deliver(d) })
	}
	n.late = nil
	n.mu.Unlock()
	n.delivering.Wait()
}
