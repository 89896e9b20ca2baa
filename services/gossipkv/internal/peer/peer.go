// Package peer is how the servers of gossipkv reach each other: it makes links, keeps them, and carries messages, over gRPC.
//
// A link is one stream between two servers, whichever of them has called (peerpb's Peer.Gossip). Both greet, both check the other's
// greeting, and the one with the lower number says which stream is the link, also when both call at once (greet.go). Then
// messages go both ways (session.go): short ones overtake long ones, which travel in parts; bytes bound what waits to be sent, and what
// has no room is lost. So a server that is slow, or hangs, costs the others nothing. One that is silent for a few seconds is given up.
//
// Whom this server calls is a target (target.go): an address of Config.Peers or of Connect, or where a server said that it is that has
// called itself. A target is called until there is a link to the server behind it, and again when that breaks. Disconnect
// ends that, on both sides (table.go): each remembers with whom no link is wanted, and refuses a server that has not heard of it. An
// operator's word lifts it: Connect, or a server that was started anew with that one among its Config.Peers.
//
// Who may speak as a server at all, Config.Authorize decides before anything else.
package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
	"numstore.example/services/internal/links"
)

// Node is what peers ask of their node. A *node.Node is one. None of it waits for anything, nor is called while the lock of Peers is
// held.
type Node interface {
	// Greeting returns what this server tells of itself.
	Greeting() node.Greeting
	// Welcome says, for people, why a server is refused that has so greeted; nil if it is not.
	Welcome(node.Greeting) error
	// LinkUp is told of a link before the first message of the other server, and LinkDown after the last. They come in turns.
	LinkUp(node.Greeting)
	LinkDown(merge.ServerID)
	// Receive takes a message. It does not wait.
	Receive(merge.ServerID, node.Message)
}

// Config says how servers speak to each other.
type Config struct {
	// Peers are addresses, HOST:PORT each, of servers to which this one links itself from Start on.
	Peers []string

	// Token is sent with each call, unless it is empty; Credentials are of the connections, nil for none.
	Token       string
	Credentials credentials.TransportCredentials

	// Authorize returns the status for a caller who may not speak as a server. Nil lets everybody.
	Authorize func(context.Context) error

	// Stopping is closed when the server stops: then nobody is called any more, and streams of others end when what waits was sent.
	Stopping <-chan struct{}

	Logger *slog.Logger

	// Dial is for tests: it connects to an address.
	Dial links.Dialer
}

// Peers are the other servers, for one server. Use New, then Start with the node when that is open, and Close before that is closed.
type Peers struct {
	config  Config
	log     *slog.Logger
	notices links.Notices[string] // of an address, or a server's number
	run     uint64                // random: tells this start of the server from others
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	node  Node // nil before Start
	self  merge.ServerID
	table table
	done  bool // nothing new may run
}

var (
	_ node.Transport    = (*Peers)(nil)
	_ Node              = (*node.Node)(nil)
	_ peerpb.PeerServer = (*service)(nil)
)

// New returns peers that call nobody, and refuse all calls, until Start.
func New(config Config) *Peers {
	p := &Peers{config: config, log: config.Logger, run: rand.Uint64(), table: newTable()}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Register puts the service on a server. Its calls are answered from Start on.
func (p *Peers) Register(registrar grpc.ServiceRegistrar) {
	peerpb.RegisterPeerServer(registrar, &service{Peers: p})
}

// Start begins to speak for a node, which must be open. Address is where others reach this server, HOST:PORT, or empty if it is not known: they
// are told, so that they can call it.
func (p *Peers) Start(node Node, address string) {
	self := node.Greeting().Self.Server
	p.mu.Lock()
	defer p.mu.Unlock()
	p.node, p.self, p.table.own = node, self, address
	for _, peer := range p.config.Peers {
		if peer != address && p.table.targets[peer] == nil {
			p.keep(&target{address: peer, listed: true, asked: true})
		}
	}
}

// started returns the node, or nil before Start.
func (p *Peers) started() Node {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.node
}

// Close ends all links, when what waits was sent, or after a second, and waits until nobody asks the node any more. Calls of others
// must have ended, as after a server has stopped.
func (p *Peers) Close() {
	p.mu.Lock()
	p.done = true
	for _, t := range p.table.targets {
		t.drop(errStopping)
	}
	for _, link := range p.table.links {
		if link.session != nil {
			link.session.finish(errStopping)
		}
	}
	p.mu.Unlock()
	p.running.Wait()
	p.cancel()
}

// Send implements node.Transport.
func (p *Peers) Send(to merge.ServerID, message node.Message) (sent bool) {
	p.mu.Lock()
	session := p.table.sessionOf(to)
	p.mu.Unlock()
	return session != nil && session.send(message)
}

// Connect implements node.Transport.
func (p *Peers) Connect(ctx context.Context, address string) (merge.ServerID, error) {
	p.mu.Lock()
	switch {
	case p.done || p.node == nil || p.stopping():
		p.mu.Unlock()
		return 0, fmt.Errorf("%w: %w", node.ErrUnreachable, errStopping)
	case address == p.table.own:
		p.mu.Unlock()
		return 0, fmt.Errorf("%w: %w", node.ErrRefused, errSelf(address))
	}
	delete(p.table.cutAddresses, address)
	t := p.table.targets[address]
	if t == nil {
		t = &target{address: address}
		p.keep(t)
	}
	answered := t.ask()
	p.table.answer() // if there is a link already
	p.mu.Unlock()
	select {
	case answer := <-answered:
		return answer.server, answer.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Disconnect implements node.Transport.
func (p *Peers) Disconnect(ctx context.Context, server merge.ServerID, address string) error {
	p.mu.Lock()
	session, known := p.table.cut(server, address)
	p.mu.Unlock()
	if !known {
		if server != 0 {
			return fmt.Errorf("%w to server %d", node.ErrNoLink, server)
		}
		return fmt.Errorf("%w to %s", node.ErrNoLink, address)
	}
	if session == nil {
		return nil
	}
	session.finish(errCut)
	select {
	case <-session.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// HangUp implements node.Transport.
func (p *Peers) HangUp(server merge.ServerID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if session := p.table.sessionOf(server); session != nil {
		session.finish(errUnwelcome)
	}
}

// Links implements node.Transport. They are in the order of the servers' numbers, then of the addresses.
func (p *Peers) Links() []node.Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.list()
}

// stopping says whether the server stops.
func (p *Peers) stopping() bool {
	select {
	case <-p.config.Stopping:
		return true
	default:
		return false
	}
}

var (
	// errCut ends a link that shall not be, as an operator has said.
	errCut = errors.New("an operator has ended the link between the two servers (Disconnect); Connect makes it again")
	// errCutThere is errCut as the other server has told it.
	errCutThere = fmt.Errorf("the other server says: %w", errCut)
	// errStopping ends a link to a server that stops.
	errStopping = errors.New("the server is stopping")
	// errUnwelcome ends a link to a server that is not welcome any more. Why, it is told when it greets again.
	errUnwelcome = errors.New("one of the two servers does not welcome the other any more")
	// errReplaced ends a link in whose place there is another one.
	errReplaced = errors.New("there is a newer link")
	// errNotNeeded is for a stream beside which there is a link that stands.
	errNotNeeded = errors.New("there is another link between the two servers")
)

// errSelf refuses a server that is this one.
func errSelf(address string) error {
	return fmt.Errorf("%s is the address of this server itself", address)
}

// refusal is that one server does not want the other. It is final if that cannot pass.
type refusal struct {
	reason string
	final  bool
}

func (r *refusal) Error() string { return r.reason }

// invalid is what a server that is well would not have sent.
type invalid struct{ why error }

func (i *invalid) Error() string { return fmt.Sprintf("what came is not valid: %v", i.why) }

// broken is why a link is over that was up.
type broken struct{ why error }

func (b *broken) Error() string { return "the link is over: " + reasonOf(b.why) }
func (b *broken) Unwrap() error { return b.why }

// reasonOf says for people why a link is over.
func reasonOf(why error) string {
	if errors.Is(why, context.Canceled) || status.Code(why) == codes.Canceled {
		return "the connection has ended"
	}
	return status.Convert(why).Message()
}

// statusOf is how a stream of another server ends.
func statusOf(err error) error {
	code := codes.Unavailable
	switch {
	case err == nil, errors.Is(err, errReplaced), errors.Is(err, errCutThere):
		return nil
	case errors.Is(err, errNotNeeded):
		code = codes.Aborted
	case errors.As(err, new(*refusal)), errors.Is(err, errCut):
		code = codes.FailedPrecondition
	case errors.As(err, new(*invalid)):
		code = codes.InvalidArgument
	}
	return status.Error(code, err.Error())
}
