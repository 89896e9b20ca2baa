package server

import (
	"context"

	"numstore.example/contracts/gossipkvpb"
)

// admin implements the contract's administrative service.
type admin struct {
	gossipkvpb.UnimplementedGossipKVAdminServer
	*adapter
}

// Connect implements the contract.
func (a *admin) Connect(ctx context.Context, request *gossipkvpb.ConnectRequest) (*gossipkvpb.ConnectResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	address, err := checkAddress(request.GetAddress())
	if err != nil {
		return nil, err
	}
	server, err := a.Node.Connect(ctx, address)
	if err != nil {
		return nil, linkStatus(err)
	}
	return &gossipkvpb.ConnectResponse{Server: uint32(server)}, nil
}

// Disconnect implements the contract.
func (a *admin) Disconnect(ctx context.Context, request *gossipkvpb.DisconnectRequest) (*gossipkvpb.DisconnectResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	server, address, err := checkLink(request)
	if err != nil {
		return nil, err
	}
	if err := a.Node.Disconnect(ctx, server, address); err != nil {
		return nil, linkStatus(err)
	}
	return &gossipkvpb.DisconnectResponse{}, nil
}

// Forget implements the contract.
func (a *admin) Forget(ctx context.Context, request *gossipkvpb.ForgetRequest) (*gossipkvpb.ForgetResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	server, err := checkForgotten(request, a.Node.Self().Server)
	if err != nil {
		return nil, err
	}
	if err := a.Node.Forget(ctx, server); err != nil {
		return nil, forgetStatus(err)
	}
	a.Logger.Info("told to forget a server", "server", server)
	return &gossipkvpb.ForgetResponse{}, nil
}

// Shutdown implements the contract.
func (a *admin) Shutdown(ctx context.Context, _ *gossipkvpb.ShutdownRequest) (*gossipkvpb.ShutdownResponse, error) {
	if err := a.Admin.Check(ctx); err != nil {
		return nil, err
	}
	a.Logger.Info("told to shut down")
	a.Stop()
	return &gossipkvpb.ShutdownResponse{}, nil
}
