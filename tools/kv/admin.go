package main

import (
	"context"

	"numstore.example/contracts/raftkvpb"
)

type shutdownCommand struct {
	All bool `help:"Stop all servers of the cluster, not only the first of --servers."`
}

// Run asks the server to stop, which it does after it has answered.
func (c *shutdownCommand) Run(a *app) error {
	ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
	defer cancel()
	conn, err := a.admin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = raftkvpb.NewRaftKVAdminClient(conn).Shutdown(ctx, &raftkvpb.ShutdownRequest{All: c.All})
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
	conn, err := a.admin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = raftkvpb.NewRaftKVAdminClient(conn).Compact(ctx, &raftkvpb.CompactRequest{})
	return err
}
