package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/cli"
	"numstore.example/tools/internal/dial"
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

// fate says in two words what an error of the node means.
func (n asked) fate() string {
	if gone(n.err) {
		return "no answer"
	}
	return "refused"
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

// connect connects with one server.
func (a *app) connect(ctx context.Context, server string, security dial.Security) (*grpc.ClientConn, error) {
	conns, err := dial.Connect(ctx, server, dial.Options{Connections: 1, ConnectTimeout: a.within(callTimeout), Security: security})
	if err != nil {
		return nil, unreachable{err}
	}
	return conns[0], nil
}

// verdictOfAll returns nil if all nodes did what they were asked, and else an error that names those which did not, and
// why. The exit status is 3 when one of them did not answer, and 1 when they all did, and one refused.
func verdictOfAll(nodes []asked) error {
	var words []string
	silent, refused := 0, 0
	for _, n := range nodes {
		switch {
		case n.err == nil:
			continue
		case gone(n.err):
			silent++
		default:
			refused++
		}
		words = append(words, fmt.Sprintf("node %d, %s: %s", n.node.GetId(), n.address(), message(n.err)))
	}
	switch {
	case silent == 0 && refused == 0:
		return nil
	case silent == 0:
		return failure{fmt.Errorf("%d of %d nodes refused: %s", refused, len(nodes), strings.Join(words, "; "))}
	}
	count := fmt.Sprintf("%d of %d nodes did not answer", silent, len(nodes))
	if refused > 0 {
		count += fmt.Sprintf(", %d refused", refused)
	}
	return unreachable{fmt.Errorf("%s: %s", count, strings.Join(words, "; "))}
}
