package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/cli"
)

type topologyCommand struct{}

// Run prints where the shards are.
func (c *topologyCommand) Run(a *app) error {
	return a.call(func(ctx context.Context, clerk *raftkv.Clerk) error {
		topology, err := clerk.Topology(ctx)
		if err != nil {
			return err
		}
		if a.json() {
			return a.printMessage(topology)
		}
		return printTopology(a.out, topology)
	})
}

func printTopology(out io.Writer, topology *raftkvpb.TopologyResponse) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "map version\t%d\n", topology.GetMapVersion())
	fmt.Fprintf(w, "placement\t%s\n", strings.ToLower(strings.TrimPrefix(topology.GetPlacement().String(), "PLACEMENT_")))
	for _, node := range topology.GetNodes() {
		address := node.GetAddress()
		if address == "" {
			address = "the server that was asked"
		}
		fmt.Fprintf(w, "node %d\t%s\n", node.GetId(), cli.OneLine(address))
	}
	for _, shard := range topology.GetShards() {
		nodes := strings.Trim(fmt.Sprint(shard.GetReplicas()), "[]")
		fmt.Fprintf(w, "shard %d\ton %s, %s\n", shard.GetShard(), nodes, leader(shard.GetLeader()))
	}
	return flush(w)
}
