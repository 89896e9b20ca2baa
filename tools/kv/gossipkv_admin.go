package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"numstore.example/contracts/gossipkvpb"
)

type connectCommand struct {
	Address string `arg:"" placeholder:"HOST:PORT" help:"Where the other server is, as the first of --servers reaches it."`
}

// Run links the server, and prints to which one.
func (c *connectCommand) Run(a *app) error {
	return a.administer(func(ctx context.Context, admin gossipkvpb.GossipKVAdminClient) error {
		r, err := admin.Connect(ctx, &gossipkvpb.ConnectRequest{Address: c.Address})
		switch {
		case err != nil:
			return err
		case a.json():
			return a.printMessage(r)
		}
		return a.write(fmt.Appendf(nil, "linked to server %d\n", r.GetServer()))
	})
}

type disconnectCommand struct {
	Peer string `arg:"" placeholder:"NUMBER|HOST:PORT" help:"The number of the other server, or its address if it was never reached."`
}

// Run ends the link.
func (c *disconnectCommand) Run(a *app) error {
	request, err := disconnection(c.Peer)
	if err != nil {
		return err
	}
	return a.administer(func(ctx context.Context, admin gossipkvpb.GossipKVAdminClient) error {
		_, err := admin.Disconnect(ctx, request)
		return err
	})
}

// disconnection returns the request to end a link.
func disconnection(peer string) (*gossipkvpb.DisconnectRequest, error) {
	if strings.Contains(peer, ":") {
		return &gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Address{Address: peer}}, nil
	}
	server, err := serverNumber(peer)
	if err != nil {
		return nil, fmt.Errorf("%w; or a host:port", err)
	}
	return &gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Server{Server: server}}, nil
}

type forgetCommand struct {
	Server string `arg:"" placeholder:"NUMBER" help:"The number of the server that will never come back."`
}

// Help is what kv forget --help says below the flags.
func (c *forgetCommand) Help() string {
	return `Tombstones are kept until all servers know of them: one that is gone for ever holds them up until it is forgotten. Any server can be told, and tells the others. If the server does come back, they refuse it until its folder is empty; writes that it had taken and that had reached no other server are lost.`
}

// Run has the system forget the server.
func (c *forgetCommand) Run(a *app) error {
	server, err := serverNumber(c.Server)
	if err != nil {
		return err
	}
	return a.administer(func(ctx context.Context, admin gossipkvpb.GossipKVAdminClient) error {
		_, err := admin.Forget(ctx, &gossipkvpb.ForgetRequest{Server: server})
		return err
	})
}

// serverNumber reads the number of a server.
func serverNumber(text string) (uint32, error) {
	number, err := strconv.ParseUint(text, 10, 32)
	if err != nil || number == 0 {
		return 0, fmt.Errorf("%q is no server; it must be a number from 1 to 4294967295, as kv stat shows it", text)
	}
	return uint32(number), nil
}

// administer has a function make an administrative call of the first of --servers: which one it is matters to most of them.
func (a *app) administer(do func(context.Context, gossipkvpb.GossipKVAdminClient) error) error {
	ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
	defer cancel()
	return a.administerAt(ctx, a.Servers[0], do)
}

func (a *app) administerAt(ctx context.Context, server string, do func(context.Context, gossipkvpb.GossipKVAdminClient) error) error {
	conn, err := a.admin(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close()
	return do(ctx, gossipkvpb.NewGossipKVAdminClient(conn))
}

// shutdownGossipkv asks the server to stop, which it does after it has answered, or all servers.
func shutdownGossipkv(a *app, all bool) error {
	stop := func(ctx context.Context, admin gossipkvpb.GossipKVAdminClient) error {
		_, err := admin.Shutdown(ctx, new(gossipkvpb.ShutdownRequest))
		return err
	}
	if !all {
		return a.administer(stop)
	}
	secret, err := a.adminToken()
	if err != nil {
		return err
	}
	a.Token = secret // is good for asking for the others too
	servers := askAll(a.everyone(), a.within(callTimeout), func(ctx context.Context, t *told) {
		if t.err == nil {
			t.err = a.administerAt(ctx, t.address, stop)
		}
	})
	return verdictOfAll("servers", fatesOf(servers))
}
