package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkvpb"
	"numstore.example/contracts/token"
	"numstore.example/tools/orchestrate/internal/script"
)

// process is a server process that serves.
type process interface {
	Address() string        // where it takes calls
	Kill()                  // ends it as a crash does, and returns when it is gone
	Ended() <-chan struct{} // closed when it is gone
	Epitaph() string        // after that: how it ended, and what it said last
}

// launcher starts the server with a number, and returns when it serves.
type launcher func(ctx context.Context, number int) (process, error)

// system is the servers and clients of a script, and the connections between them. It is used by one goroutine.
type system struct {
	launch  launcher
	secret  string            // what administrative calls carry
	dialing []grpc.DialOption // how to reach servers
	died    chan death        // servers that have ended; a killed one too
	over    chan struct{}     // closed when nobody listens to died any more

	numbers *numbers
	servers map[script.ID]*server // all that have ever joined
	clients map[script.ID]*client
	links   map[link]bool // between servers that run, as the script has made them

	sessions *gossipkv.Client
}

// server is a server that has joined once.
type server struct {
	id     script.ID
	number int
	taken  map[origin]uint64 // the times of the last writes that it has answered

	running process // nil while it does not run; then the rest is nothing too
	conn    *grpc.ClientConn
	calls   gossipkvpb.GossipKVClient
	admin   gossipkvpb.GossipKVAdminClient
}

// origin is who makes versions.
type origin struct {
	server      uint32
	incarnation uint64
}

// death is that of a process, which may have been killed.
type death struct {
	server  *server
	process process
}

// link is two servers that are linked, in the order of their numbers.
type link struct{ a, b *server }

func between(a, b *server) link {
	if a.number > b.number {
		return link{b, a}
	}
	return link{a, b}
}

// newSystem returns a system without servers. It is closed by its caller.
func newSystem(launch launcher, secret string, numbers *numbers, options ...grpc.DialOption) (*system, error) {
	s := &system{
		launch: launch, secret: secret, numbers: numbers,
		dialing: append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy()}, options...),
		died:    make(chan death), over: make(chan struct{}),
		servers: make(map[script.ID]*server), clients: make(map[script.ID]*client), links: make(map[link]bool),
	}
	var err error
	s.sessions, err = gossipkv.Dial(nil, s.dialing...)
	return s, err
}

// close ends the connections. Processes are their launcher's to end.
func (s *system) close() {
	close(s.over)
	s.sessions.Close()
	for _, server := range s.servers {
		if server.running != nil {
			server.conn.Close()
		}
	}
}

// server returns a server that runs.
func (s *system) server(id script.ID) (*server, error) {
	switch server := s.servers[id]; {
	case s.clients[id] != nil:
		return nil, fmt.Errorf("%v is a client, and no server", id)
	case server == nil:
		return nil, fmt.Errorf("there is no server %v", id)
	case server.running == nil:
		return nil, fmt.Errorf("the server %v does not run", id)
	default:
		return server, nil
	}
}

// joinServer starts a server, and links it to all that run.
func (s *system) joinServer(ctx context.Context, id script.ID) error {
	if s.clients[id] != nil {
		return fmt.Errorf("%v is a client; servers and clients share their ids", id)
	}
	joining := s.servers[id]
	if joining != nil && joining.running != nil {
		return fmt.Errorf("the server %v runs already", id)
	}
	if joining == nil {
		number, err := s.numbers.of(id)
		if err != nil {
			return err
		}
		joining = &server{id: id, number: number, taken: make(map[origin]uint64)}
	}
	process, err := s.launch(ctx, joining.number)
	if err != nil {
		return fmt.Errorf("the server %v could not be started: %w", id, err)
	}
	if err := joining.begin(process, s.dialing); err != nil {
		process.Kill()
		return err
	}
	go s.watch(death{joining, process})
	var others []*server
	for _, other := range s.servers {
		if other.running != nil && other != joining {
			others = append(others, other)
			s.links[between(joining, other)] = true
		}
	}
	s.servers[id] = joining
	return each(others, func(other *server) error { return s.connect(ctx, joining, other) })
}

// watch tells of the end of a process.
func (s *system) watch(d death) {
	select {
	case <-d.process.Ended():
	case <-s.over:
		return
	}
	select {
	case s.died <- d:
	case <-s.over:
	}
}

// begin has a server run as a process.
func (s *server) begin(process process, dialing []grpc.DialOption) error {
	conn, err := grpc.NewClient("passthrough:///"+process.Address(), dialing...)
	if err != nil {
		return err
	}
	s.running, s.conn = process, conn
	s.calls, s.admin = gossipkvpb.NewGossipKVClient(conn), gossipkvpb.NewGossipKVAdminClient(conn)
	return nil
}

// killServer kills a server.
func (s *system) killServer(ctx context.Context, id script.ID) error {
	victim, err := s.server(id)
	if err != nil {
		return err
	}
	victim.running.Kill()
	s.bury(ctx, victim)
	return nil
}

// bury takes up that a server is gone. Those that were linked to it are told not to try to reach it: where it was, somebody else may listen soon.
func (s *system) bury(ctx context.Context, gone *server) {
	gone.conn.Close()
	gone.running, gone.conn, gone.calls, gone.admin = nil, nil, nil, nil
	var others []*server
	for l := range s.links {
		switch gone {
		case l.a:
			others = append(others, l.b)
		case l.b:
			others = append(others, l.a)
		default:
			continue
		}
		delete(s.links, l)
	}
	// What fails here is of no interest: a link with a server that is gone carries nothing.
	each(others, func(other *server) error { return s.disconnect(ctx, other, gone) })
}

// each does something for all items at the same time, and returns when all is done, with one of the errors.
func each[T any](items []T, do func(T) error) error {
	errs := make(chan error, len(items))
	for _, item := range items {
		go func() { errs <- do(item) }()
	}
	var failed error
	for range items {
		if err := <-errs; err != nil {
			failed = err
		}
	}
	return failed
}

// connect has a server link itself to another one, and returns when the link is up.
func (s *system) connect(ctx context.Context, a, b *server) error {
	ctx, cancel := s.admitted(ctx)
	defer cancel()
	if _, err := a.admin.Connect(ctx, &gossipkvpb.ConnectRequest{Address: b.running.Address()}); err != nil {
		return fmt.Errorf("the server %v is not linked to %v: %s", a.id, b.id, saying(err))
	}
	return nil
}

// disconnect has a server end its link to another one. If there is none any more, that is fine.
func (s *system) disconnect(ctx context.Context, a, b *server) error {
	ctx, cancel := s.admitted(ctx)
	defer cancel()
	_, err := a.admin.Disconnect(ctx, &gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Server{Server: uint32(b.number)}})
	if err != nil && status.Code(err) != codes.NotFound {
		return fmt.Errorf("the server %v does not end its link to %v: %s", a.id, b.id, saying(err))
	}
	return nil
}

// admitted returns the context of an administrative call.
func (s *system) admitted(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(metadata.AppendToOutgoingContext(ctx, token.Header, token.Prefix+s.secret), callTime)
}

// saidBy is the error of a call to a server, without what its users do not want to know of the way there.
func saidBy(s *server, err error) error { return fmt.Errorf("the server %v: %s", s.id, saying(err)) }

// saying returns what a server has said of an error, or what came instead of that.
func saying(err error) string {
	var answer interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &answer) {
		return err.Error()
	}
	if s := answer.GRPCStatus(); s.Code() != codes.DeadlineExceeded {
		return fmt.Sprintf("%s (%v)", s.Message(), s.Code())
	}
	return fmt.Sprintf("no answer within %v", callTime)
}
