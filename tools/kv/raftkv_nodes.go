package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/cli"
)

// asked is a node of the cluster, and what came of asking it for something.
type asked struct {
	node *raftkvpb.Node
	stat *raftkvpb.StatResponse // what it says of itself; nil if that was not asked, or err is not nil
	err  error
}

// address names the node's address for people.
func (n asked) address() string {
	if n.node.GetAddress() == "" {
		return "the server that was asked"
	}
	return cli.OneLine(n.node.GetAddress())
}

// each does something with all nodes of a map, at the same time. Each has so long for it, so that one which hangs keeps
// nobody from hearing of the others.
func each(ctx context.Context, topology *raftkvpb.TopologyResponse, limit time.Duration, do func(context.Context, *asked)) []asked {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	nodes := make([]asked, len(topology.GetNodes()))
	var asking sync.WaitGroup
	for i, node := range topology.GetNodes() {
		nodes[i].node = node
		asking.Go(func() { do(ctx, &nodes[i]) })
	}
	asking.Wait()
	return nodes
}

// statAll asks all nodes of a map for what they say of themselves.
func (a *app) statAll(ctx context.Context, clerk *raftkv.Clerk, topology *raftkvpb.TopologyResponse, limit time.Duration) []asked {
	return each(ctx, topology, limit, func(ctx context.Context, n *asked) {
		if n.node.GetAddress() == "" { // a server alone, whose address the Clerk knows
			n.stat, n.err = clerk.Stat(ctx)
			return
		}
		conn, err := a.connect(ctx, n.node.GetAddress(), a.Security)
		if err != nil {
			n.err = err
			return
		}
		defer conn.Close()
		n.stat, n.err = raftkvpb.NewRaftKVClient(conn).Stat(ctx, &raftkvpb.StatRequest{})
	})
}

// fates returns what came of asking nodes, for verdictOfAll.
func fates(nodes []asked) (all []fate) {
	for _, n := range nodes {
		all = append(all, fate{fmt.Sprintf("node %d, %s", n.node.GetId(), n.address()), n.err})
	}
	return all
}
