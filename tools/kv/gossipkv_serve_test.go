package main

import (
	"context"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkv/inprocess"
	"numstore.example/contracts/gossipkvpb"
)

// system is servers 1, 2 … of gossipkv, none of which is linked to another one.
type system struct {
	*inprocess.Cluster
	servers   []*inprocess.Server
	addresses []string
}

// startSystem starts servers, and has kv speak to gossipkv until the test ends.
func startSystem(t *testing.T, servers int, options ...grpc.ServerOption) *system {
	t.Helper()
	t.Setenv("KV_SERVICE", "gossipkv")
	s := &system{Cluster: inprocess.NewCluster()}
	for number := range servers {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := newServer(t, options...)
		s.addresses = append(s.addresses, listener.Addr().String())
		s.servers = append(s.servers, s.Register(server, uint32(number+1), s.addresses[number]))
		go server.Serve(listener)
	}
	return s
}

// flag names servers, by their numbers.
func (s *system) flag(servers ...int) string {
	var addresses []string
	for _, number := range servers {
		addresses = append(addresses, s.addresses[number-1])
	}
	return "--servers=" + strings.Join(addresses, ",")
}

// pretender is a server of gossipkv that only says of itself what it is told to.
type pretender struct {
	gossipkvpb.UnimplementedGossipKVServer
	gossipkvpb.UnimplementedGossipKVAdminServer
	status *gossipkvpb.StatusResponse
	asked  atomic.Int32
}

func (p *pretender) Status(context.Context, *gossipkvpb.StatusRequest) (*gossipkvpb.StatusResponse, error) {
	p.asked.Add(1)
	return p.status, nil
}

// serve returns the address on which it answers.
func (p *pretender) serve(t *testing.T) (address string) {
	t.Helper()
	t.Setenv("KV_SERVICE", "gossipkv")
	server := newServer(t)
	gossipkvpb.RegisterGossipKVServer(server, p)
	return strings.TrimPrefix(answer(t, server, "tcp", "localhost:0"), "--servers=")
}

// stopped is a server that notes how often it is told to stop.
type stopped struct {
	pretender
	address string
	times   atomic.Int32
	refuses bool
}

func startStopped(t *testing.T, number uint32) *stopped {
	t.Helper()
	s := &stopped{pretender: pretender{status: &gossipkvpb.StatusResponse{Server: number}}}
	server := newServer(t)
	gossipkvpb.RegisterGossipKVServer(server, s)
	gossipkvpb.RegisterGossipKVAdminServer(server, s)
	s.address = strings.TrimPrefix(answer(t, server, "tcp", "127.0.0.1:0"), "--servers=")
	return s
}

// links has the server say that it is linked to another one.
func (s *stopped) links(to *stopped) {
	s.status.Links = []*gossipkvpb.Link{{Server: to.status.GetServer(), Address: to.address, Up: true}}
}

func (s *stopped) Shutdown(context.Context, *gossipkvpb.ShutdownRequest) (*gossipkvpb.ShutdownResponse, error) {
	if s.refuses {
		return nil, status.Error(codes.Unauthenticated, "the wrong token")
	}
	s.times.Add(1)
	return new(gossipkvpb.ShutdownResponse), nil
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
