package main

import (
	"fmt"

	"google.golang.org/grpc/credentials"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/contracts/token"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/page"
)

// showPage opens the page of a node, whose service is own. Other nodes are asked as their clients ask them: over connections
// with these credentials, and with a token of clients, if there is a file of them, which all nodes have alike. It returns
// what closes the page, which must be done before the node is closed.
func showPage(p *page.Page, config rpcserver.Config, n *node.Node, own raftkvpb.RaftKVServer, transport credentials.TransportCredentials) (closing func(), err error) {
	var secret string
	if config.TokenFile != "" {
		tokens, err := token.ReadFile(config.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("--client-token-file: %w", err)
		}
		secret = tokens[0]
	}
	source := page.NewContract(uint64(n.ID()), own, page.Dialer(transport, secret))
	p.Open(page.Config{Node: uint64(n.ID()), Source: source, Cluster: func() string {
		if cluster := n.Cluster(); cluster != nil {
			return cluster.ID.String()
		}
		return ""
	}})
	return func() {
		p.Close()
		source.Close()
	}, nil
}
