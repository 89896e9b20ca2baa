package inprocess

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
)

// Connect implements the contract.
func (s admin) Connect(_ context.Context, r *gossipkvpb.ConnectRequest) (*gossipkvpb.ConnectResponse, error) {
	c := s.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	other := c.at(r.GetAddress())
	switch {
	case r.GetAddress() == "":
		return nil, status.Error(codes.InvalidArgument, "there is no address to connect to")
	case other == nil:
		return nil, status.Errorf(codes.Unavailable, "no server was ever started under %s", r.GetAddress())
	case other == s.Server:
		return nil, status.Errorf(codes.FailedPrecondition, "%s is this server itself", r.GetAddress())
	case c.forgotten[other.number] || c.forgotten[s.number]:
		return nil, status.Errorf(codes.FailedPrecondition, "the server %d or %d was forgotten", s.number, other.number)
	}
	link := between(s.number, other.number)
	c.links[link] = true
	if !c.up(link) {
		return nil, status.Errorf(codes.Unavailable, "%s cannot be reached; it is tried again", r.GetAddress())
	}
	c.meet()
	return &gossipkvpb.ConnectResponse{Server: other.number}, nil
}

// at returns the server of an address, or nil. mu is held.
func (c *Cluster) at(address string) *Server {
	for _, s := range c.servers {
		if s.address == address {
			return s
		}
	}
	return nil
}

// Disconnect implements the contract.
func (s admin) Disconnect(_ context.Context, r *gossipkvpb.DisconnectRequest) (*gossipkvpb.DisconnectResponse, error) {
	c := s.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	number := r.GetServer()
	if other := c.at(r.GetAddress()); other != nil && number == 0 {
		number = other.number
	}
	if link := between(s.number, number); c.links[link] {
		delete(c.links, link)
		return new(gossipkvpb.DisconnectResponse), nil
	}
	return nil, status.Errorf(codes.NotFound, "there is no link to {%v}", r)
}

// Forget implements the contract. All servers know of it at once.
func (s admin) Forget(_ context.Context, r *gossipkvpb.ForgetRequest) (*gossipkvpb.ForgetResponse, error) {
	c := s.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.servers[r.GetServer()] == nil {
		return nil, status.Errorf(codes.NotFound, "there is no server %d", r.GetServer())
	}
	c.forgotten[r.GetServer()] = true
	c.collect()
	return new(gossipkvpb.ForgetResponse), nil
}

// Shutdown implements the contract.
func (s admin) Shutdown(context.Context, *gossipkvpb.ShutdownRequest) (*gossipkvpb.ShutdownResponse, error) {
	go s.end((*grpc.Server).GracefulStop) // which waits until this call is answered
	return new(gossipkvpb.ShutdownResponse), nil
}
