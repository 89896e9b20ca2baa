package lab_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
)

// maxDelay is the longest that a request takes on an unreliable network, and that one to a server that is cut off waits
// for nothing.
const maxDelay = 27 * time.Millisecond

// loss is how likely a request gets lost on an unreliable network before it is executed, and how likely the reply to
// one that was.
const loss = 0.1

// network is between clients and servers, as the course's: reliable, or with requests that are late and lost, and replies
// that are lost; servers can be cut off from all clients. What travels together on a pipeline gets lost, and comes
// late, each operation for itself. Whose request or reply was lost hears that there was no answer.
type network struct {
	underway sync.WaitGroup // what is late, and what carries streams

	mu         sync.Mutex
	random     *rand.Rand
	unreliable bool
	anonymous  bool            // requests lose their request ids
	cut        map[string]bool // by address
	listeners  map[string]*bufconn.Listener
	lost       losses
}

// losses are how many requests and replies were lost.
type losses struct{ requests, replies int }

// newNetwork returns a network that draws its faults from random.
func newNetwork(random *rand.Rand, unreliable bool) *network {
	return &network{random: random, unreliable: unreliable, cut: make(map[string]bool), listeners: make(map[string]*bufconn.Listener)}
}

// listen returns where the server of an address is to listen, in place of an earlier one.
func (n *network) listen(address string) net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listeners[address] = bufconn.Listen(1 << 20)
	return n.listeners[address]
}

// clerk returns a Clerk that knows some servers.
func (n *network) clerk(t *testing.T, servers ...string) *raftkv.Clerk {
	t.Helper()
	clerk, err := raftkv.Dial(servers, n.options()...)
	if err != nil {
		t.Fatal(err)
	}
	return clerk
}

// options are those of connections over the network.
func (n *network) options() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(n.dial),
		grpc.WithUnaryInterceptor(n.call), grpc.WithStreamInterceptor(n.stream),
	}
}

func (n *network) dial(ctx context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	listener := n.listeners[address]
	n.mu.Unlock()
	if listener == nil {
		return nil, fmt.Errorf("there is no server at %s", address)
	}
	return listener.DialContext(ctx)
}

// fate is what happens to one request.
type fate struct {
	delay               time.Duration
	losesIt, losesReply bool
}

// fate decides what happens to a request to a server.
func (n *network) fate(server string) (f fate) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f.losesIt = n.cut[server]
	if n.unreliable {
		f.losesIt = f.losesIt || n.random.Float64() < loss
		f.losesReply = n.random.Float64() < loss
	}
	if f.losesIt || n.unreliable {
		f.delay = time.Duration(n.random.Int64N(int64(maxDelay)))
	}
	return f
}

// replies reports whether the reply of a server gets through, for a request with this fate.
func (n *network) replies(server string, f fate) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if f.losesReply || n.cut[server] {
		n.lost.replies++
		return false
	}
	return true
}

func (n *network) countRequest() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lost.requests++
}

const noAnswer = "there was no answer"

// call carries a call of one request.
func (n *network) call(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	server := serverOf(conn)
	f := n.fate(server)
	time.Sleep(f.delay) // by the clock of the test
	if f.losesIt {
		n.countRequest()
		return status.Error(codes.Unavailable, noAnswer)
	}
	err := invoke(ctx, method, request, reply, conn, options...)
	if !n.replies(server, f) {
		return status.Error(codes.Unavailable, noAnswer)
	}
	return err
}

func serverOf(conn *grpc.ClientConn) string {
	target := conn.Target()
	return target[strings.LastIndexByte(target, '/')+1:]
}

// stream carries a stream: a pipeline's operations each for itself, others as they are.
func (n *network) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	carried, err := open(ctx, desc, conn, method, options...)
	if err != nil || method != raftkvpb.RaftKV_Pipeline_FullMethodName {
		return carried, err
	}
	p := &pipeline{
		ClientStream: carried, network: n, server: serverOf(conn), ended: ctx.Done(),
		requests: make(chan *raftkvpb.Operation), arrivals: make(chan arrival), fates: make(map[uint64]fate),
	}
	n.underway.Go(p.send)
	n.underway.Go(p.receive)
	return p, nil
}

// pipeline is a stream of operations on its way through the network. It ends with its context.
type pipeline struct {
	grpc.ClientStream
	network  *network
	server   string
	ended    <-chan struct{}
	requests chan *raftkvpb.Operation // that have got through
	arrivals chan arrival             // for the client

	mu    sync.Mutex
	fates map[uint64]fate // by tag, of those that are at the server
}

// arrival is what a client receives.
type arrival struct {
	answers []*raftkvpb.Answer
	err     error
}

// SendMsg sends each operation on its own way. The Clerk uses the message again as soon as this has returned.
func (p *pipeline) SendMsg(message any) error {
	for _, operation := range message.(*raftkvpb.PipelineRequest).GetOperations() {
		operation := proto.CloneOf(operation)
		if p.network.anonymous {
			forgetID(operation)
		}
		f := p.network.fate(p.server)
		p.network.underway.Go(func() { p.pass(operation, f) })
	}
	return nil
}

func forgetID(operation *raftkvpb.Operation) {
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Put:
		o.Put.RequestId = nil
	case *raftkvpb.Operation_Append:
		o.Append.RequestId = nil
	case *raftkvpb.Operation_Delete:
		o.Delete.RequestId = nil
	}
}

func (p *pipeline) pass(operation *raftkvpb.Operation, f fate) {
	time.Sleep(f.delay) // by the clock of the test
	if f.losesIt {
		p.network.countRequest()
		p.arrive(arrival{answers: []*raftkvpb.Answer{noAnswerTo(operation.GetTag())}})
		return
	}
	p.mu.Lock()
	p.fates[operation.GetTag()] = f
	p.mu.Unlock()
	select {
	case p.requests <- operation:
	case <-p.ended:
	}
}

func noAnswerTo(tag uint64) *raftkvpb.Answer {
	return &raftkvpb.Answer{Tag: tag, Answer: &raftkvpb.Answer_Error{
		Error: &raftkvpb.Error{Code: int32(codes.Unavailable), Message: noAnswer}}}
}

func (p *pipeline) arrive(a arrival) {
	select {
	case p.arrivals <- a:
	case <-p.ended:
	}
}

// send gives the server what has got through.
func (p *pipeline) send() {
	for {
		select {
		case operation := <-p.requests:
			// When it fails, the stream has ended, and receive learns why.
			p.ClientStream.SendMsg(&raftkvpb.PipelineRequest{Operations: []*raftkvpb.Operation{operation}})
		case <-p.ended:
			return
		}
	}
}

// receive takes the server's answers, of which some get lost.
func (p *pipeline) receive() {
	for {
		response := new(raftkvpb.PipelineResponse)
		if err := p.ClientStream.RecvMsg(response); err != nil {
			p.arrive(arrival{err: err})
			return
		}
		for i, answer := range response.GetAnswers() {
			p.mu.Lock()
			f := p.fates[answer.GetTag()]
			p.mu.Unlock()
			if !p.network.replies(p.server, f) {
				response.Answers[i] = noAnswerTo(answer.GetTag())
			}
		}
		p.arrive(arrival{answers: response.GetAnswers()})
	}
}

// RecvMsg receives what has arrived.
func (p *pipeline) RecvMsg(message any) error {
	select {
	case a := <-p.arrivals:
		message.(*raftkvpb.PipelineResponse).Answers = a.answers
		return a.err
	case <-p.ended:
		return status.Error(codes.Canceled, "the stream has ended")
	}
}
