package inprocess

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
)

// Fault is what a server does with a call instead of what it should.
type Fault int

// The faults. Calls that break have UNAVAILABLE.
const (
	None    Fault = iota
	Drop          // breaks the call after executing it, without an answer
	Lose          // breaks the call without executing it
	Swallow       // executes it and never answers
)

// Server is one server of a Cluster.
type Server struct {
	// Faults says what goes wrong with a call of a method, such as "Put". It is set before the server is called, and is called from any
	// number of goroutines.
	Faults func(method string) Fault

	cluster *Cluster
	number  uint32
	address string
	start   time.Time
	calls   struct{ puts, gets, deletes, dumps, unmet atomic.Uint64 }

	// The Cluster's mu guards what follows.
	store   *store
	running bool
	server  *grpc.Server // nil if it does not run, or is another's to stop
	served  *sync.WaitGroup
}

// Address returns the address that it was given.
func (s *Server) Address() string { return s.address }

// service is the contract's calls of a server, and admin the administrative ones.
type (
	service struct {
		gossipkvpb.UnimplementedGossipKVServer
		*Server
	}
	admin struct {
		gossipkvpb.UnimplementedGossipKVAdminServer
		*Server
	}
)

func (s *Server) register(registrar grpc.ServiceRegistrar) {
	gossipkvpb.RegisterGossipKVServer(registrar, service{Server: s})
	gossipkvpb.RegisterGossipKVAdminServer(registrar, admin{Server: s})
}

// do executes a call, unless a fault says otherwise.
func (s *Server) do(ctx context.Context, method string, execute func() error) error {
	fault := None
	if s.Faults != nil {
		fault = s.Faults(method)
	}
	if fault == Lose {
		return status.Error(codes.Unavailable, "lost before execution")
	}
	err := execute()
	switch fault {
	case Drop:
		return status.Error(codes.Unavailable, "lost after execution")
	case Swallow:
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	return err
}

// Put implements the contract.
func (s service) Put(ctx context.Context, r *gossipkvpb.PutRequest) (*gossipkvpb.PutResponse, error) {
	response := new(gossipkvpb.PutResponse)
	err := s.do(ctx, "Put", func() (err error) {
		if err = checkPair(r.GetKey(), r.GetValue()); err == nil {
			response.Version, err = s.write(&s.calls.puts, r.GetKey(), r.GetValue(), false, r.GetSessionTime())
		}
		return err
	})
	return response, err
}

// Delete implements the contract.
func (s service) Delete(ctx context.Context, r *gossipkvpb.DeleteRequest) (*gossipkvpb.DeleteResponse, error) {
	response := new(gossipkvpb.DeleteResponse)
	err := s.do(ctx, "Delete", func() (err error) {
		if err = checkPair(r.GetKey(), nil); err == nil {
			response.Version, err = s.write(&s.calls.deletes, r.GetKey(), nil, true, r.GetSessionTime())
		}
		return err
	})
	return response, err
}

// write counts a write of a session, and has this server and all that it can reach take it. It returns the version.
func (s *Server) write(calls *atomic.Uint64, key, value []byte, deleted bool, sessionTime uint64) (*gossipkvpb.Version, error) {
	c := s.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := checkTime(s.store.time(), sessionTime); err != nil {
		return nil, err
	}
	calls.Add(1)
	if c.forgotten[s.number] {
		return nil, status.Errorf(codes.FailedPrecondition, "the server %d was forgotten, and takes no writes; ask another one", s.number)
	}
	if c.IgnoreTime {
		sessionTime = 0
	}
	e := s.store.write(key, value, deleted, sessionTime)
	c.spread(s, string(key), e)
	return e.version.message(), nil
}

// Get implements the contract.
func (s service) Get(ctx context.Context, r *gossipkvpb.GetRequest) (response *gossipkvpb.GetResponse, err error) {
	err = s.do(ctx, "Get", func() error {
		c := s.cluster
		c.mu.Lock()
		defer c.mu.Unlock()
		if err := checkGet(r, s.store.time()); err != nil {
			return err
		}
		s.calls.gets.Add(1)
		seen := versionOf(r.GetSeen())
		if c.IgnoreSeen {
			seen = version{}
		}
		response = s.store.read(string(r.GetKey()), seen)
		if response.GetOutcome() == gossipkvpb.Outcome_OUTCOME_DEPENDENCY_NOT_MET {
			s.calls.unmet.Add(1)
		}
		return nil
	})
	return response, err
}

// partPairs is how many pairs a part of a Dump has.
const partPairs = 3

// Dump implements the contract.
func (s service) Dump(r *gossipkvpb.DumpRequest, stream gossipkvpb.GossipKV_DumpServer) error {
	return s.do(stream.Context(), "Dump", func() error {
		if err := checkDump(r); err != nil {
			return err
		}
		s.calls.dumps.Add(1)
		s.cluster.mu.Lock()
		pairs := s.store.dump(r)
		s.cluster.mu.Unlock()
		for len(pairs) > 0 {
			n := min(partPairs, len(pairs))
			if err := stream.Send(&gossipkvpb.DumpResponse{Pairs: pairs[:n]}); err != nil {
				return err
			}
			pairs = pairs[n:]
		}
		return nil
	})
}
