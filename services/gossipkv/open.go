package main

import (
	"context"

	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/page"
	"numstore.example/services/gossipkv/internal/peer"
	"numstore.example/services/gossipkv/internal/server"
	"numstore.example/services/gossipkv/internal/storage"
	"numstore.example/services/internal/kvserver"
	"numstore.example/services/internal/rpcserver"
)

// open opens the node and its links, and puts the services on the server. It is ready at once, whoever else is there.
func (f *flags) open(_ context.Context, rpc *rpcserver.Server) (service rpcserver.Service, err error) {
	if err := f.AgreeWith(rpc.Config()); err != nil {
		return service, rpcserver.Misuse(err)
	}
	admin, err := f.Admin(rpc)
	if err != nil {
		return service, rpcserver.Misuse(err)
	}
	links, err := f.linkFlags.open(rpc)
	if err != nil {
		return service, rpcserver.Misuse(err)
	}
	var status page.Page
	status.Mount(rpc.HandleHTTP)
	tables, scans := kvserver.ShareFiles(rpc.Files())
	n, err := node.Open(node.Options{
		Server: links.self,
		Storage: storage.Options{
			Dir: f.DataDir, MaxTables: tables, Reserve: f.DiskReserve, DiskStall: f.DiskStall, OnStall: rpc.Pause,
		},
		OnFailure: rpc.Fail, Logger: rpc.Logger(),
	})
	if err != nil {
		return service, err
	}
	peers := peer.New(links.config)
	n.Start(peers)
	own := server.Register(rpc, server.Config{
		Node:   n,
		MaxKey: f.MaxKey, MaxValue: f.MaxValue,
		MaxScans: scans, ScanTimeout: f.ScanTimeout,
		LogRequests: f.LogRequests,
		Admin:       admin,
		Stop:        rpc.Stop, Metrics: rpc.Metrics(), Logger: rpc.Logger(),
	})
	peers.Register(rpc.Internal())
	peers.Start(n, links.advertise)
	status.Open(own)
	return rpcserver.Service{Close: func() error {
		status.Close()
		peers.Close()
		return n.Close()
	}}, nil
}
