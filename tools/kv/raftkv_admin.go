package main

import (
	"context"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
)

// shutdownRaftkv asks the server to stop, which it does after it has answered, or all servers.
func shutdownRaftkv(a *app, all bool) error {
	if !all {
		ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
		defer cancel()
		return a.shutdown(ctx, a.Servers[0], false)
	}
	secret, err := a.adminToken()
	if err != nil {
		return err
	}
	a.Token = secret // is good for asking for the map too
	return a.withClerk(a.shutdownAll)
}

// shutdownAll tells all servers of the map to stop, each by itself: none has to reach another for it.
func (a *app) shutdownAll(ctx context.Context, clerk *raftkv.Clerk) error {
	topology, err := clerk.Topology(ctx)
	if err != nil {
		return err
	}
	if len(topology.GetNodes()) < 2 { // one alone is all of its cluster, and may not know its own address
		return a.shutdown(ctx, a.Servers[0], true)
	}
	return verdictOfAll("nodes", fates(each(a.ctx, topology, a.within(callTimeout), func(ctx context.Context, n *asked) {
		n.err = a.shutdown(ctx, n.node.GetAddress(), false)
	})))
}

func (a *app) shutdown(ctx context.Context, server string, all bool) error {
	conn, err := a.admin(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = raftkvpb.NewRaftKVAdminClient(conn).Shutdown(ctx, &raftkvpb.ShutdownRequest{All: all})
	return err
}

type compactCommand struct{}

// Run waits until the server is done.
func (c *compactCommand) Run(a *app) error {
	ctx := a.ctx
	if a.Timeout != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *a.Timeout)
		defer cancel()
	}
	conn, err := a.admin(ctx, a.Servers[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = raftkvpb.NewRaftKVAdminClient(conn).Compact(ctx, &raftkvpb.CompactRequest{})
	return err
}
